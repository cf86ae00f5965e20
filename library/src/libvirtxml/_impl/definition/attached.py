"""Rules about devices of the host, interfaces, displays and the smaller devices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.guest import VIRTIO, address_type, each, every, is_of_qemu, look, members, number
from libvirtxml._impl.definition.rule import ALL, Found, measured_before, measured_since, repeated, rule
from libvirtxml.topology.addresses import address_key

if TYPE_CHECKING:
    from libvirtxml import Domain

_HOSTDEV_ADDRESSES = {
    "pci": ("pci", "unassigned"),
    "scsi": ("drive",),
    "scsi_host": ("pci", "ccw"),
    "usb": ("usb",),
}
_ONE_IOMMU = measured_before("12.8.0")
"""The measured releases, as bits, that know of one IOMMU only."""
_NO_IOMMU_SETTINGS = {
    "virtio": {"intremap": ALL, "caching_mode": ALL, "eim": ALL, "iotlb": ALL, "aw_bits": measured_before("12.8.0")},
    "amd": {"caching_mode": ALL, "eim": ALL, "aw_bits": ALL},
}
"""Settings that an IOMMU does not have, with the measured releases, as bits, that refuse them."""
_WITHOUT_AMD = measured_before("12.8.0")
"""The measured releases, as bits, without an AMD IOMMU."""
_SPLIT_BY_HAND = measured_before("11.3.0")
"""The measured releases, as bits, that do not split the I/O APIC by themselves."""
_WITH_VLAN = ("network", "bridge", "hostdev")
_WITH_VIRTUALPORT = ("network", "bridge", "direct", "hostdev")
"""Types of interfaces that have a VLAN, and that have a port of a virtual switch."""
_WITH_VIRTIO_VHOSTUSER = measured_before("11.3.0")
"""The measured releases, as bits, whose parser demands virtio of vhostuser."""
_FILESYSTEMS = {"mount": "dir", "bind": "dir", "template": "name", "file": "file", "block": "dev"}
"""By types of filesystems, what says what is exported."""


@rule(
    "DEF040",
    "devices of the host are given once, at addresses of their kind",
    why="A device cannot be two devices of a guest.",
    fix="Remove one of them, or the address.",
)
def check_hostdevs(domain: Domain) -> Found:
    """Devices of the host."""
    hostdevs = [*each(domain, "hostdevs")]
    for _, (path, _), first in repeated(hostdevs, lambda item: _source(item[1])):
        yield path, f"it is already {hostdevs[first - 1][0]}"
    ramfb = [path for path, device in hostdevs if look(device, "ramfb") is True]
    for path in ramfb[1:]:
        yield f"{path}/@ramfb", f"{ramfb[0]} has it"
    for path, device in hostdevs:
        allowed, address = _HOSTDEV_ADDRESSES.get(str(look(device, "type"))), address_type(device)
        if allowed is not None and address is not None and address not in allowed:
            yield f"{path}/address/@type", f"it is {' or '.join(allowed)}, not {address}"
        if look(device, "type") != "scsi":
            for name in ("rawio", "sgio"):
                if _has(device, name):
                    yield f"{path}/@{name}", "only SCSI devices have it"
        elif look(device, "sgio") == "unfiltered":
            yield f"{path}/@sgio", "unfiltered SCSI commands are no longer supported"
        yield from _iscsi_secret(path, look(device, "source.auth"))
        yield from _transient(path, look(device, "teaming"))


def _iscsi_secret(path: str, auth: Any) -> Iterator[tuple[str, str]]:
    if auth is not None and look(auth, "secret.type") != "iscsi":
        yield f"{path}/source/auth/secret/@type", "it is 'iscsi'"
    elif auth is not None and look(auth, "secret.usage") is None and look(auth, "secret.uuid") is None:
        yield f"{path}/source/auth/secret", "neither usage nor UUID says which secret it is"


def _transient(path: str, teaming: Any) -> Iterator[tuple[str, str]]:
    if teaming is not None and look(teaming, "type") != "transient":
        yield f"{path}/teaming/@type", "it is 'transient'"
    elif teaming is not None and look(teaming, "persistent") is None:
        yield f"{path}/teaming/@persistent", "is missing"


def _has(element: Any, name: str) -> bool:
    """Whether an element has an attribute, also one that its variant does not know."""
    extra = element.extra if element is not None else None
    return look(element, name) is not None or (extra is not None and name in extra.unknown_attributes())


def _source(device: Any) -> tuple[object, ...] | None:
    """What a device of the host is there; None if the document does not say."""
    kind, address = look(device, "type"), look(device, "source.address")
    if kind == "pci" and number(address, "slot") is not None:
        return (kind, *(number(address, name) or 0 for name in ("domain", "bus", "slot", "function")))
    if kind == "usb":
        ids = tuple(look(device, f"source.{name}.id") for name in ("vendor", "product"))
        place = tuple(number(address, name) for name in ("bus", "device"))
        return (kind, *ids, *place) if any(item is not None for item in (*ids, *place)) else None
    if kind == "mdev" and look(address, "uuid") is not None:
        return (kind, str(address.uuid).lower())
    if kind == "scsi" and look(device, "source.adapter.name") is not None and address is not None:
        place = tuple(number(address, name) for name in ("bus", "target", "unit"))
        return (kind, str(look(device, "source.adapter.name")), *place)
    return None


@rule(
    "DEF041",
    "interfaces say what they are connected to, and have what their type has",
    why="There is no default network or bridge.",
    fix="Add <source>, or remove the setting.",
)
def check_interfaces(domain: Domain) -> Found:
    """Interfaces; QEMU's driver has a model for those without one, which may be virtio."""
    is_qemu = is_of_qemu(domain)
    for path, net in each(domain, "interfaces"):
        kind = str(look(net, "type") or "")
        yield from _net_model(path, net, kind, is_qemu=is_qemu)
        teaming = look(net, "teaming")
        if teaming is not None:
            is_transient = look(teaming, "type") == "transient"
            if is_transient and look(teaming, "persistent") is None:
                yield f"{path}/teaming/@persistent", "is missing"
            elif look(teaming, "type") == "persistent" and look(teaming, "persistent") is not None:
                yield f"{path}/teaming/@persistent", "only transient interfaces name a persistent one"
        yield from _switch(path, net, kind)
        if look(net, "port.isolated") is True and kind not in ("network", "bridge"):
            yield f"{path}/port/@isolated", f"interfaces of the type {kind} are not on a bridge"
        if look(net, "target.managed") is False and kind != "ethernet":
            yield f"{path}/target/@managed", f"interfaces of the type {kind} are managed"
        if look(net, "backend.type") == "passt" and kind not in ("user", "vhostuser"):
            yield f"{path}/backend/@type", f"passt serves no interfaces of the type {kind}"
        if look(net, "port_forwards") and look(net, "backend.type") != "passt":
            yield f"{path}/portForward[1]", "only passt forwards ports", measured_since("11.3.0")
        if len(members(net, "vlan.tags")) > 1 and look(net, "vlan.trunk") not in (None, "yes", True):
            yield f"{path}/vlan/@trunk", "several tags are a trunk"


