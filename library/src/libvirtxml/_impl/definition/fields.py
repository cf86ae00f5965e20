"""Rules about single fields, of which it was measured that libvirt never defines a document that violates them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial, reduce
from operator import or_

from libvirtxml._impl.definition.dated import late_values, measured_in
from libvirtxml._impl.definition.measured import MEASURED
from libvirtxml._impl.definition.rule import ALL, EVERY_KIND, Found, kind_of, rule
from libvirtxml._impl.definition.tables import table_of
from libvirtxml._impl.definition.traits import (
    MALFORMED,
    MISSING,
    REPEATED,
    Trait,
    by_class,
    traits_of,
    worth_mentioning,
)
from libvirtxml._impl.definition.unread import is_in, unread
from libvirtxml._impl.element import Element
from libvirtxml._impl.mixins import Sized
from libvirtxml._impl.problems import walk
from libvirtxml._impl.recognition import is_document
from libvirtxml.errors import SizeError

_LARGEST = (1 << 64) - 1
_ELSEWHERE = frozenset(
    {("missing", "Domain.memory"), ("zero", "Memory.value")}
    | {("missing", f"{name}.fixed_settings") for name in ("AudioInput", "AudioOutput")}
    | {("missing", "FilesystemMountSource.dir")}
    | {("missing", f"Disk{kind}.source") for kind in ("File", "Block", "Dir")}
    | {("missing", f"NWFilterRule{kind}.protocol") for kind in ("IP", "IPv6")}
)
"""Traits that rules of their own know better."""
_FIELDS_ELSEWHERE = frozenset(
    {"AuthSecret.type", "GraphicsSPICE.listen", "GraphicsVNC.listen", "ListenAddress.address",
     "ListenSocket.socket", })  # fmt: skip
"""Fields that rules of their own know better."""


_ALIKE = ("filter",)
"""Kinds of documents in which one table of the parser reads the attributes of all elements: by name alone. Their values
may also name variables (``$IP``), whose own values nobody knows before a guest starts."""


def _agree_by_name(words: dict[str, dict[str, int]], lenient: frozenset[str]) -> frozenset[str]:
    """Add what holds for all fields of a name, whatever their element, as ``.name``; the names that take any text.

    Numbers are left out: IPv4 addresses may be numbers, IPv6 addresses not.
    """
    for word in MALFORMED:
        found: dict[str, int] = {}
        for field, bits in words.get(word, {}).items():
            name = f".{field.rpartition('.')[2]}"
            found[name] = found.get(name, 0) | bits
        words.setdefault(word, {}).update(found)
    return frozenset(f".{name.rpartition('.')[2]}" for name in lenient)


@cache
def _index(
    kind: str,
) -> tuple[dict[str, dict[str, int]], dict[str, frozenset[str]], frozenset[str], frozenset[str]]:
    """What was measured in documents of a kind.

    For each word the fields with the releases that refuse them, as bits; the fields that classes need; those of which
    any text is taken; and values that were taken before the schema had them.
    """
    words: dict[str, dict[str, int]] = {}
    refused, lenient, early = table_of(kind)
    for releases, table in refused.items():
        bits = sum(1 << MEASURED.index(release) for release in releases)
        for field, ways in table.items():
            for word in ways.split():
                known = words.setdefault(word, {})
                known[field] = known.get(field, 0) | bits
    if kind in _ALIKE:
        lenient |= _agree_by_name(words, lenient)
    return words, by_class(words.get(MISSING, ())), lenient, early


def _refused(document: Element) -> Iterator[tuple[Trait, int]]:
    """Traits that releases refuse, with these as bits.

    Of lists of words and of numbers that were never asked about, what holds for nearly all: the parser is strict.
    """
    kind = kind_of(document)
    words, needed, lenient, early = _index(kind)
    overlooked = {path for path, _ in unread(document)} if kind == "domain" else set()
    for trait, lacking in late_values(document):
        is_strict = trait.form and lenient.isdisjoint(trait.names)
        refusing = reduce(or_, (words["unknown"].get(name, 0) for name in trait.names), 0) or (ALL if is_strict else 0)
        if trait.said not in early and (bits := refusing & measured_in(lacking)):
            yield trait, bits
    if kind == "network" and not is_document(type(document)):
        needed = {}  # parts of networks are given to delete them too, where a MAC address or a name is enough
    for trait in traits_of(document, partial(worth_mentioning, needed)):
        if (trait.kind, trait.field) in _ELSEWHERE or trait.field in _FIELDS_ELSEWHERE or is_in(trait.path, overlooked):
            continue
        if kind in _ALIKE and trait.value and trait.value.startswith("$"):
            continue
        fields = words.get(trait.kind, {})
        names = (*trait.names, f".{trait.field.partition('.')[2]}")
        bits = 0
        for name in names:
            bits |= fields.get(name, 0)
        if not bits and _is_surely_odd(trait) and lenient.isdisjoint(names):
            bits = ALL
        if bits:
            yield trait, bits


def _is_surely_odd(trait: Trait) -> bool:
    """Whether a value is none that a strict parser takes; elements without text are often overlooked."""
    if trait.kind == "empty" and "/@" not in trait.path:
        return False
    return bool(trait.form) and trait.kind in (*MALFORMED, "over64")


@rule(
    "DEF004",
    "sizes are whole numbers of units that there are, and fit into 64 bits",
    why="libvirt counts in bytes, with the units of storage and memory: KiB, MB and so on.",
    fix="Use one of the units, and a number that is not too large.",
)
def check_units(domain: Element) -> Found:
    """Sizes with units."""
    for path, element in walk(domain):
        if not isinstance(element, Sized):
            continue
        amount, unit, _ = (element.__dict__.get(name) for name in element.size_fields())
        try:
            size = element.bytes
        except SizeError:
            yield path, f"{unit!r} is not a unit of size"
            continue
        if size is not None and (size < 0 or size > _LARGEST):
            yield path, f"{amount} {unit or element.size_fields()[2]} is not in the range of 64 bits"


@rule(
    "DEF003",
    "what a document has once is not there twice",
    why="For most parts libvirt reads the first and overlooks the rest; for these it refuses the document.",
    fix="Keep one.",
    root=EVERY_KIND,
)
@rule(
    "DEF002",
    "what libvirt cannot do without is there",
    why="Neither the parser nor a driver has a default for it.",
    fix="Add it.",
    root=EVERY_KIND,
)
@rule(
    "DEF001",
    "values are those that libvirt's parser knows",
    why="The parser compares names exactly, blanks and case included, and reads numbers in full: it refuses others.",
    fix="Use one of the values that `virsh domcapabilities` and the documentation list.",
    root=EVERY_KIND,
)
def check_fields(document: Element) -> Found:
    """Values, required parts, and parts that may be there once: in one walk, as it is the longest of all checks."""
    for trait, bits in _refused(document):
        if trait.kind == MISSING:
            yield trait.path, "is missing", bits, "DEF002"
        elif trait.kind == REPEATED:
            yield trait.path, "is there more than once", bits, "DEF003"
        else:
            yield trait.path, f"libvirt does not read {trait.value!r} here", bits, "DEF001"
