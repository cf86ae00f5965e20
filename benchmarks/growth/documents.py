"""Shapes of documents that are meant to be expensive for the library, and everything that reads or compares them."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import libvirtxml as lx
from libvirtxml.acceptance import check

from benchmarks.growth.measure import Call, Shape

Text = Callable[[int], str]


def domain(inside: str = "", devices: str = "", attributes: str = "") -> str:
    return f"<domain type='kvm' {attributes}><name>a</name>{inside}<devices>{devices}</devices></domain>"


def _declared(n: int) -> str:
    declarations = " ".join(f"xmlns:p{i}='urn:{i}'" for i in range(n))
    return domain("<metadata>" + "".join(f"<p{i}:a/>" for i in range(n)) + "</metadata>", attributes=declarations)


TEXTS: dict[str, tuple[int, Text]] = {
    "unknown siblings": (400, lambda n: domain("<a/>" * n)),
    "unknown attributes": (400, lambda n: domain("<a " + " ".join(f"a{i}='1'" for i in range(n)) + "/>")),
    "attributes of a device": (
        400,
        lambda n: domain(devices="<disk type='file' " + " ".join(f"a{i}='1'" for i in range(n)) + "/>"),
    ),
    "namespaces, each declared where it is used": (
        200,
        lambda n: domain("<metadata>" + "".join(f"<p{i}:a xmlns:p{i}='urn:{i}'/>" for i in range(n)) + "</metadata>"),
    ),
    "namespaces, all declared at the root": (200, _declared),
    "comments on one line": (400, lambda n: domain("<memory>1</memory>" + "<!-- c -->" * n + "<vcpu>1</vcpu>")),
    "equal disks": (200, lambda n: domain(devices="<disk type='file'><target dev='vda'/></disk>" * n)),
    "disks and interfaces in turn": (
        200,
        lambda n: domain(devices="<disk type='file'><target dev='vda'/></disk><interface type='network'/>" * n),
    ),
    "text between devices": (200, lambda n: domain(devices="x<disk type='file'/>" * n)),
    "text with comments": (400, lambda n: domain("<description>" + "a<!-- c -->" * n + "</description>")),
    "the same element again": (400, lambda n: domain("<memory>1</memory>" * n)),
    "long text": (200_000, lambda n: domain(f"<description>{'a&amp;' * n}</description>")),
    "blank lines": (200_000, lambda n: domain("\n" * n)),
    "a backing chain": (
        25,
        lambda n: domain(
            devices="<disk type='file'>" + "<backingStore type='file'>" * n + "</backingStore>" * n + "</disk>"
        ),
    ),
    "not closed": (4000, lambda n: "<domain>" + "<a>" * n),
    "nothing but <": (20_000, lambda n: "<" * n),
    "a log of starts of domains": (4000, lambda n: "log\n" + "<domain >" * n),
    "a domain in many elements": (400, lambda n: "<all>" + "<vm/>" * n + domain() + "</all>"),
}


def _read(read: Callable[[str], Any]) -> Callable[[str], Call]:
    return lambda text: lambda: read(text)


def _edit(text: str) -> Call:
    def run() -> None:
        change: Any = lx.edit(text)
        with change as document:
            document.description = "changed"
            if document.devices and document.devices.disks:
                document.devices.disks.reverse()
                del document.devices.disks[0]

    return run


def _back(to: str, read: Callable[[str], Any]) -> Callable[[str], Call]:
    return lambda text: lambda: read(lx.convert(text.encode(), to))


def _diff(text: str) -> Call:
    def run() -> None:
        old, new = lx.load_any(text.encode()), lx.load_any(text.encode())
        devices = new.__dict__.get("devices")
        if devices is not None:
            devices.disks.reverse()
            for disk in devices.disks[::2]:
                disk.device = "lun"
        lx.diff(old, new)

    return run


def _find(text: str) -> Call:
    def run() -> None:
        document: Any = lx.parse_any(text)
        for path in ("/domain/p:a", "/domain/metadata/p1:a", "/domain/devices/disk[target/@dev='vda']/@p:type"):
            with suppress(lx.PathError):
                lx.get(document, path)

    return run


CALLS: dict[str, tuple[tuple[str, ...], Callable[[str], Call]]] = {
    "read and write": (("_impl/document.py:parse",), _read(lambda text: lx.parse(text).to_xml())),
    "read any": (
        ("_impl/fragments.py:parse_any", "_impl/fragments.py:read_any", "_impl/forms.py:load_any"),
        _read(lambda text: lx.load_any(text.encode())),
    ),
    "edit": (("_impl/scan.py:scan",), _edit),
    "format": ((), _read(lx.format_xml)),
    "compare": ((), _read(lambda text: lx.compare(text, text))),
    "diff": ((), _diff),
    "check": ((), _read(lambda text: check(text.encode(), "7.0..12.8"))),
    "problems, unknown, outline": (
        (),
        _read(lambda text: [(d.problems(), d.unknown(), lx.outline(d)) for d in [lx.parse_any(text)]]),
    ),
    "JSON": (("_impl/data.py:from_json", "_impl/data.py:from_dict"), _back("json", lx.from_json)),
    "Python": ((), _back("python", len)),
    "XPath": ((), _find),
}


def _shape(name: str, what: str) -> Shape:
    size, text = TEXTS[what]
    readers, prepare = CALLS[name]
    bounded = "256 levels, and what is indented grows with their square" if what == "a backing chain" else ""
    return Shape(f"{name}: {what}", readers, size, lambda n: prepare(text(n)), bounded)


def _yaml(text: Text) -> Callable[[int], Call]:
    def make(n: int) -> Call:
        source = text(n)
        return lambda: lx.from_yaml(source)

    return make


def _json(text: Text) -> Callable[[int], Call]:
    def make(n: int) -> Call:
        source = text(n)
        return lambda: lx.from_json(source)

    return make


_YAML = ("_impl/data.py:from_yaml",)
_JSON = ("_impl/data.py:from_json",)
SHAPES = [
    *(_shape(name, what) for name in CALLS for what in TEXTS),
    Shape("YAML: disks", _YAML, 30, _yaml(lambda n: "$class: Devices\ndisks:\n" + "- {type: file}\n" * n)),
    Shape("YAML: brackets", _YAML, 20, _yaml(lambda n: "[" * n)),
    Shape("YAML: long text", _YAML, 2000, _yaml(lambda n: f"$class: Alias\nname: {'a ' * n}\n")),
    Shape(
        "YAML: aliases of aliases",
        _YAML,
        10,
        _yaml(lambda n: "a0: &a0 [x]\n" + "".join(f"a{i + 1}: &a{i + 1} [*a{i}, *a{i}]\n" for i in range(n))),
    ),
    Shape(
        "YAML: merge keys of merge keys",
        _YAML,
        10,
        _yaml(
            lambda n: "a0: &a0 {x: 1}\n" + "".join(f"a{i + 1}: &a{i + 1} {{<<: [*a{i}, *a{i}]}}\n" for i in range(n))
        ),
    ),
    Shape("JSON: brackets", _JSON, 20_000, _json(lambda n: "[" * n)),
    Shape("JSON: values", _JSON, 40_000, _json(lambda n: '{"$class": "Domain", "a": [' + "1," * n + "1]}")),
    Shape(
        "JSON: a key twice",
        _JSON,
        4000,
        _json(lambda n: f'{{{json.dumps({f"a{i}": 1 for i in range(n)})[1:-1]}, "a0": 1}}'),
    ),
]
