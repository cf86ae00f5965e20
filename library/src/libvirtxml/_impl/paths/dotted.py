"""The dotted language: ``devices.disks[target.dev=vda].driver.cache``.

A step is the name of a field. Members of lists are chosen by place (``[0]``, ``[-1]``), by what they hold
(``[type=usb,index=0]``), or all (``[*]``). Values with blanks, commas or brackets are quoted. What the model has no
field for is named as in XML: ``<app:info>``, ``@odd``, ``text()``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from libvirtxml._impl.paths.steps import EVERY, Axis, Condition, Path, PathError, PathStep, Test

HERE = "."
"""The document itself."""

_NAME = re.compile(r"(?P<text>text\(\))|<(?P<element>[^<>\s]+)>|@(?P<attribute>[^\[\]=\s]+)|(?P<field>[^.\[\]=<>@()]+)")
_CONDITION = re.compile(r"\s*+([^=\[\],\"']++)=\s*+(\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^,\]]*)\s*")
_PLACE = re.compile(r"\[\s*(-?\d{1,9}|\*)\s*\]", re.ASCII)
_HINT = "write it like devices.disks[target.dev=vda].driver.cache"
_PLAIN = re.compile(r"[^\s\[\],=\"']+")


def parse_dotted(text: str) -> Path:
    """Read a dotted path.

    Raises:
        PathError: it is not one.
    """
    return Path(() if text == HERE else _parse_steps(text), text=text)


def _parse_steps(text: str) -> tuple[PathStep, ...]:
    steps: list[PathStep] = []
    place = 0
    while place < len(text) or not steps:
        match = _NAME.match(text, place)
        if match is None or not match[0].strip():
            raise PathError(f"not a path: {text!r}", hint=_HINT)
        axis = Axis(match.lastgroup or "")
        name = "" if axis is Axis.TEXT else match[axis.value].strip()
        tests, place = _parse_tests(text, match.end())
        steps.append(PathStep(axis, name, tests))
        if place < len(text):
            if text[place] != "." or place + 1 == len(text):
                raise PathError(f"not a path: {text!r}", hint=f"after {text[:place]!r} comes a dot and a name")
            place += 1
    return tuple(steps)


def _parse_tests(text: str, place: int) -> tuple[tuple[Test, ...], int]:
    tests: list[Test] = []
    while text[place : place + 1] == "[":
        test: Test
        if match := _PLACE.match(text, place):
            test, place = (EVERY if match[1] == EVERY else int(match[1])), match.end()
        else:
            test, place = _parse_conditions(text, place)
        tests.append(test)
    return tuple(tests), place


def _parse_conditions(text: str, place: int) -> tuple[tuple[Condition, ...], int]:
    conditions: list[Condition] = []
    place += 1
    while match := _CONDITION.match(text, place):
        name = match[1].rstrip()
        path = () if name == "text()" else _parse_steps(name)
        conditions.append(Condition(path, _unquoted(match[2].strip())))
        place = match.end()
        if text[place : place + 1] != ",":
            break
        place += 1
    if not conditions or text[place : place + 1] != "]":
        hint = "brackets hold a place, [0], or conditions, [target.dev=vda]"
        raise PathError(f"not a path: {text!r}", hint=hint)
    return tuple(conditions), place + 1


def _unquoted(value: str) -> str:
    if value[:1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value[1:-1] if value[:1] == "'" else value


def format_steps(steps: Sequence[PathStep]) -> str:
    """Write steps as a dotted path."""
    return ".".join(_format_step(step) for step in steps) or HERE


def _format_step(step: PathStep) -> str:
    shapes = {Axis.FIELD: "{}", Axis.ELEMENT: "<{}>", Axis.ATTRIBUTE: "@{}", Axis.TEXT: "text()"}
    return shapes[step.axis].format(step.name) + "".join(format_test(test) for test in step.tests)


def format_test(test: Test) -> str:
    """Write what is behind a name, in its brackets."""
    if not isinstance(test, tuple):
        return f"[{test}]"
    parts = (f"{format_steps(item.path) if item.path else 'text()'}={quote_value(item.value)}" for item in test)
    return f"[{','.join(parts)}]"


def quote_value(text: str) -> str:
    """A value as conditions have it: quoted if it would not be read back otherwise."""
    if _PLAIN.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
