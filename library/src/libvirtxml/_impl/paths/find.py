"""Follows a path through a document."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import Any

from libvirtxml._impl.element import Element
from libvirtxml._impl.paths import dotted, xpath
from libvirtxml._impl.paths.names import axis_of, field_of, no_such_name
from libvirtxml._impl.paths.places import PathTarget, Place, Root, own_text
from libvirtxml._impl.paths.prefixes import resolve
from libvirtxml._impl.paths.steps import Axis, Condition, Language, NothingThereError, Path, PathError, PathStep, Test
from libvirtxml._impl.paths.translate import rooted, translate
from libvirtxml._impl.paths.unknown import places_in_node, repeated_places, unknown_places
from libvirtxml._impl.raw import RawNode
from libvirtxml._impl.tables import find_class, info_of
from libvirtxml.values import MAC


def find(document: Element, path: Path, *, create: bool = False, tolerant: bool = False) -> list[Place]:
    """All places that a path leads to, in document order; a list at its end is one place.

    Prefixes are those that the document declares; those that it does not are libvirt's, or as they are written.

    Args:
        document: where the path begins.
        path: the path.
        create: make single elements on the way that are missing.
        tolerant: pass over elements that cannot have what the path names.

    Raises:
        PathError: it leads nowhere.
    """
    path = rooted(type(document), path)
    if (resolved := resolve(document, path)) != path:
        with suppress(PathError):  # the other one names things as they were written
            return _Search(resolved, create=create, tolerant=tolerant).run(document)
    return _Search(path, create=create, tolerant=tolerant).run(document)


class _Search:
    """One walk along a path."""

    def __init__(self, path: Path, *, create: bool = False, tolerant: bool = False) -> None:
        self.path = path
        self.create = create
        self.tolerant = tolerant
        self.is_xpath = path.language is Language.XPATH
        self.misses: list[PathError] = []
        """Why members were passed over; the first is reported if nothing is found at all."""

    def run(self, document: Element) -> list[Place]:
        reached: list[Place] = [Root(document, self.path.language)]
        if self.path.root is not None:
            reached = self._tested(reached, self.path.root.tests, "/" + self.path.root.name)
        for number, step in enumerate(self.path.steps):
            last = number == len(self.path.steps) - 1
            reached = [found for place in reached for found in self._take(place, step, last=last)]
            if not reached:
                raise self.misses[0] if self.misses else NothingThereError(f"there is no {self._walked(number + 1)}")
        return reached

    def _walked(self, count: int) -> str:
        """The path up to a step, as it was written."""
        steps = self.path.steps[:count]
        return xpath.format_xpath(self.path.root, steps) if self.path.root else dotted.format_steps(steps)

    def _take(self, place: Place, step: PathStep, *, last: bool) -> list[Place]:
        value = self._entered(place, step)
        if isinstance(value, Element):
            found = self._in_element(value, step, place, last=last)
        elif isinstance(value, RawNode):
            found = places_in_node(value, step, place)
        else:
            found = [place] if step.axis is Axis.TEXT and value is not None else []
        return self._tested(found, step.tests, self._name_below(place, step)) if step.tests else found

    def _name_below(self, place: Place, step: PathStep) -> str:
        plain = PathStep(step.axis, step.name)
        if self.is_xpath:
            return place.path() + xpath.format_xpath(plain, ())
        named = dotted.format_steps([plain])
        return named if isinstance(place, Root) else f"{place.path()}.{named}"

    def _entered(self, place: Place, step: PathStep) -> Any:
        """What a place holds, made if it is missing and may be made; of a plain value, how it was written."""
        value = place.value
        if isinstance(value, (Element, RawNode)):
            return value
        if not isinstance(place, PathTarget) or not place.field.kind.is_object:
            if step.axis is Axis.FIELD or (step.axis is not Axis.TEXT and not self.tolerant):
                raise PathError(f"{place.path()} is a plain value: it has no fields")
            node = place.leaf_node() if isinstance(place, PathTarget) and step.axis is not Axis.TEXT else None
            return node or value
        return self._made(place) if self.create else None

    def _made(self, place: PathTarget) -> Element:
        cls = find_class(place.field.reference)
        info = info_of(cls)
        if info.variants and info.default is None and info.attribute_required:
            raise PathError(f"there is no {place.path()}", hint=f"give it whole, with its {info.attribute}")
        made = _empty(cls)
        place.replace(made)
        return made

    def _in_element(self, owner: Element, step: PathStep, place: Place, *, last: bool) -> list[Place]:
        field = field_of(info_of(type(owner)), step)
        if field is None:
            found = unknown_places(owner, step, place)
            if not found and not self.tolerant:
                self._refuse(owner, step, place)
            return found
        target = PathTarget(owner, field, None, place)
        if not field.many:
            self._check_single(target, step)
            more = repeated_places(owner, step, place) if axis_of(field) is Axis.ELEMENT else []
            return [target, *more] if last or self.create or target.value is not None else more
        if step.tests or not last:
            if not step.tests and step.axis is Axis.FIELD:
                raise self._is_list(target)
            return list(target.members())
        return [target]

    def _refuse(self, owner: Element, step: PathStep, place: Place) -> None:
        if step.axis is Axis.FIELD or self.is_xpath:
            raise no_such_name(info_of(type(owner)), step, place.path())

    def _check_single(self, target: PathTarget, step: PathStep) -> None:
        if step.axis is Axis.FIELD and any(not isinstance(test, tuple) for test in step.tests):
            where = target.path()
            raise PathError(f"{where} is not a list", hint=f"write {where} without brackets")

    def _is_list(self, target: PathTarget) -> PathError:
        where, count = target.path(), len(target.value or ())
        hint = f"name one: {where}[0]; " + (f"there are {count}" if count else "it is empty")
        return PathError(f"{where} is a list", hint=hint)

    # --- tests --------------------------------------------------------------------------------------------------------

    def _tested(self, places: list[Place], tests: Sequence[Test], where: str) -> list[Place]:
        """The places that pass some tests, one after the other."""
        for test in tests:
            if isinstance(test, int):
                places = self._at(places, test, where)
            elif isinstance(test, tuple):
                places = self._meeting(places, test, where)
        return places

    def _at(self, places: list[Place], index: int, where: str) -> list[Place]:
        if -len(places) <= index < len(places):
            return [places[index]]
        shown_index, start = (index + 1, 1) if self.is_xpath and index >= 0 else (index, int(self.is_xpath))
        hint = f"it has {len(places)}, counted from {start}"
        self.misses.append(NothingThereError(f"{where} has no member {shown_index}", hint=hint))
        return []

    def _meeting(self, places: list[Place], conditions: tuple[Condition, ...], where: str) -> list[Place]:
        if any(isinstance(place, PathTarget) and not place.field.kind.is_child for place in places):
            raise PathError(f"{where} is a plain value", hint="conditions belong to elements")
        found = [place for place in places if all(_meets(place, condition) for condition in conditions)]
        if not found and places:
            self.misses.append(self._none_meets(places, conditions, where))
        return found

    def _none_meets(self, places: list[Place], conditions: tuple[Condition, ...], where: str) -> PathError:
        language = xpath if self.is_xpath else dotted
        message = f"no member of {where} has {language.format_test(conditions)[1:-1]}"
        for condition in conditions:
            self._check_names(places[0], condition, where)
            there = list(dict.fromkeys(found for place in places for found in _texts(place, condition.path)))
            if condition.value not in there:
                close = get_close_matches(condition.value, there, 1)
                listed = ", ".join(there[:10]) + " ..." * (len(there) > 10) if there else "none"
                named = language.format_steps(condition.path) if condition.path else "text()"
                hint = f"did you mean {close[0]}? There are {listed}" if close else f"values of {named}: {listed}"
                return NothingThereError(message, hint=hint)
        return NothingThereError(message)

    def _check_names(self, place: Place, condition: Condition, where: str) -> None:
        """Refuse a condition on what no member can have."""
        if not isinstance(place, PathTarget) or not condition.path:
            return
        if place.field.kind.is_leaf or place.field.kind.is_flag:
            raise PathError(f"{where} holds plain values", hint=f"choose by place: {where}[{int(self.is_xpath)}]")
        cls = find_class(place.field.reference)
        root = PathStep(Axis.ELEMENT, "*") if self.is_xpath else None
        try:
            translate(cls, Path(condition.path, root))
        except PathError as error:
            raise PathError(f"{where}: {error.message}", hint=error.hint) from error


def _empty(cls: type[Element]) -> Element:
    info = info_of(cls)
    if info.variants and info.default in info.variants:
        cls = find_class(info.variants[str(info.default)])
    return cls.__new__(cls)


def _meets(place: Place, condition: Condition) -> bool:
    return any(_says(found, condition.value) for found in _below(place, condition.path))


def _says(place: Place, text: str) -> bool:
    if place.text() == text:
        return True
    return isinstance(place, PathTarget) and _is_same(place, text)


def _is_same(target: PathTarget, text: str) -> bool:
    """Whether a text is another spelling of a value."""
    value: Any = target.value
    if isinstance(value, Element):
        own = own_text(target)
        return own is not None and _is_same(own, text)
    if isinstance(value, MAC):
        return value.same_as(text)
    return value is not None and target.field.kind.is_value and bool(target.field.codec[text] == value)


def _below(place: Place, steps: Sequence[PathStep]) -> list[Place]:
    search = _Search(Path(tuple(steps)), tolerant=True)
    try:
        reached = [place]
        for number, step in enumerate(steps):
            last = number == len(steps) - 1
            reached = [found for item in reached for found in search._take(item, step, last=last)]  # noqa: SLF001
    except PathError:
        return []
    return reached


def _texts(place: Place, steps: Sequence[PathStep]) -> list[str]:
    return [text for found in _below(place, steps) if (text := found.text()) is not None]
