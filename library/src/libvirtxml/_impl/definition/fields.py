"""Rules about single fields, of which it was measured that libvirt never defines a document that violates them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from libvirtxml._impl.definition.measured import REFUSED
from libvirtxml._impl.definition.rule import Found, rule
from libvirtxml._impl.definition.traits import MISSING, REPEATED, Trait, traits_of

if TYPE_CHECKING:
    from libvirtxml import Domain


_ELSEWHERE = frozenset(
    {f"{MISSING} Domain.memory"} | {f"{MISSING} Disk{kind}.source" for kind in ("File", "Block", "Dir")}
)
"""Traits that rules of their own know better."""


def _refused(domain: Domain) -> Iterator[Trait]:
    return (trait for trait in traits_of(domain) if trait.name in REFUSED and trait.name not in _ELSEWHERE)


@rule(
    "DEF001",
    "values are those that libvirt's parser knows",
    why="The parser compares names exactly, blanks and case included, and reads numbers in full: it refuses others.",
    fix="Use one of the values that `virsh domcapabilities` and the documentation list.",
)
def check_values(domain: Domain) -> Found:
    """Values."""
    for trait in _refused(domain):
        if trait.kind not in (MISSING, REPEATED):
            yield trait.path, f"libvirt does not read {trait.value!r} here"


@rule(
    "DEF002",
    "what libvirt cannot do without is there",
    why="Neither the parser nor a driver has a default for it.",
    fix="Add it.",
)
def check_missing(domain: Domain) -> Found:
    """Required parts."""
    for trait in _refused(domain):
        if trait.kind == MISSING:
            yield trait.path, "is missing"


@rule(
    "DEF003",
    "what a domain has once is not there twice",
    why="For most parts libvirt reads the first and overlooks the rest; for these it refuses the document.",
    fix="Keep one.",
)
def check_repeated(domain: Domain) -> Found:
    """Parts that may be there once."""
    for trait in _refused(domain):
        if trait.kind == REPEATED:
            yield trait.path, "is there more than once"
