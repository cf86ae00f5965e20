"""One release as a world of element types: which of the schema's elements are equal, and their content.

The same element is often defined in several locations, and a location is used by several grammars. Locations with the
same content, including that of their children, are merged into one class (a bisimulation), so that ``<seclabel>`` is
one type, however many definitions there are.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from pathlib import Path

from virtsmith.schema.pattern import ATTR, CH, EL, GRP, MANY, Pattern, ValueType, choice, counts
from virtsmith.schema.rng import SchemaSet

Classes = frozenset[int]


class World:
    """The element types of one release.

    `roots` maps each schema (``domain``) to its root elements: key to classes.
    """

    def __init__(self, directory: Path) -> None:
        """Read the schemas in a directory.

        Raises:
            InputError: see `virtsmith.schema.rng.SchemaSet`.
        """
        schemas = SchemaSet(directory)
        self._elements = schemas.elements
        self._class_of = _bisimulation(schemas)
        self._members: dict[int, list[str]] = {}
        for location, number in sorted(self._class_of.items()):
            self._members.setdefault(number, []).append(location)
        self._content: dict[Classes, Pattern] = {}
        self._folded: dict[Classes, set[int]] = {}
        self.roots: dict[str, dict[str, Classes]] = {}
        for schema, start in schemas.roots.items():
            children = {key: count.targets for key, count in counts(start).items() if count.targets}
            self.roots[schema] = {key: self.classes(targets) for key, targets in children.items()}

    def classes(self, locations: Iterable[str]) -> Classes:
        """Return the classes of some elements, without those that another one covers."""
        found = {self._class_of[location] for location in locations}
        kept = frozenset(
            number for number in found if not any(self._covers(other, number) for other in found if other != number)
        )
        if len(kept) < len(found):
            self._folded.setdefault(kept, set()).update(found - kept)
        return kept

    def folded(self, classes: Classes) -> list[Pattern]:
        """Return the contents of the classes that these have covered so far."""
        return [self.content(frozenset([number])) for number in sorted(self._folded.get(classes, ()))]

    def is_free(self, classes: Classes) -> bool:
        """Whether the element may have any content (``<metadata>``)."""
        return any("*" in counts(self.content(frozenset([number]))) for number in classes)

    def content(self, classes: Classes) -> Pattern:
        """Return the content model of elements of any of the classes."""
        if classes not in self._content:
            locations = [self._members[number][0] for number in sorted(classes)]
            self._content[classes] = choice(p for location in locations for p in self._elements[location].contents)
        return self._content[classes]

    def _covers(self, big: int, small: int) -> bool:
        """Whether one class allows all that another does and more, as a complete domain covers one with only a uuid."""
        wider = counts(self.content(frozenset([big])))
        narrower = counts(self.content(frozenset([small])))
        if not narrower.keys() < wider.keys():
            return False
        for key, count in narrower.items():
            limit = wider[key]
            if count.value and limit.value and (count.value | limit.value) != limit.value:
                return False
            if {self._class_of[t] for t in count.targets} - {self._class_of[t] for t in limit.targets}:
                return False
        return True


def _bisimulation(schemas: SchemaSet) -> dict[str, int]:
    """Number the classes of elements with equal content, refining until no class splits."""
    elements = schemas.elements
    numbers: dict[Hashable, int] = {}
    current = {loc: numbers.setdefault(info.key, len(numbers)) for loc, info in elements.items()}
    while True:
        numbers = {}
        memo: dict[Pattern, Hashable] = {}
        refined = {}
        for location, info in elements.items():
            contents = frozenset(_canonical(content, current, memo) for content in info.contents)
            refined[location] = numbers.setdefault((current[location], contents), len(numbers))
        if len(set(refined.values())) == len(set(current.values())):
            return refined
        current = refined


def _canonical(pattern: Pattern, classes: dict[str, int], memo: dict[Pattern, Hashable]) -> Hashable:
    """Return the pattern with elements replaced by their classes and members sorted."""
    if pattern not in memo:
        kind = pattern[0]
        form: Hashable = pattern
        if kind == EL:
            form = (EL, classes[pattern[1]])
        elif kind in (GRP, CH):
            form = (kind, tuple(sorted((_canonical(member, classes, memo) for member in pattern[1]), key=repr)))
        elif kind == MANY:
            form = (MANY, _canonical(pattern[1], classes, memo), pattern[2])
        elif kind == ATTR:
            form = (ATTR, pattern[1], _type_form(pattern[2]))
        elif kind == "val":
            form = (kind, _type_form(pattern[1]))
        memo[pattern] = form
    return memo[pattern]


def _type_form(value: ValueType) -> Hashable:
    return tuple(sorted(value.values)), tuple(sorted(value.datas, key=repr))
