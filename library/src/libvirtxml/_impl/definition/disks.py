"""Rules about disks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.guest import (
    VIRTIO,
    address_type,
    each,
    io_threads,
    lacks_shared_memory,
    look,
    members,
    number,
)
from libvirtxml._impl.definition.rule import ALL, Found, measured_before, measured_since, rule
from libvirtxml.topology.addresses import address_key, disk_bus

if TYPE_CHECKING:
    from libvirtxml import Domain

_DRIVE_BUSES = ("ide", "fdc", "scsi", "sata")
_VIRTIO_OPTIONS = ("iommu", "ats", "packed", "page_per_vq")
_TOTALS = ("bytes_sec", "iops_sec", "bytes_sec_max", "iops_sec_max")
_AUTHENTICATED = ("iscsi", "http", "https", "ftp", "ftps", "ssh", "rbd")
_TRANSPORTS = ("tcp", "unix", "rdma")
_SECRETS = {"iscsi": "iscsi", "rbd": "ceph"}
_PREFIXES = ("hd", "sd", "vd", "xvd", "ubd")
_NAME = re.compile(r"(?:fd|hd|sd|vd|xvd|ubd)([a-z]+)(\d*)")
_SERIAL = re.compile(r"[A-Za-z0-9\-_ .+]*")
_MOST_DISKS = (1 << 31) - 1
_MOST = 1_000_000_000_000_000
"""What QEMU takes as a limit of input and output."""
_WITH_THROTTLE_GROUPS = measured_since("11.3.0")
"""The measured releases that have them, as bits."""
_REFUSED_FORMATS = {"cow": "not supported", "iso": "not supported; raw is meant"}
_SEVERAL = frozenset({("controller", "sata"), ("bus", "ide")})
"""Parts of addresses that are not always 0."""
_LOCAL = ("file", "block", "dir", "volume")
_NO_MEDIUM = ("cdrom", "floppy")


def _kind(disk: Any) -> str:
    return str(look(disk, "type") or "file")


def _device(disk: Any) -> str:
    return str(look(disk, "device") or "disk")


def _format(disk: Any) -> str:
    return str(look(disk, "driver.type") or "raw")


def _chain(disk: Any) -> Iterator[tuple[str, str, Any, str]]:
    """The sources of a disk and of its backing chain: place, type, source, format."""
    yield "", _kind(disk), look(disk, "source"), _format(disk)
    place, store = "/backingStore", look(disk, "backing_store")
    while store is not None and look(store, "type") is not None:
        yield place, str(look(store, "type")), look(store, "source"), str(look(store, "format.type") or "")
        place, store = f"{place}/backingStore", look(store, "backing_store")


@rule(
    "DEF029",
    "a disk fits its bus and the kind of device that it is",
    why="libvirt refuses settings that a bus or a kind of device does not have.",
    fix="Remove the setting, or choose the bus and device that have it.",
)
def check_disk_kinds(domain: Domain) -> Found:
    """Disks, their buses, devices and names."""
    for path, disk in each(domain, "disks"):
        device, bus = _device(disk), disk_bus(disk)
        name = str(look(disk, "target.dev") or "")
        address = address_type(disk)
        if bus in _DRIVE_BUSES and address not in (None, "drive"):
            yield f"{path}/address/@type", f"a disk on the bus {bus} cannot have an address of type {address}"
        if bus is not None and (device == "floppy") != (bus == "fdc"):
            yield f"{path}/target/@bus", f"the device {device} cannot be on the bus {bus}"
        if look(disk, "target.dev") is not None and address is None and not _is_name(name):
            yield f"{path}/target/@dev", f"{name!r} is not a name that libvirt derives an address from"
        if device in ("disk", "lun") and look(disk, "target.dev") is not None and not name.startswith(_PREFIXES):
            yield f"{path}/target/@dev", f"{name} is not a name of a disk"
        if device == "floppy" and name and not name.startswith("fd"):
            yield f"{path}/target/@dev", f"{name} is not a name of a floppy drive"
        if look(disk, "target.tray") is not None and device not in _NO_MEDIUM:
            yield f"{path}/target/@tray", f"the device {device} has no tray"
        if look(disk, "target.removable") is not None and bus not in (None, "usb"):
            is_late = bus == "scsi" and device == "disk"
            which = measured_before("11.3.0") if is_late else ALL
            yield f"{path}/target/@removable", "only disks on USB buses can be removable, and later on SCSI", which
        if bus not in (None, "virtio"):
            yield from _only_virtio(path, disk, str(bus))
        yield from _strings(path, disk, str(bus))
        yield from _lun(path, disk, device)


def _is_name(name: str) -> bool:
    """Whether libvirt can number a disk by its name: letters behind a prefix, and perhaps a partition."""
    found = _NAME.fullmatch(name)
    index = 0
    for letter in found[1] if found is not None else "":
        index = index * 26 + ord(letter) - ord("a") + 1
    return 0 < index <= _MOST_DISKS


def _only_virtio(path: str, disk: Any, bus: str) -> Iterator[tuple[str, str]]:
    if look(disk, "model") in VIRTIO:
        yield f"{path}/@model", f"the bus {bus} has no model {disk.model}"
    for name in ("queues", "queue_size", "event_idx", "ioeventfd", *_VIRTIO_OPTIONS):
        if look(disk, f"driver.{name}") not in (None, 0) or look(disk, f"driver.{name}") is False:
            yield f"{path}/driver/@{name}", f"only the bus virtio has it, not {bus}"


def _strings(path: str, disk: Any, bus: str) -> Iterator[tuple[str, str]]:
    for name, longest in (("vendor", 8), ("product", 16 if bus == "scsi" else 40)):
        text = str(look(disk, name) or "")
        if len(text) > longest:
            yield f"{path}/{name}", f"more than {longest} characters"
        if not text.isprintable() or not text.isascii():
            yield f"{path}/{name}", "not printable"


def _lun(path: str, disk: Any, device: str) -> Iterator[tuple[str, str]]:
    kind = _kind(disk)
    if look(disk, "sgio") == "unfiltered":
        yield f"{path}/@sgio", "unfiltered SCSI commands are no longer supported"
    if device != "lun":
        for name in ("rawio", "sgio"):
            if look(disk, name) is not None:
                yield f"{path}/@{name}", f"only a lun has it, not a {device}"
        if look(disk, "source.reservations") is not None:
            yield f"{path}/source/reservations", f"only a lun has it, not a {device}"
        return
    if kind == "network" and look(disk, "source.protocol") not in (None, "iscsi"):
        yield f"{path}/source/@protocol", "a lun is reached by iSCSI only"
    elif kind in ("file", "dir", "vhostuser"):
        yield f"{path}/@type", "a lun is a block device, an iSCSI target or a volume"
    if _format(disk) != "raw":
        yield f"{path}/driver/@type", "the format of a lun is raw"


@rule(
    "DEF030",
    "sources of disks say what their kind needs, and no more",
    why="libvirt checks the disk and all that it is backed by.",
    fix="Give the source what its type or protocol needs, and leave out what it does not have.",
)
def check_disk_chains(domain: Domain) -> Found:
    """Sources of disks and of what they are backed by."""
    for path, disk in each(domain, "disks"):
        if look(disk, "auth") is not None and look(disk, "source.auth") is not None:
            yield f"{path}/auth", "the source has one as well"
        if look(disk, "encryption") is not None and look(disk, "source.encryption") is not None:
            yield f"{path}/encryption", "the source has one as well"
        for place, kind, source, form in _chain(disk):
            yield from _reservations(f"{path}{place}/source/reservations", look(source, "reservations"))
            if place and not form:
                yield f"{path}{place}/format/@type", "is missing"
            if place and source is None:
                yield f"{path}{place}/source", "is missing"
            auth = look(source, "auth") or (look(disk, "auth") if not place else None)
            encryption = look(source, "encryption") or (look(disk, "encryption") if not place else None)
            at = f"{path}{place}/source"
            if kind == "network":
                yield from _network(at, source, auth)
            if kind == "nvme" and number(source, "namespace") == 0:
                yield f"{at}/@namespace", "namespaces are numbered from 1"
            if look(encryption, "format") == "luks" and look(encryption, "cipher") is not None:
                yield f"{at}/encryption/cipher", "the image itself says which cipher it has"
            if look(source, "data_store") is not None and form != "qcow2":
                yield f"{at}/dataStore", "only qcow2 images have a data file"
        yield from _policies(path, disk)


def _network(at: str, source: Any, auth: Any) -> Found:
    protocol = str(look(source, "protocol"))
    name = look(source, "name")
    if name is not None and protocol in ("rbd", "gluster") and "/" not in str(name)[1:]:
        yield f"{at}/@name", f"{name} has no pool or volume before a slash"
    for index, host in enumerate(members(source, "hosts"), 1):
        transport = str(look(host, "transport") or "tcp")
        if transport not in _TRANSPORTS:
            yield f"{at}/host[{index}]/@transport", f"it is one of {', '.join(_TRANSPORTS)}"
        elif look(host, needed := "socket" if transport == "unix" else "name") is None:
            yield f"{at}/host[{index}]/@{needed}", "is missing"
    if protocol == "sheepdog":
        yield f"{at}/@protocol", "no driver supports sheepdog any longer", measured_since("11.3.0")
    if auth is None:
        return
    secret = look(auth, "secret.type")
    if protocol not in _AUTHENTICATED:
        yield f"{at}/auth", f"there is no authentication for {protocol}"
    elif secret is None:
        yield f"{at}/auth/secret/@type", "is missing"
    elif look(auth, "secret.usage") is None and look(auth, "secret.uuid") is None:
        yield f"{at}/auth/secret", "neither usage nor UUID says which secret it is"
    elif secret not in _SECRETS.values():
        yield f"{at}/auth/secret/@type", f"it is one of {', '.join(_SECRETS.values())}"
    elif protocol in _SECRETS and secret != _SECRETS[protocol]:
        yield f"{at}/auth/secret/@type", f"{protocol} has secrets of the type {_SECRETS[protocol]}, not {secret}"


def _reservations(path: str, reservations: Any) -> Iterator[tuple[str, str]]:
    source = look(reservations, "source")
    if source is None and look(reservations, "managed") is False:
        yield f"{path}/source", "is missing, with managed='no'"
    for name, expected in (("type", "unix"), ("path", None), ("mode", "client")):
        given = look(source, name)
        if source is not None and given is None:
            yield f"{path}/source/@{name}", "is missing"
        elif expected is not None and given not in (None, expected):
            yield f"{path}/source/@{name}", f"it is {expected!r}"


def _policies(path: str, disk: Any) -> Iterator[tuple[str, str]]:
    policy = look(disk, "source.startup_policy")
    kind, device = _kind(disk), _device(disk)
    if policy is None:
        return
    if kind not in _LOCAL and kind != "nvme":
        yield f"{path}/source/@startupPolicy", f"a disk of type {kind} has none"
    elif policy == "requisite" and device not in _NO_MEDIUM:
        yield f"{path}/source/@startupPolicy", "'requisite' is for CD-ROM and floppy drives"


@rule(
    "DEF031",
    "limits of input and output are total ones, or those of reading and writing",
    why="Both at once contradict each other.",
    fix="Keep one of the two kinds.",
)
def check_limits(domain: Domain) -> Found:
    """Limits of disks and throttle groups."""
    tuned = [(f"{path}/iotune", look(disk, "iotune")) for path, disk in each(domain, "disks")]
    groups = enumerate(members(domain, "throttlegroups.throttlegroups"), 1)
    for path, limits in [*tuned, *((f"/domain/throttlegroups/throttlegroup[{i}]", group) for i, group in groups)]:
        for what in _TOTALS:
            if number(limits, f"total_{what}") and (number(limits, f"read_{what}") or number(limits, f"write_{what}")):
                yield f"{path}/total_{what}", "there is one for reading or writing as well"


@rule(
    "DEF032",
    "drives sit at addresses of their own",
    why="Two disks cannot be at one place of a bus.",
    fix="Give one of them another unit, or leave out its address.",
)
def check_drives(domain: Domain) -> Found:
    """Addresses of disks and SCSI devices of the host."""
    taken: dict[tuple[object, ...], str] = {}
    for path, device in [*each(domain, "disks"), *each(domain, "hostdevs")]:
        is_disk = "/disk[" in path
        if address_type(device) != "drive" or (not is_disk and look(device, "type") != "scsi"):
            continue
        bus = disk_bus(device) if is_disk else "scsi"
        key = (bus, address_key(device.address))
        if key[1] is not None and key in taken:
            yield f"{path}/address", f"{taken[key]} is there"
        taken.setdefault(key, path)


@rule(
    "DEF033",
    "disks name throttle groups that the domain has",
    why="A filter without its group limits nothing.",
    fix="Add the group to <throttlegroups>, or correct its name.",
)
def check_throttle_filters(domain: Domain) -> Found:
    """Throttle filters."""
    names = {look(group, "group_name") for group in members(domain, "throttlegroups.throttlegroups")}
    for path, disk in each(domain, "disks"):
        filters = members(disk, "throttlefilters.throttlefilters")
        for index, item in enumerate(filters, 1):
            if look(item, "group") is not None and look(item, "group") not in names:
                place = f"{path}/throttlefilters/throttlefilter[{index}]/@group"
                yield place, f"there is no throttle group {item.group}", _WITH_THROTTLE_GROUPS
        if filters and look(disk, "iotune") is not None and look(disk, "iotune").__dict__:
            yield f"{path}/iotune", "the disk has throttle filters as well", _WITH_THROTTLE_GROUPS


@rule(
    "DEF100",
    "QEMU has the bus, the device and the settings of a disk",
    why="QEMU's driver checks what a disk on a bus can be.",
    fix="Remove the setting, or choose the bus and device that have it.",
    driver="qemu",
)
def check_qemu_disks(domain: Domain) -> Found:
    """Disks of QEMU."""
    threads = io_threads(domain)
    for path, disk in each(domain, "disks"):
        device, bus = _device(disk), str(disk_bus(disk))
        yield from _qemu_frontend(path, disk, device, bus)
        yield from _qemu_driver(path, disk, device)
        if (thread := number(disk, "driver.iothread")) is not None and thread > 0:
            if bus != "virtio" and disk_bus(disk) is not None:
                yield f"{path}/driver/@iothread", f"disks on the bus {bus} have no thread of their own"
            elif threads is not None and thread not in threads:
                yield f"{path}/driver/@iothread", f"there is no I/O thread {thread}"


def _qemu_frontend(path: str, disk: Any, device: str, bus: str) -> Iterator[tuple[str, str]]:
    name = str(look(disk, "target.dev") or "")
    found = _NAME.fullmatch(name)
    if name and found is None and name.startswith((*_PREFIXES, "fd")):
        yield f"{path}/target/@dev", f"{name} is not a name of a disk"
    elif found is not None and found[2] and int(found[2]):
        yield f"{path}/target/@dev", f"{name} is a partition"
    if device == "cdrom" and bus in ("virtio", "sd"):
        yield f"{path}/target/@bus", f"a CD-ROM drive cannot be on the bus {bus}"
    if device == "lun" and bus not in ("scsi", "virtio"):
        yield f"{path}/target/@bus", f"a lun cannot be on the bus {bus}"
    yield from _qemu_identity(path, disk, device, bus)
    if number(disk, "target.rotation_rate") and (device != "disk" or bus not in ("ide", "sata", "scsi")):
        yield f"{path}/target/@rotation_rate", "only disks on IDE, SATA and SCSI buses have it"
    yield from _qemu_serial(path, disk, device, bus)
    yield from _qemu_place(path, disk, bus)


def _qemu_identity(path: str, disk: Any, device: str, bus: str) -> Iterator[tuple[str, str]]:
    if look(disk, "wwn") is not None and (bus not in ("ide", "scsi") or device == "lun"):
        yield f"{path}/wwn", "only disks on IDE and SCSI buses have it, and no lun"
    if look(disk, "vendor") is not None and (bus != "scsi" or device == "lun"):
        yield f"{path}/vendor", "only disks on SCSI buses have it, and no lun"
    if look(disk, "product") is not None and (device == "lun" or bus not in ("ide", "sata", "scsi")):
        yield f"{path}/product", "only disks on IDE, SATA and SCSI buses have it, and no lun"


def _qemu_place(path: str, disk: Any, bus: str) -> Iterator[tuple[str, str]]:
    if bus == "scsi" and number(disk, "address.bus"):
        yield f"{path}/address/@bus", "SCSI controllers have one bus"
    for name in ("bus", "target", "controller"):
        if bus in ("sata", "ide", "fdc") and (name, bus) not in _SEVERAL and number(disk, f"address.{name}"):
            yield f"{path}/address/@{name}", f"it is 0 on the bus {bus}"
    geometry = [number(disk, f"geometry.{name}") for name in ("cyls", "heads", "secs")]
    if all(geometry) and bus in ("usb", "sd"):
        yield f"{path}/geometry", f"disks on the bus {bus} have none"
    if all(geometry) and look(disk, "geometry.trans") not in (None, "auto") and bus != "ide":
        yield f"{path}/geometry/@trans", "only disks on IDE buses have it"


def _qemu_serial(path: str, disk: Any, device: str, bus: str) -> Iterator[tuple[str, str]]:
    serial = look(disk, "serial")
    if serial is not None and (bus == "sd" or (bus == "scsi" and device == "lun")):
        yield f"{path}/serial", f"a {device} on the bus {bus} has none"
    if serial is not None and not _SERIAL.fullmatch(str(serial)):
        yield f"{path}/serial", "only letters, digits, blanks and -_.+ are safe"
    if look(disk, "readonly") and device == "disk" and bus in ("ide", "sata"):
        yield f"{path}/readonly", f"disks on the bus {bus} cannot be read-only"
    if bus == "usb" and _is_empty(disk):
        yield f"{path}/source", "a disk on a USB bus cannot be empty"
    if bus == "usb" and address_type(disk) not in (None, "usb"):
        yield f"{path}/address/@type", "a disk on a USB bus has an address of type usb"


def _is_empty(disk: Any) -> bool:
    source = look(disk, "source")
    return source is None or (_kind(disk) in ("file", "block") and not (look(source, "file") or look(source, "dev")))


def _qemu_driver(path: str, disk: Any, device: str) -> Iterator[tuple[str, str]]:
    if look(disk, "driver.name") not in (None, "qemu"):
        yield f"{path}/driver/@name", f"QEMU has no driver {disk.driver.name}"
    is_fixed = device in ("cdrom", "floppy", "lun") or look(disk, "readonly")
    if look(disk, "driver.copy_on_read") is True and is_fixed:
        yield f"{path}/driver/@copy_on_read", f"a {device} or a read-only disk has none"
    if look(disk, "driver.io") == "native" and look(disk, "driver.cache") not in ("none", "directsync"):
        yield f"{path}/driver/@io", "'native' needs cache='none' or 'directsync'"
    is_written_by_qemu = not look(disk, "readonly") and _kind(disk) not in ("vhostuser", "vhostvdpa")
    if look(disk, "shareable") and is_written_by_qemu and _format(disk) not in ("raw", "auto", "none"):
        yield f"{path}/shareable", f"images of the format {_format(disk)} cannot be shared"
    yield from _qemu_limits(path, disk, device)
    for place, kind, source, form in _chain(disk):
        if form in _REFUSED_FORMATS:
            yield f"{path}{place or '/driver/@type'}", f"the format {form} is {_REFUSED_FORMATS[form]}"
        if kind == "network":
            yield from _qemu_network(f"{path}{place}/source", source)


def _qemu_limits(path: str, disk: Any, device: str) -> Iterator[tuple[str, str]]:
    limits = look(disk, "iotune")
    if limits is not None:
        settings = [name for name in limits.__dict__ if name != "group_name" and number(limits, name)]
        if look(limits, "group_name") is not None and not settings:
            yield f"{path}/iotune/group_name", "the group has no limits"
        for name in settings:
            if "length" not in name and (number(limits, name) or 0) > _MOST:
                yield f"{path}/iotune/{name}", f"more than {_MOST}"
    is_written = _kind(disk) == "file" and device == "disk" and not look(disk, "readonly") and not _is_empty(disk)
    if look(disk, "transient") is not None and not is_written:
        yield f"{path}/transient", "only disks in files that can be written are transient"


def _qemu_network(at: str, source: Any) -> Iterator[tuple[str, str]]:
    protocol = look(source, "protocol")
    hosts = members(source, "hosts")
    if protocol == "iscsi" and hosts and len(hosts) != 1:
        yield f"{at}/host[2]", "iSCSI has one host"


@rule(
    "DEF101",
    "a SCSI drive's controller exists in the form that its address needs",
    why="Some SCSI controllers have one target only.",
    fix="Set target='0', or use another controller.",
    driver="qemu",
)
def check_scsi(domain: Domain) -> Found:
    """Drives on lsilogic controllers."""
    models = {
        number(controller, "index") or 0: look(controller, "model")
        for _, controller in each(domain, "controllers")
        if look(controller, "type") == "scsi"
    }
    for path, disk in each(domain, "disks"):
        model = models.get(number(disk, "address.controller") or 0)
        if disk_bus(disk) == "scsi" and number(disk, "address.target") and model == "lsilogic":
            yield f"{path}/address/@target", "lsilogic controllers have the target 0 only"


@rule(
    "DEF102",
    "vhost-user and vDPA disks have what they need",
    why="The other process reads the guest's memory, and does what QEMU otherwise does.",
    fix="Add <memoryBacking><access mode='shared'/>, and remove the settings that such a disk does not have.",
    driver="qemu",
)
def check_vhost_disks(domain: Domain) -> Found:
    """Disks of other processes."""
    for path, disk in each(domain, "disks"):
        kind = _kind(disk)
        if kind in ("vhostuser", "vhostvdpa") and lacks_shared_memory(domain):
            yield path, f"a disk of type {kind} needs shared memory"
        if kind == "vhostuser" and disk_bus(disk) not in (None, "virtio"):
            yield f"{path}/target/@bus", "a disk of type vhostuser is on the bus virtio"
        for name in ("serial", "wwn", "vendor", "product", "auth", "iotune", "encryption", "readonly", "shareable"):
            if kind == "vhostuser" and look(disk, name) not in (None, False):
                yield f"{path}/{name}", "a disk of type vhostuser has none"
