"""Rules about serial and parallel ports, channels, consoles and other character devices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.guest import Guest, address_type, each, look, members, number
from libvirtxml._impl.definition.rule import Found, measured_since, repeated, rule
from libvirtxml._impl.definition.unread import CHARDEVS, backends

if TYPE_CHECKING:
    from libvirtxml import Domain

_NUMBER = re.compile(r"\s*[+-]?\d+", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_.\-]*")
_NEEDED = dict.fromkeys(("file", "dev", "pipe", "unix"), ("path",)) | {"nmdm": ("master", "slave")}
"""What the first source of a device of a type says."""
_CONNECTED = ("tcp", "udp", "unix")
"""Types of devices whose sources have a mode."""
_ISA_PORTS = 4
_SERIAL_ADDRESSES = {
    "isa-serial": "isa", "isa-debug": "isa", "usb-serial": "usb", "pci-serial": "pci", "spapr-vio-serial": "spapr-vio",
    "system-serial": None, "sclp-serial": None,
}  # fmt: skip
_SERIAL_TARGETS = {
    "isa-serial": "isa-serial", "usb-serial": "usb-serial", "pci-serial": "pci-serial", "spapr-vty": "spapr-vio-serial",
    "pl011": "system-serial", "16550a": "system-serial", "sclpconsole": "sclp-serial", "sclplmconsole": "sclp-serial",
    "isa-debugcon": "isa-debug",
}  # fmt: skip


def _chardevs(domain: Any) -> Iterator[tuple[str, Any]]:
    """Everything with a character device behind it."""
    for name in CHARDEVS:
        yield from each(domain, name)
    for path, card in each(domain, "smartcards"):
        if look(card, "mode") == "passthrough":
            yield path, card
    yield from backends(domain)


@rule(
    "DEF037",
    "character devices say where they lead",
    why="Neither the parser nor a driver makes it up.",
    fix="Give <source> what the type needs.",
)
def check_chardevs(domain: Domain) -> Found:
    """Sources of character devices."""
    for path, device in _chardevs(domain):
        if look(device, "type") == "":
            yield f"{path}/@type", "is empty"
        kind = str(look(device, "type") or "")
        sources = members(device, "sources")
        most = 2 if kind == "udp" else 1
        if len(sources) > most:
            yield f"{path}/source[{most + 1}]", f"{most} there can be, and there are more"
        if kind in _CONNECTED:
            yield from _modes(path, sources)
        if "/console[" in path:
            continue  # the first one is often the first serial port
        yield from _leads(path, device, kind, sources)
        for index, item in enumerate(sources, 1):
            if look(item, "reconnect.enabled") is True and look(item, "reconnect.timeout") is None:
                yield f"{path}/source[{index}]/reconnect/@timeout", "is missing"
            if look(item, "mode") == "bind" and look(item, "reconnect.enabled") is True:
                yield f"{path}/source[{index}]/reconnect", "who waits for a connection does not connect again"


def _modes(path: str, sources: list[Any]) -> Iterator[tuple[str, str]]:
    for index, source in enumerate(sources, 1):
        if (mode := look(source, "mode")) not in (None, "connect", "bind"):
            yield f"{path}/source[{index}]/@mode", f"it is 'connect' or 'bind', not {str(mode)!r}"


def _leads(path: str, device: Any, kind: str, sources: list[Any]) -> Iterator[tuple[str, str]]:
    first = sources[0] if sources else None
    connects = [source for source in sources if look(source, "mode") != "bind"]
    is_made_up = (kind == "unix" and _makes_path(path, device)) or (kind == "nmdm" and first is None)
    needed = () if is_made_up else _NEEDED.get(kind, ())
    yield from ((f"{path}/source/@{name}", "is missing") for name in needed if look(first, name) is None)
    if kind == "tcp":
        for name in ("host", "service"):
            if all(look(item, name) is None for item in sources):
                yield f"{path}/source/@{name}", "is missing"
    elif kind == "udp":
        if look(connects[0] if connects else first, "service") is None:
            yield f"{path}/source/@service", "is missing"
    elif kind == "spiceport" or (kind == "dbus" and "/redirdev[" not in path):
        channel = look(first, "channel")
        if channel is None:
            yield f"{path}/source/@channel", "is missing"
        elif not _NAME.fullmatch(str(channel)):
            yield f"{path}/source/@channel", "only letters, digits and _-. are allowed"


def _makes_path(path: str, device: Any) -> bool:
    return "/channel[" in path and look(device, "target.type") in ("virtio", "xen")


@rule(
    "DEF038",
    "serial ports of an ISA bus have numbers of their own",
    why="The guest knows a port by its number.",
    fix="Leave the number to libvirt, or use another.",
)
def check_ports(domain: Domain) -> Found:
    """Numbers of serial ports of the ISA bus."""
    ports = [*each(domain, "serials")]
    for _, (path, _), first in repeated(ports, lambda item: _isa_port(item[1])):
        yield f"{path}/target/@port", f"it is that of {ports[first - 1][0]}"
    yield from _numbers(domain)
    for path, serial in ports:
        if (_isa_port(serial) or 0) >= _ISA_PORTS:
            yield f"{path}/target/@port", f"an ISA bus has {_ISA_PORTS} ports"
    consoles = [*each(domain, "consoles")]
    for path, console in consoles[1:]:
        if look(console, "target.type") in (None, "serial") and look(domain, "os.type.value") == "hvm":
            yield f"{path}/target/@type", "only the first console can be a serial port"


def _numbers(domain: Any) -> Found:
    """Ports that are not numbers; earlier releases take negative ones as none."""
    for path, device in [*each(domain, "serials"), *each(domain, "parallels"), *each(domain, "consoles")]:
        port = look(device, "target.port")
        if port is None:
            continue
        if not _NUMBER.fullmatch(str(port)):
            yield f"{path}/target/@port", f"{str(port)!r} is not a number"
        elif str(port).lstrip().startswith("-"):
            yield f"{path}/target/@port", "it is negative", measured_since("12.8.0")
    for path, channel in each(domain, "channels"):
        port = look(channel, "target.port")
        if look(channel, "target.type") == "guestfwd" and port is not None and not str(port).lstrip().isdecimal():
            yield f"{path}/target/@port", f"{str(port)!r} is not a number"


def _isa_port(serial: Any) -> int | None:
    """The number of a port that the document says to be on an ISA bus."""
    return number(serial, "target.port") if look(serial, "target.type") == "isa-serial" else None


@rule(
    "DEF108",
    "QEMU has the ports and protocols",
    why="QEMU's driver knows which port a machine has, and which protocols there are.",
    fix="Choose the type and model that the machine has.",
    driver="qemu",
)
def check_qemu_chardevs(domain: Domain) -> Found:
    """Character devices of QEMU."""
    guest = Guest(domain)
    has_spice = any(look(item, "type") == "spice" for _, item in each(domain, "graphics"))
    for path, device in _chardevs(domain):
        kind = look(device, "type")
        if kind == "tcp" and look(device, "protocol.type") in ("telnets", "tls"):
            yield f"{path}/protocol/@type", f"QEMU does not speak {device.protocol.type}"
        if kind in ("spicevmc", "spiceport") and not has_spice:
            yield f"{path}/@type", f"{kind} needs SPICE graphics"
        for index, source in enumerate(members(device, "sources"), 1):
            if look(source, "reconnect.enabled") is True and number(source, "reconnect.timeout") == 0:
                yield f"{path}/source[{index}]/reconnect/@timeout", "it is 0"
    for path, serial in each(domain, "serials"):
        yield from _serial(path, serial, guest)
    for path, console in each(domain, "consoles"):
        if look(console, "target.type") in ("xen", "uml", "lxc", "openvz"):
            yield f"{path}/target/@type", f"QEMU has no console of type {console.target.type}"
    if guest.is_s390 or guest.is_pseries:
        for path, _ in each(domain, "parallels"):
            yield path, f"{guest} has no parallel ports"


def _serial(path: str, serial: Any, guest: Guest) -> Iterator[tuple[str, str]]:
    target, model = look(serial, "target.type"), look(serial, "target.model.name")
    address = address_type(serial)
    expected = _SERIAL_ADDRESSES.get(str(target), address)
    if target is not None and address is not None and address != expected:
        yield f"{path}/address/@type", f"a port of type {target} has {expected or 'no'} address"
    if target is not None and model is not None and _SERIAL_TARGETS.get(str(model), target) != target:
        yield f"{path}/target/model/@name", f"a {model} is of the type {_SERIAL_TARGETS[str(model)]}"
    if not guest.is_known:
        return
    is_wrong = (
        (model == "pl011" and not guest.is_arm_virt)
        or ((target == "spapr-vio-serial" or model == "spapr-vty") and not guest.is_pseries)
        or ((target == "sclp-serial" or model in ("sclpconsole", "sclplmconsole")) and not guest.is_s390)
        or (model == "16550a" and guest.is_x86)
    )
    if is_wrong:
        yield f"{path}/target", f"{guest} has no port of type {target}, model {model}"