def _switch(path: str, net: Any, kind: str) -> Found:
    """What is only where an interface is connected to a switch."""
    port = look(net, "virtualport")
    if port is not None and kind not in _WITH_VIRTUALPORT:
        yield f"{path}/virtualport", f"interfaces of the type {kind or 'user'} have none"
    elif port is not None and look(port, "type") is None and kind != "network":
        yield f"{path}/virtualport/@type", "is missing"
    if look(net, "vlan") is not None and kind not in _WITH_VLAN:
        yield f"{path}/vlan", f"interfaces of the type {kind or 'user'} have none", measured_since("12.8.0")


def _net_model(path: str, net: Any, kind: str, *, is_qemu: bool) -> Found:
    model = str(look(net, "model.type") or "").lower()
    is_virtio = model in VIRTIO or (not model and is_qemu)
    for name in ("iommu", "ats", "packed", "page_per_vq"):
        if look(net, f"driver.{name}") is not None and not is_virtio:
            yield f"{path}/driver/@{name}", f"only virtio models have it, not {model or 'an interface without one'}"
    if kind == "vhostuser" and model not in VIRTIO:
        yield f"{path}/model/@type", "it is virtio for vhostuser", _WITH_VIRTIO_VHOSTUSER
    if look(net, "source.reconnect.enabled") is True and look(net, "source.reconnect.timeout") is None:
        yield f"{path}/source/reconnect/@timeout", "is missing"


