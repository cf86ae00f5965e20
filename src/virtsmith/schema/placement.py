"""Decides which module of the model each class belongs to.

A class belongs to the document that reaches it. Classes that several documents reach belong to ``shared``, except that
a document that contains documents of another kind (a snapshot contains domains) uses the classes of these. A document
with too much text for one module becomes a package: the *family* of each larger child (the child's class and all
classes that are reached only through it) gets its own module (``domain/disk.py``), small families stay in the package
itself, and classes that several families use belong to a ``shared`` module beside them.

So modules refer to each other in one direction only: packages to families, families to shared modules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from virtsmith.schema.naming import snake
from virtsmith.schema.plan import ClassPlan

LARGEST = 900
"""A module with more lines than this is split."""

FAMILY = 100
"""A family with at least this many lines gets its own module."""

SHARED = "shared"


def place_classes(plans: Iterable[ClassPlan], lines: dict[str, int], documents: dict[str, str]) -> dict[str, str]:
    """Return the module of each class, as a dotted name within the model's package.

    Args:
        plans: all classes.
        lines: the number of lines of each class.
        documents: the module of each document, by the class of its root.
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
    """A class with its variants, which are placed together."""

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
    """Return the units that a unit leads to, including itself."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name not in seen and name != without and (within is None or name in within):
            seen.add(name)
            todo += units[name].uses
    return seen


def _homes(units: _Units, documents: Iterable[str]) -> dict[str, str]:
    """Return the root of the document that each unit belongs to, or `SHARED`."""
    reached = {root: _reached(units, root) for root in documents}
    homes = {}
    for name in units:
        users = [root for root, names in reached.items() if name in names]
        innermost = (root for root in users if all(root in reached[user] for user in users))
        homes[name] = next(innermost, SHARED)
    return homes


class _Document:
    """A document, and the families that it is split into."""

    def __init__(self, units: _Units, root: str, module: str, own: set[str]) -> None:
        self.units = units
        self.root = root
        self.module = module
        self.own = own
        self.families = {root: own}

    def place(self) -> dict[str, str]:
        """Return the module of each unit."""
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
        """Split a family that is too large into those of the root's children, largest first."""
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
        """Return what is reached from a root only through one child."""
        others = _reached(self.units, root, within=members, without=child)
        return _reached(self.units, child, within=members) - others

    def _used_by(self, roots: Iterable[str]) -> set[str]:
        return set().union(*(_reached(self.units, root, within=self.own) for root in roots))

    def _lines(self, names: Iterable[str]) -> int:
        return sum(self.units[name].lines for name in names)

    def _modules(self) -> dict[str, str]:
        """Return the module of each family, named after its element, or after its class if that name is taken."""
        modules = {self.root: self.module}
        for family in self.families:
            if family != self.root:
                name = f"{self.module}.{snake(self.units[family].tag)}"
                modules[family] = name if name not in modules.values() else f"{self.module}.{family.lower()}"
        return modules

    def _shared(self, module: str) -> str:
        """Return the module for classes that several families within a family use."""
        return f"{module}.{SHARED}" if module == self.module else f"{module}_{SHARED}"
