"""Decides in which module of the model each class stands.

A class stands with the document that reaches it; what several documents reach stands in ``shared``, except that a
document which holds whole documents of another kind (a snapshot holds domains) takes it from there. A document with
more text than people like to read at once becomes a package: the *family* of each of its larger children - the child's
class and all that is reached through it alone - gets a module of its own (``domain/disk.py``), small families stay in
the package itself, and what several families use goes to a ``shared`` module beside them.

So modules refer to each other in one direction only: packages to their families, families to what they share.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from virtsmith.schema.naming import snake
from virtsmith.schema.plan import ClassPlan

LARGEST = 900
"""Lines of text from which a module is split."""

FAMILY = 100
"""Lines from which the family of a child gets a module of its own."""

SHARED = "shared"


def place_classes(plans: Iterable[ClassPlan], lines: dict[str, int], documents: dict[str, str]) -> dict[str, str]:
    """The module of each class, dotted within the model's package.

    Args:
        plans: all classes.
        lines: how long the text of each class is.
        documents: the module of each document by the name of its root's class.
    """
    units = _units(plans, lines)
    placed: dict[str, str] = {}
    homes = _homes(units, documents)
    for root, module in documents.items():
        own = {name for name, home in homes.items() if home == root}
        placed |= _Document(units, root, module, own).place()
    placed |= {name: SHARED for name, home in homes.items() if home == SHARED}
    return {member: placed[name] for name, unit in units.items() for member in unit.members}


@dataclass(slots=True)
class _Unit:
    """A class with its variants, which stand beside it."""

    tag: str
    members: list[str]
    uses: set[str]
    lines: int


_Units = dict[str, _Unit]


def _units(plans: Iterable[ClassPlan], lines: dict[str, int]) -> _Units:
    units: _Units = {}
    unit_of: dict[str, str] = {}
    for plan in plans:
        name = unit_of[plan.name] = unit_of[plan.base] if plan.base else plan.name
        unit = units.setdefault(name, _Unit(plan.tag, [], set(), 0))
        unit.members.append(plan.name)
        unit.uses |= plan.uses
        unit.lines += lines[plan.name]
    for unit in units.values():
        unit.uses = {unit_of[name] for name in unit.uses}
    return units


def _reached(units: _Units, start: str, *, within: set[str] | None = None, without: str | None = None) -> set[str]:
    """What a unit leads to, itself included."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name not in seen and name != without and (within is None or name in within):
            seen.add(name)
            todo += units[name].uses
    return seen


def _homes(units: _Units, documents: Iterable[str]) -> dict[str, str]:
    """The root of the document that each unit belongs to, or `SHARED`."""
    reached = {root: _reached(units, root) for root in documents}
    homes = {}
    for name in units:
        users = [root for root, names in reached.items() if name in names]
        inmost = (root for root in users if all(root in reached[user] for user in users))
        homes[name] = next(inmost, SHARED)
    return homes


class _Document:
    """A document, and the families that it falls into."""

    def __init__(self, units: _Units, root: str, module: str, own: set[str]) -> None:
        self.units = units
        self.root = root
        self.module = module
        self.own = own
        self.families = {root: own}

    def place(self) -> dict[str, str]:
        """The module of each unit."""
        self._split(self.root)
        modules = self._modules()
        placed: dict[str, str] = {}
        for family, members in self.families.items():
            inner = [other for other in self.families if other in members and other != family]
            own = members.difference(*(self.families[other] for other in inner))
            used = self._used_by(inner)
            placed |= {name: self._shared(modules[family]) if name in used else modules[family] for name in own}
        return placed

    def _split(self, root: str) -> None:
        """Find families in one that is too large, those of the root's children, the largest first."""
        members = self.families[root]
        if self._lines(members) <= LARGEST:
            return
        children = (self.units[root].uses & members) - {root}
        families = {child: self._family(root, child, members) for child in children}
        left = set(members)
        for child in sorted(families, key=lambda name: (-self._lines(families[name]), name)):
            if self._lines(families[child]) >= FAMILY or self._lines(left) > LARGEST:
                self.families[child] = families[child]
                left -= self._used_by([child])
                self._split(child)

    def _family(self, root: str, child: str, members: set[str]) -> set[str]:
        """What is reached from a root through one child alone."""
        others = _reached(self.units, root, within=members, without=child)
        return _reached(self.units, child, within=members) - others

    def _used_by(self, roots: Iterable[str]) -> set[str]:
        return set().union(*(_reached(self.units, root, within=self.own) for root in roots))

    def _lines(self, names: Iterable[str]) -> int:
        return sum(self.units[name].lines for name in names)

    def _modules(self) -> dict[str, str]:
        """The module of each family, named for its element; for its class where that name is taken."""
        modules = {self.root: self.module}
        for family in self.families:
            if family != self.root:
                name = f"{self.module}.{snake(self.units[family].tag)}"
                modules[family] = name if name not in modules.values() else f"{self.module}.{family.lower()}"
        return modules

    def _shared(self, module: str) -> str:
        """The module of what several families within one use."""
        return f"{module}.{SHARED}" if module == self.module else f"{module}_{SHARED}"
