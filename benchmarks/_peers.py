"""A part of the domain document for xsdata and pydantic-xml: the classes that one would write by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, make_dataclass
from typing import Any

Shape = dict[str, Any]
"""Of an element: its attributes as ``@name``, its text as ``#``, children as name to shape, lists as ``[shape]``."""

ADDRESS: Shape = dict.fromkeys(
    ("@type", "@domain", "@bus", "@slot", "@function", "@multifunction", "@controller", "@target", "@unit", "@port")
)
TEXT: Shape = {"#": None}
AMOUNT: Shape = {"@unit": None, "#": None}
DEVICES: Shape = {
    "emulator": TEXT,
    "disk": [
        {
            "@type": None,
            "@device": None,
            "driver": {"@name": None, "@type": None, "@cache": None},
            "source": {"@file": None, "@dev": None, "@pool": None, "@volume": None},
            "target": {"@dev": None, "@bus": None},
            "readonly": {},
            "address": ADDRESS,
        }
    ],
    "controller": [{"@type": None, "@index": None, "@model": None, "@ports": None, "address": ADDRESS}],
    "interface": [
        {
            "@type": None,
            "mac": {"@address": None},
            "source": {"@bridge": None, "@network": None, "@dev": None, "@mode": None},
            "model": {"@type": None},
            "address": ADDRESS,
        }
    ],
    "input": [{"@type": None, "@bus": None, "address": ADDRESS}],
    "audio": [{"@id": None, "@type": None}],
    "memballoon": {"@model": None, "address": ADDRESS},
}
DOMAIN: Shape = {
    "@type": None,
    "@id": None,
    "name": TEXT,
    "uuid": TEXT,
    "memory": AMOUNT,
    "currentMemory": AMOUNT,
    "vcpu": {"@placement": None, "#": None},
    "os": {"type": {"@arch": None, "@machine": None, "#": None}, "boot": [{"@dev": None}]},
    "clock": {"@offset": None},
    "on_poweroff": TEXT,
    "on_reboot": TEXT,
    "on_crash": TEXT,
    "devices": DEVICES,
}

RoundTrip = Callable[[bytes], Any]


def xsdata() -> RoundTrip:
    """Parse and write with xsdata.

    Raises:
        ImportError: it is not installed.
    """
    from xsdata.formats.dataclass.context import XmlContext
    from xsdata.formats.dataclass.parsers import XmlParser
    from xsdata.formats.dataclass.parsers.config import ParserConfig
    from xsdata.formats.dataclass.serializers import XmlSerializer

    def build(tag: str, shape: Shape) -> type:
        fields: list[Any] = []
        for key, inner in shape.items():
            many = isinstance(inner, list)
            name = key.strip("@").replace("#", "value")
            if key == "#":
                fields.append((name, str, field(default="")))
            elif key.startswith("@"):
                fields.append((name, str | None, field(default=None, metadata={"type": "Attribute"})))
            else:
                cls = build(key, inner[0] if many else inner)
                kind: Any = list[cls] if many else cls | None  # type: ignore[valid-type]
                default: Any = {"default_factory": list} if many else {"default": None}
                fields.append((name, kind, field(**default, metadata={"type": "Element", "name": key})))
        meta = type("Meta", (), {"name": tag})
        return make_dataclass(tag, fields, namespace={"Meta": meta}, kw_only=True)

    domain = build("domain", DOMAIN)
    context = XmlContext()
    parser = XmlParser(config=ParserConfig(fail_on_unknown_properties=False), context=context)
    serializer = XmlSerializer(context=context)
    return lambda data: serializer.render(parser.from_bytes(data, domain))


def pydantic_xml() -> RoundTrip:
    """Parse and write with pydantic-xml.

    Raises:
        ImportError: it is not installed.
    """
    from pydantic import create_model
    from pydantic_xml import BaseXmlModel, attr, element

    def build(tag: str, shape: Shape) -> Any:
        fields: dict[str, Any] = {}
        for key, inner in shape.items():
            many = isinstance(inner, list)
            name = key.strip("@").replace("#", "value") + "_"
            if key == "#":
                fields[name] = (str | None, None)
            elif key.startswith("@"):
                fields[name] = (str | None, attr(name=key[1:], default=None))
            else:
                cls = build(key, inner[0] if many else inner)
                kind: Any = list[cls] if many else cls | None
                default: Any = {"default": []} if many else {"default": None}
                fields[name] = (kind, element(tag=key, **default))
        options = {"tag": tag, "search_mode": "unordered"}
        return create_model(tag, __base__=BaseXmlModel, __cls_kwargs__=options, **fields)

    domain = build("domain", DOMAIN)
    return lambda data: domain.from_xml(data).to_xml(skip_empty=False, exclude_none=True)


def fits(element: Any, shape: Shape | None = None) -> bool:
    """Whether the classes above hold all of a document."""
    if shape is None:
        return element.tag == "domain" and fits(element, DOMAIN)
    if any(f"@{name}" not in shape for name in element.attrib):
        return False
    for child in element:
        inner = shape.get(child.tag) if isinstance(child.tag, str) else None
        if inner is None or not fits(child, inner[0] if isinstance(inner, list) else inner):
            return False
    return True


@dataclass(frozen=True)
class Peer:
    """Another library, and how to set it to work."""

    name: str
    start: Callable[[], RoundTrip]


PEERS = (Peer("xsdata", xsdata), Peer("pydantic-xml", pydantic_xml))
