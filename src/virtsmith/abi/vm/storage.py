"""Disks of a domain document as QEMU devices on empty images. Source: libvirt's ``qemuBuildDiskDeviceProps``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from libvirtxml import Devices, Disk, Domain, Element
from libvirtxml.topology import DrivePlace, disk_bus

from virtsmith.abi.machine.devices import SetDevice
from virtsmith.abi.vm.buses import Buses, common_options, virtio_options, virtio_type
from virtsmith.abi.vm.hardware import escaped, on_off

_IMAGE = "driver=null-co,size=64M,read-zeroes=on"
_BOOT = {"hd": ("disk", "lun"), "cdrom": ("cdrom",), "fd": ("floppy",)}


def boot_orders(domain: Domain) -> dict[int, int]:
    """Return the boot order of devices by their identity: from ``<boot dev=...>``, the first of each kind."""
    orders: dict[int, int] = {}
    for number, boot in enumerate(domain.os.boots if domain.os is not None else [], 1):
        if boot.dev == "network":
            found: Sequence[Element] = domain.devices.interfaces
        else:
            found = [disk for disk in domain.devices.disks if (disk.device or "disk") in _BOOT.get(boot.dev, ())]
        if found:
            orders.setdefault(id(found[0]), number)
    return orders


class Storage:
    """Maps disks; ``orders`` are those of `boot_orders`."""

    def __init__(self, buses: Buses, orders: dict[int, int]) -> None:
        self._buses = buses
        self._orders = orders

    def all(self, devices: Devices) -> Iterator[tuple[SetDevice, str]]:
        """Yield the device for each disk, and its name in the document."""
        floppies: list[tuple[SetDevice, str]] = []
        for number, disk in enumerate(devices.disks):
            bus = disk_bus(disk) or "virtio"
            made = self._disk(disk, f"disk{number}", bus)
            if made is None:
                continue
            found = made, f"disk {disk.target.dev} ({bus})"
            if bus == "fdc":
                floppies.append(found)
            else:
                yield found
        if floppies and self._buses.is_q35:  # only machines of the i440fx family have a controller
            yield SetDevice("isa-fdc", "fdc0", "", ",".join(_floppy_order(devices, self._orders))), "controller fdc 0"
        yield from floppies

    def _disk(self, disk: Disk, name: str, bus: str) -> SetDevice | None:
        is_cd = disk.device == "cdrom"
        read_only = ",readonly=on" if is_cd or disk.readonly else ""
        backend = ("-drive", f"if=none,id=drive-{name},{_IMAGE}{read_only}")
        options = [f"drive=drive-{name}", *self._options(disk, bus)]
        where = self._place(disk)
        match bus:
            case "virtio":
                parent, place = self._buses.pci(disk)
                words = [*options, *_virtio(disk), *virtio_options(disk.driver), *place]
                return SetDevice(virtio_type("virtio-blk", disk.model), name, parent, ",".join(words), backend)
            case "scsi":
                controller = f"scsi{where.controller}"
                options += [f"bus={controller}.0", *self._buses.scsi_place(where)]
                return SetDevice("scsi-cd" if is_cd else "scsi-hd", name, controller, ",".join(options), backend)
            case "sata" | "ide":
                on, seat = self._ide(where)
                kind = "ide-cd" if is_cd else "ide-hd"
                return SetDevice(kind, name, on, ",".join([*options, *seat]), backend)
            case "usb":
                parent, place = self._buses.usb(disk)
                return SetDevice("usb-storage", name, parent, ",".join([*options, *place]), backend)
            case "fdc":
                on = "fdc0" if self._buses.is_q35 else ""
                return SetDevice("floppy", name, on, ",".join([*options, f"unit={where.unit}"]), backend)
            case _:
                return None

    def _place(self, disk: Disk) -> DrivePlace:
        """Return the address of a disk; the first one on its bus if the document has none."""
        return DrivePlace.of(disk) or DrivePlace(disk_bus(disk) or "", 0, 0, 0, 0)

    def _options(self, disk: Disk, bus: str) -> Iterator[str]:
        order = disk.boot.order if disk.boot is not None else self._orders.get(id(disk))
        if order is not None and bus != "fdc":  # there it is an option of the controller
            yield f"bootindex={order}"
        if disk.serial:
            yield f"serial={escaped(disk.serial)}"
            if bus == "scsi":  # without it, QEMU takes the serial number, of which it then allows 20 characters
                yield f"device_id={escaped(disk.serial)}"
        elif bus == "scsi":
            yield f"device_id={self._drive_name(disk)}"
        if disk.wwn:
            yield f"wwn=0x{disk.wwn.removeprefix('0x')}"
        for name, value in (("vendor", disk.vendor), ("model" if bus in ("sata", "ide") else "product", disk.product)):
            if value:
                yield f"{name}={escaped(value)}"
        sizes = disk.blockio
        if sizes is not None:
            known = {
                "logical_block_size": sizes.logical_block_size,
                "physical_block_size": sizes.physical_block_size,
                "discard_granularity": sizes.discard_granularity,
            }
            yield from (f"{name}={value}" for name, value in known.items() if value is not None)
        if disk.shareable:
            yield "share-rw=on"
        cache = disk.driver.cache if disk.driver is not None else None
        if disk.shareable and cache in (None, "default"):  # such disks have no cache of the host
            cache = "none"
        if disk.device != "floppy" and cache not in (None, "default"):
            yield f"write-cache={on_off(cache in ('none', 'writeback', 'unsafe'))}"
        yield from self._more(disk, bus)

    def _more(self, disk: Disk, bus: str) -> Iterator[str]:
        """Yield what only disks on some buses have."""
        target = disk.target
        if bus == "usb":
            yield f"removable={on_off(target.removable is True)}"
        if bus == "scsi" and target.removable is not None and disk.device != "cdrom":
            yield f"removable={on_off(target.removable)}"
        if target.rotation_rate is not None:
            yield f"rotation_rate={target.rotation_rate}"
        if target.dpofua is not None:
            yield f"dpofua={on_off(target.dpofua)}"
        shape = disk.geometry
        if shape is not None:
            yield f"cyls={shape.cyls},heads={shape.heads},secs={shape.secs}"
            if shape.trans and bus == "ide":
                yield f"bios-chs-trans={shape.trans}"
        yield from common_options(disk)

    def _drive_name(self, disk: Disk) -> str:
        """Return what libvirt gives a SCSI disk without a serial number as its id: the name of its drive."""
        where = self._place(disk)
        parts = [where.controller, where.bus, where.target, where.unit]
        if not self._buses.wide.get(where.controller, False):
            parts = [where.controller, where.bus, where.unit]
        return f"drive-scsi{'-'.join(str(part) for part in parts)}"

    def _ide(self, where: DrivePlace) -> tuple[str, list[str]]:
        """Return the controller of an IDE or SATA disk (empty: the machine's own), and the options for its address."""
        if where.bus_type == "ide":
            # libvirt also accepts unit 2 of the first bus, QEMU only the first of the second
            return "", [f"bus=ide.{where.bus or where.unit // 2}", f"unit={where.unit % 2}"]
        if self._buses.is_q35 and not where.controller:
            return "", [f"bus=ide.{where.unit}"]
        return f"sata{where.controller}", [f"bus=sata{where.controller}.{where.unit}"]


def _virtio(disk: Disk) -> Iterator[str]:
    driver = disk.driver
    if driver is not None:
        known = {"num-queues": driver.queues, "queue-size": driver.queue_size}
        yield from (f"{name}={value}" for name, value in known.items() if value is not None)
        if driver.event_idx is not None:
            yield f"event_idx={on_off(driver.event_idx)}"


def _floppy_order(devices: Devices, orders: dict[int, int]) -> Iterator[str]:
    """Yield the boot order of floppy disks, which their controller holds."""
    for disk in devices.disks:
        order = disk.boot.order if disk.boot is not None else orders.get(id(disk))
        where = DrivePlace.of(disk)
        if disk_bus(disk) == "fdc" and order is not None:
            yield f"bootindex{'B' if where is not None and where.unit else 'A'}={order}"
