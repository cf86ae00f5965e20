"""Values that came after a release: to its parser they are words that it does not know."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache, reduce
from operator import or_

from libvirtxml._impl.dates import DatedSlot, load_table
from libvirtxml._impl.definition.measured import MEASURED
from libvirtxml._impl.definition.traits import Trait, trait_of
from libvirtxml._impl.element import Element
from libvirtxml._impl.problems import walk
from libvirtxml._impl.tables import Field, find_class, info_of
from libvirtxml.errors import LibvirtXMLError

_INDEX = re.compile(r"\[\d+\]")
_ALL = (1 << len(MEASURED)) - 1


def late_values(document: Element) -> Iterator[tuple[Trait, Collection[str]]]:
    """Values of lists that came later than their fields, as unknown words, with the releases that lack them."""
    for path, element in walk(document):
        info = info_of(type(element))
        fields = info.fields
        for name, value in element.__dict__.items():
            field = fields.get(name)
            if field is None or not _is_listed(field):
                continue
            for item in value if field.many else (value,):
                text = field.text_of(item)
                if lacking := _lacking(info.model.__name__, name, text):
                    yield trait_of("unknown", path, element, field, text), lacking


def _is_listed(field: Field) -> bool:
    return field.kind.is_discriminant or bool(field.allowed and field.allowed.values)


def knowing(path: str) -> int:
    """The measured releases, as bits, that know what an XPath leads to; all for what no schema has.

    Others overlook what is there, nearly everywhere.
    """
    return measured_in(releases_knowing(_INDEX.sub("", path))) or _ALL


def measured_in(releases: Collection[str]) -> int:
    """The measured releases among some, as bits."""
    return sum(1 << number for number, release in enumerate(MEASURED) if release in releases)


@cache
def releases_knowing(path: str) -> Collection[str]:
    """The releases that know what an XPath without positions leads to; all for what no schema has."""
    from libvirtxml.acceptance import releases, since  # noqa: PLC0415 - only for what is objected to

    try:
        return frozenset(since(path).releases)
    except LibvirtXMLError:
        return frozenset(releases())


@cache
def _lacking(cls: str, name: str, text: str) -> Collection[str]:
    """The releases that know a field of a class, and a value of it not yet."""
    slots = _slots(find_class(cls), name)
    knowing = reduce(or_, (slot.since for slot in slots), 0)
    accepting = reduce(or_, (_accepting(slot, text) for slot in slots), 0)
    first = (accepting & -accepting).bit_length() - 1
    return frozenset(release for number, release in enumerate(load_table().releases[: max(first, 0)])
                     if knowing >> number & 1)  # fmt: skip


def _slots(cls: type[Element], name: str) -> list[DatedSlot]:
    """What the table of dates has of a field, in all variants of its element."""
    info, table = info_of(cls), load_table()
    field = info.fields[name]
    key = "#" if field.kind.is_text else f"@{field.key}" if field.kind.is_attribute else field.key
    leaves = table.body(table.type_id(info.path)).leaves()
    return [leaf.slots[key] for leaf in leaves if key in leaf.slots]


def _accepting(slot: DatedSlot, text: str) -> int:
    """The releases whose schema allows a text in a slot, or in the element of a slot."""
    table = load_table()
    if isinstance(slot.content, int):
        return slot.since & table.accepts(slot.content, text)
    texts = [leaf.slots["#"] for leaf in table.body(slot.content).leaves() if "#" in leaf.slots]
    return slot.since & reduce(or_, (table.accepts(item.content, text) for item in texts), 0)
