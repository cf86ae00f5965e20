"""Which class of the model an XML element is, where its name alone does not determine it.

``<domain>`` is a domain, a part of capabilities or of a network; ``<interface>`` is a host's interface or a domain's
device. All commands and functions follow one rule: an element is of the class to which the least of it is foreign, and
of which, if it is a part, the least is missing. What no class knows is foreign to all of them alike, so content of a
newer libvirt changes nothing. Of classes that fit equally well that of a document is preferred, then that of a part
directly in a domain or its devices; one of which nothing is missing comes before one that lacks something.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.tables import ClassInfo, Field, find_class, info_of
from libvirtxml._impl.trees import ORIGINAL
from libvirtxml.model import ROOTS

if TYPE_CHECKING:
    from libvirtxml._impl.element import Element

_FREE = ("privateData",)
"""Elements in which libvirtd keeps notes for itself."""


def classes_of(tag: str) -> list[type[Element]]:
    """The classes of an element (``{uri}name`` in a namespace), those of whole documents first; not the variants."""
    from libvirtxml.model._tags import TAGS  # noqa: PLC0415 - generated; loaded when first needed

    uri, _, local = tag.rpartition("}")
    return [find_class(name) for name in TAGS.get((local, uri.removeprefix("{")), ())]


def recognise(root: ET.Element) -> list[type[Element]]:
    """The classes that an element fits best; several if its names do not distinguish them, none if no class has it."""
    candidates = classes_of(root.tag)
    if len(candidates) < 2:
        return candidates
    ranks = [_rank(root, cls) for cls in candidates]
    best = min(ranks)
    return [cls for cls, rank in zip(candidates, ranks, strict=True) if rank == best]


def is_document(cls: type[Element]) -> bool:
    """Whether objects of a class are whole documents."""
    return info_of(cls).path.count("/") == 1


_signs: dict[str, frozenset[str] | None] = {}


def signs_of(tag: str) -> frozenset[str] | None:
    """The fields that show that a root element is a document, since no other class of its name has them.

    None if no other class has its name.
    """
    if tag not in _signs:
        document = find_class(ROOTS[tag])
        others = [cls for cls in classes_of(tag) if cls is not document]
        foreign = {key for cls in others for info in _infos(cls) for key in info.by_key}
        own = {field.name for info in _infos(document) for key, field in info.by_key.items() if key not in foreign}
        _signs[tag] = frozenset(own) if others else None
    return _signs[tag]


def _infos(cls: type[Element]) -> list[ClassInfo]:
    """What is known of a class and of its variants."""
    info = info_of(cls)
    return [info, *(info_of(find_class(name)) for name in info.variants.values())]


def readings_of(root: Any) -> list[type[Element]]:
    """The documents and parts of domains that an element can be with as little misfit as can be, the likeliest first.

    ``<cpu>`` with a model is a host's CPU as well as a guest's. Where another part fits better than all of these, it is
    that one.
    """
    ranks = {cls: _rank(root, cls) for cls in classes_of(root.tag)}
    least = min((misfit for misfit, _ in ranks.values()), default=0)
    found = [cls for cls, rank in sorted(ranks.items(), key=lambda item: item[1]) if rank[0] == least]
    return [cls for cls in found if is_document(cls) or is_domain_part(cls)] or found[:1]


def fits_document(root: Any) -> bool:
    """Whether an element can be read as the document with its name."""
    return root.tag in ROOTS and find_class(ROOTS[root.tag]) in readings_of(root)


def _rank(root: ET.Element, cls: type[Element]) -> tuple[int, int]:
    """How badly a class fits, and which of those that fit equally well is preferred; the least is best."""
    infos = _infos_for(root, cls)
    missing = _missing_parts(root, infos[0])
    if is_document(cls):
        return _foreign_nodes(root, cls), 3 if missing or len(infos) > 1 else 0
    misfit = _foreign_nodes(root, cls) + missing
    return misfit, (2 if missing else 1) if is_domain_part(cls) else 4


def is_domain_part(cls: type[Element]) -> bool:
    """Whether elements of a class are directly in a domain or among its devices."""
    path = info_of(cls).path
    return path.startswith("/domain/") and path.count("/") == (3 if "/devices/" in path else 2)


def _infos_for(node: ET.Element, cls: type[Element]) -> list[ClassInfo]:
    """What is known of an element: of its variant, or of all variants if its discriminant is unknown."""
    info = info_of(cls)
    if not info.variants:
        return [info]
    name = info.variants.get(node.get(info.attribute or "", info.default))  # type: ignore[arg-type]
    return [info_of(find_class(name))] if name else _infos(cls)


def _missing_parts(node: ET.Element, info: ClassInfo) -> int:
    """How many of the parts that the schema demands of such an element it lacks."""
    tags = {child.tag for child in node}
    return sum(
        field.required and not field.tolerated and field.key not in (node.attrib if field.kind.is_attribute else tags)
        for field in info.fields.values()
        if field.kind.is_attribute or field.kind.has_tag
    )


def _foreign_nodes(node: ET.Element, cls: type[Element]) -> int:
    """How many attributes and elements in an element a class does not know, at any depth."""
    infos = _infos_for(node, cls)
    known = infos[0].by_key if len(infos) == 1 else {key: field for info in infos for key, field in info.by_key.items()}
    count = (len(infos) > 1) + sum(f"@{name}" not in known for name in node.attrib if _counts(name))
    for child in node:
        if not isinstance(child.tag, str) or child.tag in _FREE:
            continue
        field = known.get(child.tag)
        if field is not None:
            count += _foreign_in_child(child, field)
        elif infos[0].nodes is None:
            count += _size(child)
    return count


def _foreign_in_child(child: ET.Element, field: Field) -> int:
    if field.kind.is_object:
        return _foreign_nodes(child, find_class(field.reference))
    return 0 if field.kind.is_nodes else _size(child) - 1


def _size(node: ET.Element) -> int:
    """How many elements and attributes there are in a tree, its root included."""
    return sum(1 + sum(map(_counts, item.attrib)) for item in node.iter() if isinstance(item.tag, str))


def _counts(name: Any) -> bool:
    """Whether an attribute is content: declarations and the parser's own notes are not."""
    return name != ORIGINAL and not name.startswith("xmlns")
