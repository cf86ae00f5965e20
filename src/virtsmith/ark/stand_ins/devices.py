"""Stand-ins for devices: what is behind them is replaced, what the guest sees of them stays."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from virtsmith.ark.stand_ins.place import StandInPlace, drop, strip

if TYPE_CHECKING:
    from lxml import etree

_KEPT_OF_INTERFACES = {"mac", "model", "boot", "address", "alias", "rom", "link", "driver", "acpi"}
_HARMLESS_CHARACTER_DEVICES = {"pty", "null", "spicevmc", "spiceport", "qemu-vdagent"}
_HARMLESS_AUDIO = {"none", "spice"}
_VSOCK = "/dev/vhost-vsock"
_RANDOM = "/dev/urandom"


def replace_devices(root: etree._Element, place: StandInPlace) -> None:
    """Replace everything that devices need of a host."""
    devices = root.find("devices")
    if devices is None:
        return
    for tag, replace in _REPLACEMENTS.items():
        for number, element in enumerate(devices.findall(tag)):
            replace(element, place, number)


def _disk(disk: etree._Element, place: StandInPlace, number: int) -> None:
    target = disk.find("target")
    name = f"disk {target.get('dev', number) if target is not None else number}"
    if disk.get("device") == "lun":  # libvirt passes commands through to real devices only
        disk.set("device", "disk")
        strip(disk, "rawio", "sgio")
        place.note(name, "a disk instead of a passed-through unit")
    source = disk.find("source")
    if disk.get("type", "file") == "file" and (source is None or not source.get("file")):
        return
    driver = disk.find("driver")
    path, kind = place.image(driver.get("type", "raw") if driver is not None else "raw")
    drop(disk, "source", "auth", "encryption", "backingStore", "mirror", "backenddomain")
    was = _origin(disk.get("type", "file"), source)
    disk.set("type", "file")
    _insert_after(disk, "driver", _element(disk, "source", file=path))
    if driver is not None and "type" in driver.attrib:
        driver.set("type", kind)
    place.note(name, f"an empty {kind} image instead of {was}")


def _origin(kind: str, source: etree._Element | None) -> str:
    if source is None:
        return kind
    for key in ("file", "dev", "dir", "volume", "path"):
        if value := source.get(key):
            return value
    return " ".join(word for word in (source.get("protocol") or kind, source.get("name")) if word)


def _filesystem(element: etree._Element, place: StandInPlace, number: int) -> None:
    drop(element, "source")
    for binary in element.findall("binary"):
        strip(binary, "path")
    element.insert(0, _element(element, "source", dir=place.empty_directory()))
    driver = element.find("driver")
    if driver is not None:
        element.insert(0, driver)
    place.note(f"filesystem {number}", "an empty directory")


def _interface(element: etree._Element, place: StandInPlace, number: int) -> None:
    was, model = element.get("type", ""), element.find("model")
    gone = [child for child in element if isinstance(child.tag, str) and child.tag not in _KEPT_OF_INTERFACES]
    for child in gone:
        element.remove(child)
    for driver in element.findall("driver"):
        strip(driver, "name", "queues", "tx_queue_size", "rss", "rss_hash_report", "txmode")
    for rom in element.findall("rom"):
        strip(rom, "file")
    if element.find("mac") is None:  # otherwise libvirt makes up one each time
        element.insert(0, _element(element, "mac", address=f"52:54:00:00:00:{number:02x}"))
    strip(element, "managed", "trustGuestRxFilters")
    element.set("type", "user")
    if was == "hostdev" and model is None:
        element.append(_element(element, "model", type="virtio"))
    if was != "user" or gone:
        place.note(f"interface {number}", f"user networking instead of {was}")


def _graphics(element: etree._Element, place: StandInPlace, _number: int) -> None:
    kind = element.get("type", "")
    if kind == "egl-headless":
        _remove(element)
    else:
        drop(element, "listen", "gl", "channel", "clipboard", "audio")
        element.attrib.clear()
        element.set("type", kind if kind in ("vnc", "spice") else "vnc")
        element.insert(0, _element(element, "listen", type="socket"))
    place.note(f"graphics {kind}", "a private socket")


def _video(element: etree._Element, place: StandInPlace, number: int) -> None:
    drivers = [driver for driver in element.findall("driver") if driver.get("name") == "vhostuser"]
    if drop(element, "model/acceleration") or drivers:
        for driver in drivers:
            strip(driver, "name")
        place.note(f"video {number}", "without acceleration by a graphics card")


def _character_device(element: etree._Element, place: StandInPlace, number: int) -> None:
    kind = element.get("type", "pty")
    drop(element, "log")
    if kind == "unix" and element.tag == "channel":
        if drop(element, "source"):
            place.note(f"channel {number}", "a private socket")
        return
    if kind in _HARMLESS_CHARACTER_DEVICES:
        if kind == "pty":
            drop(element, "source")
        return
    drop(element, "source", "protocol")
    element.set("type", "pty")
    place.note(f"{element.tag} {number}", f"a pseudo terminal instead of {kind}")


def _smartcard(element: etree._Element, place: StandInPlace, _number: int) -> None:
    if (element.get("mode"), element.get("type")) != ("passthrough", "spicevmc"):
        _remove(element)
        place.note("smartcard", "left out, since it needs the host's certificates or reader")


def _rng(element: etree._Element, place: StandInPlace, number: int) -> None:
    backend = element.find("backend")
    model = backend.get("model") if backend is not None else "builtin"
    if backend is None or model == "builtin" or (model == "random" and (backend.text or "").strip() in ("", _RANDOM)):
        return
    for child in list(backend):
        backend.remove(child)
    strip(backend, "type")
    backend.set("model", "random")
    backend.text = _RANDOM
    place.note(f"rng {number}", _RANDOM)


def _tpm(element: etree._Element, place: StandInPlace, _number: int) -> None:
    backend = element.find("backend")
    if backend is None:
        return
    if backend.get("type") != "emulator":
        place.note("tpm", f"an emulated one instead of {backend.get('type')}")
        backend.attrib.clear()
        backend.set("type", "emulator")
        drop(backend, "device")
    if gone := drop(backend, "source", "encryption", "profile"):
        place.note("tpm", f"an empty one, without its {' and '.join(gone)}")


def _assigned(element: etree._Element, place: StandInPlace, number: int) -> None:
    """Put something at the address of an assigned device."""
    devices, kind, address = element.getparent(), element.get("type", ""), element.find("address")
    if devices is None:
        return
    made = None
    match kind:
        case "pci" | "mdev":
            made = _element(element, "interface", type="user")
            made.append(_element(element, "mac", address=f"52:54:00:00:01:{number:02x}"))
            made.append(_element(element, "model", type="virtio"))
        case "usb":
            made = _element(element, "input", type="tablet", bus="usb")
        case "scsi":
            path, _ = place.image("raw")
            made = _element(element, "disk", type="file", device="disk")
            made.append(_element(element, "source", file=path))
            made.append(_element(element, "target", dev=f"sdx{chr(ord('a') + number % 26)}", bus="scsi"))
        case _:
            pass
    devices.remove(element)
    if made is None:
        place.note(f"hostdev {number} ({kind})", "left out")
        return
    if address is not None:
        made.append(address)
    devices.append(made)
    place.note(f"hostdev {number} ({kind})", f"{_A[made.tag]} at its address")


_A = {"interface": "a virtio network card", "input": "a USB tablet", "disk": "an empty SCSI disk"}


def _input(element: etree._Element, place: StandInPlace, number: int) -> None:
    kind = element.get("type", "")
    if kind not in ("evdev", "passthrough"):
        return
    drop(element, "source")
    if kind == "evdev":
        _remove(element)
    else:
        element.set("type", "tablet")
    place.note(f"input {number}", "left out" if kind == "evdev" else "a tablet instead of an assigned device")


def _vsock(element: etree._Element, place: StandInPlace, _number: int) -> None:
    if not os.path.exists(_VSOCK):  # noqa: PTH110 - a constant
        _remove(element)
        place.note("vsock", f"left out, since this machine has no {_VSOCK}")


def _shmem(element: etree._Element, place: StandInPlace, number: int) -> None:
    if element.find("server") is not None:
        _remove(element)
        place.note(f"shmem {number}", "left out, since it needs a server")


def _memory(element: etree._Element, place: StandInPlace, number: int) -> None:
    for path in element.findall("source/path"):
        path.text = place.file()
        place.note(f"memory {number}", "an empty file")
    drop(element, "source/nodemask", "source/pagesize", "source/pmem")


def _audio(element: etree._Element, place: StandInPlace, number: int) -> None:
    kind = element.get("type", "")
    if kind not in _HARMLESS_AUDIO:
        for child in list(element):
            element.remove(child)
        identity = element.get("id", "1")
        element.attrib.clear()
        element.set("id", identity)
        element.set("type", "none")
        place.note(f"audio {number}", f"silent, instead of {kind}")


def _pstore(element: etree._Element, place: StandInPlace, _number: int) -> None:
    for path in element.findall("path"):
        path.text = place.file()
    place.note("pstore", "an empty file")


def _lease(element: etree._Element, place: StandInPlace, _number: int) -> None:
    _remove(element)
    place.note("lease", "left out")


_REPLACEMENTS = {
    "disk": _disk, "filesystem": _filesystem, "interface": _interface, "graphics": _graphics, "video": _video,
    "serial": _character_device, "parallel": _character_device, "console": _character_device,
    "channel": _character_device, "redirdev": _character_device, "smartcard": _smartcard, "rng": _rng, "tpm": _tpm,
    "input": _input, "hostdev": _assigned, "vsock": _vsock, "shmem": _shmem, "memory": _memory, "audio": _audio,
    "pstore": _pstore, "lease": _lease,
}  # fmt: skip


def _element(like: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return like.makeelement(tag, attributes)


def _insert_after(parent: etree._Element, tag: str, element: etree._Element) -> None:
    before = parent.find(tag)
    parent.insert(0 if before is None else parent.index(before) + 1, element)


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
