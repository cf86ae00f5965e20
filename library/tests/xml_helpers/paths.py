"""Every place of a document, by a walk of its own."""

from collections.abc import Iterator
from typing import NamedTuple

from libvirtxml import Element
from libvirtxml._impl.tables import info_of

NAMESPACES = {
    name: f"http://libvirt.org/schemas/domain/{name}/1.0" for name in ("qemu", "lxc", "bhyve", "xen", "vmware")
} | {
    "dnsmasq": "http://libvirt.org/schemas/network/dnsmasq/1.0",
    **{name: f"http://libvirt.org/schemas/storagepool/{name}/1.0" for name in ("fs", "rbd")},
}
"""libvirt's namespaces, by its own prefixes."""


class Named(NamedTuple):
    dotted: str
    xpath: str


def every_place(document: Element) -> Iterator[Named]:
    """All fields that have a value, of the document and of all elements in it, as they are called in both languages."""
    yield from _below(document, "", f"/{info_of(type(document)).name}")


def _below(element: Element, dotted: str, xpath: str) -> Iterator[Named]:
    fields = info_of(type(element)).fields
    for name, value in list(element.__dict__.items()):
        if name not in fields:
            continue
        field = fields[name]
        uri, brace, local = field.key.rpartition("}")
        key = f"{uri.split('/')[-2]}:{local}" if brace else local
        step = f"@{key}" if field.kind.is_attribute else "text()" if field.kind.is_text else key
        for index, member in enumerate(value if field.many else [value]):
            places = (f"[{index}]", f"[{index + 1}]") if field.many else ("", "")
            named = Named(f"{dotted}.{name}{places[0]}".lstrip("."), f"{xpath}/{step}{places[1]}")
            yield named
            if isinstance(member, Element):
                yield from _below(member, *named)