@rule(
    "DEF043",
    "video devices have the settings of their model",
    why="libvirt refuses settings that a model does not have.",
    fix="Remove the setting, or choose the model that has it.",
)
def check_videos(domain: Domain) -> Found:
    """Video devices; what QEMU's driver chooses where there is no model depends on the machine."""
    is_qemu = is_of_qemu(domain)
    videos = [*each(domain, "videos")]
    for path, video in videos:
        model, driver = look(video, "model.type"), look(video, "driver.name")
        if model == "none" and len(videos) > 1:
            yield f"{path}/model/@type", "there are other video devices"
        if driver == "vhostuser" and model != "virtio":
            yield f"{path}/driver/@name", f"only virtio has it, not {model}"
        if driver != "vhostuser" and look(video, "model.acceleration.rendernode") is not None:
            yield f"{path}/model/acceleration/@rendernode", "only the driver vhostuser has it"
        for name in ("x", "y"):
            if number(video, f"model.resolution.{name}") == 0:
                yield f"{path}/model/resolution/@{name}", "it is 0"
        if model not in ((None, "virtio", "none") if is_qemu else ("virtio", "none")):
            for name in ("iommu", "ats", "packed", "page_per_vq"):
                if look(video, f"driver.{name}") is not None:
                    yield f"{path}/driver/@{name}", f"only virtio has it, not {model}"
            yield from _video_memory(f"{path}/model", look(video, "model"), model)
        if model == "ramfb" and address_type(video) is not None:
            yield f"{path}/address", "ramfb has none"


def _video_memory(path: str, model: Any, kind: Any) -> Found:
    for name in ("ram", "vram64", "vgamem") if kind != "qxl" and model is not None else ():
        if _has(model, name):
            yield f"{path}/@{name}", "only qxl has it"
    if _has(model, "blob"):
        yield f"{path}/@blob", "only virtio has it", measured_since("11.3.0")
    if _has(model, "edid") and kind not in ("vga", "bochs"):
        yield f"{path}/@edid", "only vga, bochs and virtio have it", measured_since("12.8.0")


@rule(
    "DEF044",
    "graphics listen at one place, and name what they need",
    why="The attribute listen is the older form of the first <listen>.",
    fix="Keep <listen> alone.",
)
def check_graphics(domain: Domain) -> Found:
    """Graphics."""
    for path, graphics in each(domain, "graphics"):
        listens = members(graphics, "listens")
        for name in ("listen", "socket"):
            own = look(graphics, name)
            kind, part = ("address", "address") if name == "listen" else ("socket", "socket")
            first = look(listens[0], part) if listens and look(listens[0], "type") == kind else None
            if own is not None and first is not None and str(own) != str(first):
                yield f"{path}/@{name}", f"it is not the {part} of the first <listen>, {first}"
        for index, listen in enumerate(listens, 1):
            if look(listen, "type") == "network" and not look(listen, "network"):
                yield f"{path}/listen[{index}]/@network", "is missing"
        if look(graphics, "p2p") is True and look(graphics, "address") is not None:
            yield f"{path}/@address", "who is asked directly has no address"


@rule(
    "DEF045",
    "inputs are of a model and bus that fit",
    why="libvirt refuses models on other buses.",
    fix="Use bus='virtio' for virtio models, and leave out the address where the bus has none.",
)
def check_inputs(domain: Domain) -> Found:
    """Inputs."""
    has_ps2 = look(domain, "features.ps2.state") is not False
    buses = _buses(domain)
    for path, device in each(domain, "inputs"):
        bus, model = look(device, "bus"), look(device, "model")
        if model is not None and bus not in (None, "virtio"):
            yield f"{path}/@model", f"the bus {bus} has no models"
        needed = {"passthrough": "evdev", "evdev": "dev"}.get(str(look(device, "type")))
        if needed and not look(device, f"source.{needed}"):
            yield f"{path}/source/@{needed}", "is missing"
        if buses is not None and bus is not None and str(bus) not in buses:
            yield f"{path}/@bus", f"it is one of {', '.join(buses)}" if buses else "such guests have no inputs"
        elif buses == ():
            yield path, "such guests have no inputs"
        if bus == "ps2" and not has_ps2:
            yield f"{path}/@bus", "the feature ps2 is off"


