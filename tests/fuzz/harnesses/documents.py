"""libvirt documents in all forms."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from libvirtxml import (
    Domain,
    RawNode,
    apply,
    compare,
    diff,
    edit,
    format_xml,
    from_json,
    from_yaml,
    load_any,
    parse,
    parse_any,
)
from libvirtxml._impl.document import read_carefully
from libvirtxml._impl.edit.flow import parse_flow
from libvirtxml.acceptance import check
from libvirtxml.containers import open_container

from fuzz.harness import Harness, in_file
from virtsmith.ark.check.domain import CheckedDomain
from virtsmith.host.lint.run import lint_domain
from virtsmith.qemu.domain_machine import read_machine

ROOT = Path(__file__).parents[3]
XML = [path.read_bytes() for path in sorted((ROOT / "library/tests/xml_helpers/samples").glob("*.xml"))]
"""Documents of every kind, of our own."""

DOMAINS = [data for data in XML if data.lstrip().startswith((b"<domain ", b"<!--"))]
_DEVICES = [data for data in XML if b"<interface" in data[:40] or b"<disk" in data[:40]]


def _read_all(data: bytes) -> None:
    document = parse_any(data)
    document.problems()
    document.unknown()
    again = parse(document.to_xml(), type(document))
    assert again == document, "what was written is another document"
    assert diff(document, again) == []


def _fragment(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    assert RawNode.from_string(text).to_string()
    assert RawNode.from_text(text).kind == "text"


def _document_type(data: bytes) -> None:
    node = RawNode.from_doctype(data.decode("utf-8", "replace"))
    assert compare(f"{node.to_string()}<a/>", f"{data.decode(errors='replace')}<a/>") == []


def _json(data: bytes) -> None:
    written = from_json(data).to_xml()
    assert compare(written, parse_any(written).to_xml()) == []


def _yaml(data: bytes) -> None:
    written = from_yaml(data).to_xml()
    assert compare(written, parse_any(written).to_xml()) == []


def _edit(data: bytes) -> Any:
    change = edit(data)
    with change as document:
        apply(document, set=[("title", "t")])
    return change.unified_diff()


def _inside(data: bytes) -> None:
    held = open_container(data)
    if held is None:
        parse_any(data)
        return
    whole = held.holding(held.text)
    kept = data.decode("utf-8", "replace") if isinstance(whole, str) else data
    assert whole == kept or b"encoding" in data or not data.isascii(), "what is around the document has changed"


_HEADER = struct.pack("<16s5I56x", b"LibvirtQemudSave", 2, 600, 1, 0, 21)
_AROUND = [
    b"<x xmlns:p='u'><y/><domain type='kvm'><name>a</name><p:a/></domain></x>",
    b"log <domain><a/></domain> log",
    _HEADER + b"<domain type='kvm'/>\0<a/>".ljust(640, b"\0"),
]

HARNESSES = [
    Harness("xml", _read_all, XML),
    Harness("document in another file", _inside, _AROUND),
    Harness(
        "document type", _document_type, [b"<!DOCTYPE a [<!ELEMENT a ANY> <!-- ]> --> <!ATTLIST a b CDATA #IMPLIED>]>"]
    ),
    Harness("xml, carefully", lambda data: read_carefully(data, None), DOMAINS),
    Harness("xml of a class", Domain.parse, DOMAINS),
    Harness("xml in a file", in_file(parse, "a.xml"), DOMAINS),
    Harness("any form", load_any, [*XML[:4], b'{"$class": "Domain", "name": "a"}']),
    Harness("xml fragment", _fragment, [b"<a b='1'>t<!--c--></a>", b"<!-- c -->", b"<?p q?>", *_DEVICES]),
    Harness("xml layout", format_xml, XML),
    Harness("xml edit", _edit, DOMAINS),
    Harness("xml acceptance", check, DOMAINS),
    Harness("xml machine", read_machine, DOMAINS),
    Harness("xml for ark check", lambda data: CheckedDomain.parse(data, "x").as_it_is(emulated=True), DOMAINS),
    Harness("xml lint", lambda data: list(lint_domain(Domain.parse(data))), DOMAINS),
    Harness("json", _json, [parse_any(data).to_json().encode() for data in XML]),
    Harness("json of a class", Domain.from_json, [Domain.parse(data).to_json().encode() for data in DOMAINS]),
    Harness("yaml", _yaml, [parse_any(data).to_yaml().encode() for data in XML if len(data) < 400]),
    Harness("yaml of a class", Domain.from_yaml, [b"$class: Domain\nname: a\nmemory:\n  value: 1\n"]),
    Harness("flow", lambda data: parse_flow(data.decode("utf-8", "replace")), [b"{a: 1, b: [x, 'y'], c: {d: \"e\"}}"]),
]
