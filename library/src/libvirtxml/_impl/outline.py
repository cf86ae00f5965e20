"""What a document says, in a few lines for people: the essentials of a domain, a compact tree of anything else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from libvirtxml._impl.data import to_dict, type_of
from libvirtxml._impl.element import Element
from libvirtxml._impl.mixins import Sized
from libvirtxml.errors import SizeError
from libvirtxml.values import format_size, parse_integer

Row = tuple[str, str]
_LISTED = ("disks", "interfaces", "hostdevs", "filesystems", "graphics", "memories", "tpms", "videos")
"""Devices that are shown one by one; of the others only how many there are."""

_WIDTH = 120


def outline(element: Element) -> list[str]:
    """The lines of an outline."""
    data = to_dict(element)
    name = data.pop("$class")
    if name == "Domain":
        values = vars(element)
        rows = domain_rows(data, _size(values.get("memory") or values.get("current_memory")))
        width = max((len(label) for label, _ in rows), default=0)
        return [f"{label:<{width}}  {text}".rstrip() for label, text in rows]
    return list(_tree(type_of(element).__name__, data, ""))


def domain_rows(data: dict[str, Any], memory: str) -> list[Row]:
    """The essentials of a domain, from its plain data and its memory in words: label and text."""
    os, cpu = data.get("os", {}), data.get("cpu", {})
    devices = data.get("devices", {})
    rows = [
        ("name", _text(data.get("name"))),
        ("uuid", _text(data.get("uuid"))),
        ("title", _text(data.get("title"))),
        ("type", _words(data.get("type"), *_values(os.get("type"), "value", "arch", "machine"))),
        ("firmware", _words(os.get("firmware"), *_values(os.get("loader"), "type", "value"))),
        ("boot", _words(os.get("kernel"), *(item.get("dev") for item in os.get("boots", [])))),
        ("memory", memory or _words(*_values(data.get("memory") or data.get("current_memory"), "value", "unit"))),
        ("vcpus", _words(*_values(data.get("vcpu"), "value", "placement", "cpuset"))),
        ("cpu", _words(cpu.get("mode"), *_values(cpu.get("model"), "value"), _counted(cpu.get("features"), "feature"))),
        *(row for kind in _LISTED for row in _device_rows(kind, devices.get(kind, []))),
        ("others", ", ".join(_counted(value, kind) for kind, value in devices.items() if _is_other(kind, value))),
        ("metadata", _counted(data.get("metadata", {}).get("nodes"), "node")),
    ]
    return [(label, text) for label, text in rows if text]


def _is_other(kind: str, value: Any) -> bool:
    return kind not in _LISTED and isinstance(value, list) and not kind.startswith("$")


def _device_rows(kind: str, devices: list[dict[str, Any]]) -> Iterator[Row]:
    for device in devices:
        parts: list[Any] = [device.get("type"), *_values(device.get("target"), "dev", "bus", "dir")]
        parts.append(device.get("device") if device.get("device") != "disk" else None)
        parts.extend(_values(device.get("driver"), "name", "type"))
        parts.extend(_values(device.get("model"), "type", "name"))
        parts.extend(_values(device.get("mac"), "address"))
        parts.extend(_values(device.get("backend"), "type", "version"))
        parts.extend(
            f"{key}={device[key]}" for key in ("model", "port", "mode") if isinstance(device.get(key), (str, int))
        )
        if source := _source(device.get("source")):
            parts.append(f"<- {source}")
        if device.get("readonly") is True:
            parts.append("(read-only)")
        yield kind.removesuffix("s") if kind != "memories" else "memory", _words(*parts)


def _source(source: Any) -> str:
    """Where a device's data comes from: its plain values, then what is inside."""
    if not isinstance(source, dict):
        return _text(source)
    if source.keys() >= {"domain", "bus", "slot", "function"}:
        return _pci(source)
    parts: list[str] = []
    for key, value in source.items():
        if key.startswith("$") or key in ("type", "index"):
            continue
        if isinstance(value, dict):
            parts.append(_source(value))
        elif isinstance(value, list):
            parts.extend(_source(item) for item in value)
        else:
            parts.append(_text(value))
    return " ".join(filter(None, parts))


def _pci(address: dict[str, Any]) -> str:
    given = [address[key] for key in ("domain", "bus", "slot", "function")]
    numbers: list[Any] = [parse_integer(item, 0) if isinstance(item, str) else item for item in given]
    if all(isinstance(number, int) for number in numbers):
        return "{:04x}:{:02x}:{:02x}.{:x}".format(*numbers)
    return ":".join(map(str, given))


def _size(amount: Any) -> str:
    """A size for people, ``4 GiB``; empty where there is none that can be read."""
    try:
        size = amount.bytes if isinstance(amount, Sized) else None
    except SizeError:
        return ""
    return "" if size is None else format_size(size)


def _values(data: Any, *keys: str) -> list[Any]:
    return [data.get(key) for key in keys] if isinstance(data, dict) else []


def _words(*parts: Any) -> str:
    return " ".join(_text(part) for part in parts if part not in (None, "", [], {}))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else " ".join(str(value).split())


def _counted(items: Any, name: str) -> str:
    if not isinstance(items, list) or not items:
        return ""
    return f"{len(items)} {name.removesuffix('s')}{'s' if len(items) > 1 else ''}"


def _tree(name: str, data: dict[str, Any], indent: str) -> Iterator[str]:
    """Plain values on the line of their element, children below."""
    plain = [(key, value) for key, value in data.items() if not isinstance(value, (dict, list))]
    short = " ".join(f"{key}={_text(value)}" for key, value in plain)
    yield f"{indent}{name}{f': {short}' if short else ''}"[:_WIDTH]
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _tree(key, value, indent + "  ")
        elif isinstance(value, list):
            if all(not isinstance(item, dict) for item in value):
                yield f"{indent}  {key}: {', '.join(_text(item) for item in value)}"[:_WIDTH]
            else:
                for item in value:
                    yield from _tree(key, item if isinstance(item, dict) else {"": item}, indent + "  ")