def _buses(domain: Any) -> tuple[str, ...] | None:
    """The buses that inputs of a guest can be on; None if unknown."""
    system, kind = str(look(domain, "os.type.value")), look(domain, "type")
    if system == "hvm":
        return ("ps2", "usb", "virtio", "parallels")
    if system in ("xen", "xenpvh") or (system == "linux" and kind == "xen"):
        return ("xen",)
    if look(domain, "os.type.value") is None:
        return None
    return ("parallels",) if kind in ("vz", "parallels") else ()


@rule(
    "DEF046",
    "a guest without USB has no USB devices",
    why="A controller of the model 'none' says that there is no USB at all.",
    fix="Remove the device, or give the guest a USB controller.",
)
def check_no_usb(domain: Domain) -> Found:
    """USB devices."""
    models = [look(item, "model") for _, item in each(domain, "controllers") if look(item, "type") == "usb"]
    if not models and not is_of_qemu(domain):
        for path, _ in each(domain, "redirdevs"):
            yield path, "there is no USB controller"
    if "none" not in models:
        return
    for path, device in [*each(domain, "hubs"), *each(domain, "redirdevs"), *each(domain, "inputs"),
                         *each(domain, "hostdevs"), *each(domain, "disks")]:  # fmt: skip
        bus = look(device, "bus") or look(device, "target.bus") or look(device, "type")
        if bus == "usb" or "/redirdev[" in path:
            yield path, "USB is off"


@rule(
    "DEF047",
    "smaller devices have what they need, and no more",
    why="libvirt checks each device when the domain is defined.",
    fix="Add what is missing, and remove what the device does not have.",
)
def check_small_devices(domain: Domain) -> Found:
    """TPMs, shared memory, sockets, IOMMUs, sound, generators of random numbers."""
    yield from _tpms(domain)
    yield from _shmems(domain)
    yield from _vsocks(domain)
    yield from _iommus(domain)
    yield from _audios(domain)
    yield from _sound_backends(domain)
    yield from _filesystems(domain)
    yield from _cards(domain)


def _tpms(domain: Any) -> Iterator[tuple[str, str]]:
    for path, tpm in each(domain, "tpms"):
        backend = look(tpm, "backend")
        if backend is None:
            yield f"{path}/backend", "is missing"
        for name, tag in (("active_pcr_banks", "active_pcr_banks"), ("profile", "profile")):
            if look(backend, name) is not None and str(look(backend, "version") or "") == "1.2":
                yield f"{path}/backend/{tag}", "only TPM 2.0 has it"


def _shmems(domain: Any) -> Iterator[tuple[str, str]]:
    for path, shmem in each(domain, "shmems"):
        name = str(look(shmem, "name") or "")
        if "/" in name or name in (".", ".."):
            yield f"{path}/@name", f"{name} is not a name of a file"
        if look(shmem, "msi") is not None and look(shmem, "server") is None:
            yield f"{path}/msi", "there is no server"


def _vsocks(domain: Any) -> Iterator[tuple[str, str]]:
    for path, vsock in each(domain, "vsock"):
        cid = number(vsock, "cid.address")
        if cid is not None and 0 < cid < 3:
            yield f"{path}/cid/@address", f"{cid} is less than 3"
        for name in ("iommu", "ats", "packed", "page_per_vq"):
            if look(vsock, "model") is None and look(vsock, f"driver.{name}") is not None:
                yield f"{path}/driver/@{name}", "only a vsock of the model virtio has it"


