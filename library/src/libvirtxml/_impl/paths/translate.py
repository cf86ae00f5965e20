"""Paths against classes alone: which of them can have a place, and what the place is called in the other language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from libvirtxml._impl.containers import HELD
from libvirtxml._impl.element import Element
from libvirtxml._impl.paths import dotted, xpath
from libvirtxml._impl.paths.names import axis_of, field_of, in_dotted, in_xpath, no_such_name
from libvirtxml._impl.paths.steps import EVERY, Axis, Condition, Path, PathError, PathStep, Test
from libvirtxml._impl.recognition import classes_of
from libvirtxml._impl.tables import ClassInfo, Field, find_class, info_of
from libvirtxml._impl.trees import shown

Classes = tuple[type[Element], ...]


@dataclass(frozen=True, slots=True)
class _Trail:
    """The steps taken, in both languages, and the classes they lead to."""

    dotted: tuple[PathStep, ...]
    xpath: tuple[PathStep, ...]
    classes: Classes | None
    """None where anything may follow."""
    plain: bool = False
    """Whether they lead to a plain value."""


def root_step(cls: type[Element], tests: tuple[Test, ...] = ()) -> PathStep:
    """The first step of an XPath in a document."""
    return PathStep(Axis.ELEMENT, info_of(cls).name, tests)


def translate(cls: type[Element], path: Path, *, lenient: bool = False) -> list[Path]:
    """A path in the other language; several, where what its names mean depends on the variant of an element.

    Args:
        cls: the class of the document.
        path: the path.
        lenient: names may also be those of content that is kept without a model.

    Raises:
        PathError: no document of the class can have the place.
    """
    path = rooted(cls, path)
    try:
        trails = _walk(cls, path, lenient=lenient, narrow=True)
    except PathError:  # conditions may say what no document holds, but that is not a wrong path
        trails = _walk(cls, path, lenient=lenient, narrow=False)
    if path.root is None:
        return [Path(trail.xpath, root_step(cls)) for trail in trails]
    if any(isinstance(test, tuple) for test in path.root.tests):
        raise PathError(f"a dotted path cannot say {xpath.format_xpath(path.root, ())}", hint="leave the condition out")
    return [Path(trail.dotted) for trail in trails]


def _walk(cls: type[Element], path: Path, *, lenient: bool, narrow: bool) -> list[_Trail]:
    trails = [_Trail((), (), _variants((cls,), path.root.tests if path.root and narrow else ()))]
    for number, step in enumerate(path.steps):
        last = number == len(path.steps) - 1
        trails = _step(trails, step, path, last=last, lenient=lenient, narrow=narrow)
    return trails


def rooted(cls: type[Element], path: Path) -> Path:
    """An XPath from the root of the document, without steps through what the document is in.

    Raises:
        PathError: it begins in a document of another kind.
    """
    root = root_step(cls)
    if path.root is None or path.root.name in (root.name, "*"):
        return path
    if path.root.name in HELD or not classes_of(path.root.name):
        for number, step in enumerate(path.steps):
            if (step.axis, step.name) == (Axis.ELEMENT, root.name):
                return Path(path.steps[number + 1 :], PathStep(step.axis, step.name), path.text)
    message = f"{path.text} is not a path into <{root.name}>"
    raise PathError(message, hint=f"paths into it begin with /{root.name}")


def _step(trails: list[_Trail], step: PathStep, path: Path, *, last: bool, lenient: bool, narrow: bool) -> list[_Trail]:
    taken: list[_Trail] = []
    for trail in trails:
        taken += _within(trail, step, last=last, narrow=narrow) + _beyond(trail, step, lenient=lenient)
    if taken:
        return taken
    trail = trails[0]
    walked = xpath.format_xpath(path.root, trail.xpath) if path.root else dotted.format_steps(trail.dotted)
    if trail.plain or not trail.classes:
        raise PathError(f"{walked} is a plain value: it has no fields")
    raise no_such_name(info_of(trail.classes[0]), step, walked)


def _beyond(trail: _Trail, step: PathStep, *, lenient: bool) -> list[_Trail]:
    """A step into what the model knows nothing of."""
    if step.axis is Axis.FIELD:
        return []
    if trail.classes is None or (lenient and not trail.plain):
        return [_Trail((*trail.dotted, step), (*trail.xpath, step), None)]
    if trail.plain:
        beyond = _Trail((*trail.dotted, step), (*trail.xpath, step), None)
        return [trail] if step.axis is Axis.TEXT else [beyond] if lenient else []
    return []


def _within(trail: _Trail, step: PathStep, *, last: bool, narrow: bool) -> list[_Trail]:
    """A step to the fields of that name: one trail for each name that they have in the other language."""
    groups = _fields(trail.classes or (), step)
    if not groups and step.axis is Axis.ELEMENT and any(info_of(cls).nodes for cls in trail.classes or ()):
        return [_Trail((*trail.dotted, step), (*trail.xpath, step), None)]
    lists = [fields for fields in groups.values() if fields[0].many]
    fitting = lists if lists and _is_beyond_first(step.tests) else groups.values()
    return [_onto(trail, step, fields, last=last, narrow=narrow) for fields in fitting]


def _fields(classes: Classes, step: PathStep) -> dict[tuple[Any, ...], list[Field]]:
    """The fields of some classes that a step names, by what they are called."""
    groups: dict[tuple[Any, ...], list[Field]] = {}
    for cls in classes:
        if (field := field_of(info_of(cls), step)) is not None:
            groups.setdefault((field.name, axis_of(field), field.key, field.many), []).append(field)
    return groups


def _onto(trail: _Trail, step: PathStep, fields: list[Field], *, last: bool, narrow: bool) -> _Trail:
    field = fields[0]
    objects = tuple(dict.fromkeys(find_class(item.reference) for item in fields if item.kind.is_object))
    classes = None if field.kind.is_nodes else _variants(objects, step.tests if narrow else ())
    pairs = [_translate_test(test, _variants(objects)) for test in step.tests]
    dotted_tests, xpath_tests = tuple(pair for pair, _ in pairs), tuple(two for _, two in pairs)
    if not field.many:
        dotted = _dotted_single(field, dotted_tests)
    elif not step.tests and not last:
        dotted = in_dotted(field, (EVERY,))
    else:
        dotted = in_dotted(field, dotted_tests)
    plain = not (field.kind.is_object or field.kind.is_nodes)
    return _Trail((*trail.dotted, dotted), (*trail.xpath, in_xpath(field, xpath_tests)), classes, plain)


def _dotted_single(field: Field, tests: tuple[Test, ...]) -> PathStep:
    """A field that is not a list takes no place; a second element of its name is content beyond the model."""
    if _is_beyond_first(tests):
        return PathStep(Axis.ELEMENT, shown(field.key), tests)
    return in_dotted(field, tuple(test for test in tests if isinstance(test, tuple)))


def _is_beyond_first(tests: tuple[Test, ...]) -> bool:
    """Whether tests choose a place that only lists have."""
    return any(isinstance(test, int) and test > 0 for test in tests)


def _translate_test(test: Test, classes: Classes) -> tuple[Test, Test]:
    """A test in the dotted language and in XPath."""
    if not isinstance(test, tuple):
        return test, test
    dotted, xpath = [], []
    for condition in test:
        trails = [_Trail((), (), classes)]
        for step in condition.path:
            trails = _step(trails, step, Path(condition.path), last=True, lenient=False, narrow=False)
        dotted.append(Condition(trails[0].dotted, condition.value))
        xpath.append(Condition(trails[0].xpath, condition.value))
    return tuple(dotted), tuple(xpath)


def _variants(classes: Sequence[type[Element]], tests: Sequence[Test] = ()) -> Classes:
    """Classes with all their variants, as far as conditions on the attribute that these go by leave them."""
    found = list(classes)
    for cls in found:
        found += [variant for name in info_of(cls).variants.values() if (variant := find_class(name)) not in found]
    conditions = [condition for test in tests if isinstance(test, tuple) for condition in test]
    return tuple(cls for cls in found if all(_may_be(info_of(cls), condition) for condition in conditions))


def _may_be(info: ClassInfo, condition: Condition) -> bool:
    field = field_of(info, condition.path[0]) if len(condition.path) == 1 else None
    return field is None or not field.kind.is_discriminant or field.reference in (None, condition.value)
