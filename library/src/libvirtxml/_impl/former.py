"""What older schemas allow, and the model does not know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from libvirtxml._impl.dates import load_table
from libvirtxml._impl.element import Element
from libvirtxml._impl.problem import Problem
from libvirtxml._impl.refusals import find_refused
from libvirtxml._impl.tables import info_of


def in_no_release(element: Element, root: Any, unknown: Iterable[Problem]) -> list[Problem]:
    """The unknown parts of an element, whose tree is given, without those that the schema of some release allows."""
    found = list(unknown)
    if not found:
        return found
    table = load_table()
    allowed: dict[str, int] = {}
    for refusal in find_refused(table, root, *table.reading(info_of(type(element)).path, root.tag)):
        place = _plain(refusal.place)
        allowed[place] = allowed.get(place, table.all) & refusal.allowed
    return [item for item in found if not allowed.get(_plain(item.path))]


def _plain(path: str) -> str:
    return path.replace("[1]", "")