def _iommus(domain: Any) -> Found:
    iommus = [*each(domain, "iommus")]
    for path, _ in iommus[1:]:
        yield path, f"{iommus[0][0]} is the only one", _ONE_IOMMU
    for path, iommu in iommus:
        model, driver = look(iommu, "model"), look(iommu, "driver")
        if look(driver, "intremap") is True and look(domain, "features.ioapic.driver") != "qemu":
            which = ALL if look(domain, "features.ioapic.driver") is not None else _SPLIT_BY_HAND
            yield f"{path}/driver/@intremap", "it needs the split I/O APIC, <ioapic driver='qemu'/>", which
        if model == "amd":
            yield f"{path}/@model", "it is not known yet", _WITHOUT_AMD
        if look(driver, "eim") is True and look(driver, "intremap") is not True:
            yield f"{path}/driver/@eim", "it needs intremap='on'"
        for name, which in _NO_IOMMU_SETTINGS.get(str(model), {}).items():
            if look(driver, name) is not None:
                yield f"{path}/driver/@{name}", f"the IOMMU {model} has none", which
        if model == "intel" and address_type(iommu) is not None:
            yield f"{path}/address", f"the IOMMU {model} has none"


def _audios(domain: Any) -> Iterator[tuple[str, str]]:
    for path, audio in each(domain, "audios"):
        for side in ("input", "output"):
            settings, own = look(audio, f"{side}.settings"), look(audio, f"{side}.fixed_settings")
            if settings is not None and own is not True:
                yield f"{path}/{side}/@fixedSettings", "it is 'yes' where there are settings"
            if own is True and look(audio, f"{side}.mixing_engine") is not True:
                yield f"{path}/{side}/@mixingEngine", "it is 'yes' where settings are fixed"


def _sound_backends(domain: Any) -> Iterator[tuple[str, str]]:
    known = {number(audio, "id") for _, audio in each(domain, "audios")}
    for path, device in [*each(domain, "sounds"), *each(domain, "graphics")]:
        audio = number(device, "audio.id")
        if audio and audio not in known and ("/sound[" in path or look(device, "type") == "vnc"):
            yield f"{path}/audio/@id", f"there is no audio backend {audio}"


def _filesystems(domain: Any) -> Iterator[tuple[str, str]]:
    for path, filesystem in each(domain, "filesystems"):
        driver = str(look(filesystem, "driver.type") or "path")
        needed = _FILESYSTEMS.get(str(look(filesystem, "type") or "mount"))
        is_elsewhere = look(filesystem, "source.socket") is not None
        if needed and not is_elsewhere and look(filesystem, f"source.{needed}") is None:
            yield f"{path}/source/@{needed}", "is missing"
        if not look(filesystem, "target.dir"):
            yield f"{path}/target/@dir", "is missing"
        if number(filesystem, "boot.order") and driver != "virtiofs":
            yield f"{path}/boot", "only virtiofs has it"
    for _, (path, item), first in repeated(
        [*each(domain, "filesystems")],
        lambda item: look(item[1], "target.dir") if look(item[1], "driver.type") == "virtiofs" else None,
    ):
        yield f"{path}/target/@dir", f"{item.target.dir} is already that of another filesystem ({first})"


def _cards(domain: Any) -> Iterator[tuple[str, str]]:
    for path, card in each(domain, "smartcards"):
        if address_type(card) not in (None, "ccid"):
            yield f"{path}/address/@type", "it is ccid"


@rule(
    "DEF048",
    "aliases are of one device each",
    why="An alias is the name of a device.",
    fix="Give one of them another alias.",
)
def check_aliases(domain: Domain) -> Found:
    """Aliases that users chose; others libvirt overlooks."""
    named = [(path, str(look(item, "alias.name") or "")) for path, item in every(domain) if "/console[" not in path]
    for _, (path, name), first in repeated(named, lambda item: item[1] if item[1].startswith("ua-") else None):
        yield f"{path}/alias/@name", f"{name} is already that of {named[first - 1][0]}"


@rule(
    "DEF039",
    "channels, cards and serial ports sit at addresses of their own",
    why="Two devices cannot be at one place.",
    fix="Leave the address to libvirt.",
    driver="qemu",
)
def check_virtio_serial(domain: Domain) -> Found:
    """Addresses on virtio-serial and CCID controllers."""
    taken: dict[object, str] = {}
    for path, device in [*each(domain, "channels"), *each(domain, "consoles"), *each(domain, "smartcards")]:
        kind = address_type(device)
        deciding = {"virtio-serial": "address.port", "ccid": "address.slot"}.get(str(kind))
        if deciding is None or not number(device, deciding):
            continue
        key = address_key(device.address)
        if key in taken:
            yield f"{path}/address", f"{taken[key]} is there"
        taken.setdefault(key, path)
