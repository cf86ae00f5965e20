"""Rules about the features of a guest, of which the parser refuses those that it does not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.dated import knowing
from libvirtxml._impl.definition.guest import look, members, number
from libvirtxml._impl.definition.rule import ALL, Found, repeated, rule
from libvirtxml._impl.tables import info_of

if TYPE_CHECKING:
    from libvirtxml import Domain

_STRICT = ("features", "features.hyperv", "features.kvm", "features.xen", "features.capabilities")
"""Elements, as fields of a domain, whose children are names that the parser looks up."""
_RING = (1 << 10, 1 << 16)


@rule(
    "DEF065",
    "features are ones that libvirt knows",
    why="Nearly everywhere libvirt overlooks elements that it does not know, but not among features.",
    fix="Remove the feature, or use a release that knows it.",
)
def check_known_features(domain: Domain) -> Found:
    """Names of features."""
    for place in _STRICT:
        if (element := look(domain, place)) is None:
            continue
        path = f"/domain/{place.replace('.', '/')}"
        for name in _unknown_children(element):
            yield path, f"libvirt knows no feature {name}"
        info = info_of(type(element))
        for name in element.__dict__:
            field = info.fields.get(name)
            if field is not None and not field.kind.is_attribute and (which := ALL & ~knowing(f"{path}/{field.key}")):
                yield path, f"libvirt does not know the feature {field.key} yet", which


def _unknown_children(element: Any) -> Iterator[str]:
    known = info_of(type(element)).by_key
    for node in element.extra.nodes() if element.extra is not None else ():
        if node.is_element and node.clark_name not in known:
            yield node.clark_name


@rule(
    "DEF066",
    "settings of features are in their range, and given once",
    why="libvirt does not choose between two settings.",
    fix="Choose a value in the range, and keep one setting.",
)
def check_feature_settings(domain: Domain) -> Found:
    """The dirty ring, keys that are wrapped, tables for ACPI."""
    ring = look(domain, "features.kvm.dirty_ring")
    size = number(ring, "size")
    if look(ring, "state") is True and size is not None and (
        not _RING[0] <= size <= _RING[1] or size & (size - 1)
    ):  # fmt: skip
        yield "/domain/features/kvm/dirty-ring/@size", f"it is a power of two from {_RING[0]} to {_RING[1]}"
    for index, cipher, first in repeated(members(domain, "keywrap.ciphers"), lambda cipher: look(cipher, "name")):
        yield f"/domain/keywrap/cipher[{index}]/@name", f"{cipher.name} is already that of cipher[{first}]"
