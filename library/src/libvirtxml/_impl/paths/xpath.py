"""The part of XPath that names places in documents: ``/domain/devices/disk[@type='file']/source/@file``.

Steps are child elements (``qemu:arg`` or ``{uri}arg`` in a namespace), at the end ``@attribute`` or ``text()``.
Predicates are a position (``[2]``, ``[last()]``, ``[last()-1]``) or equalities (``[target/@dev='vda']``, ``[.='x']``,
joined by ``and``). A step without predicates means every element of its name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from libvirtxml._impl.paths.steps import EVERY, Axis, Condition, Path, PathError, PathStep, Test

_NAME = re.compile(r"(?P<text>text\(\))|@(?P<attribute>[\w.:-]+)|(?P<element>(?:\{[^{}]*\})?[\w.:-]+|\*)")
_POSITION = re.compile(r"\[\s*(?:(?P<first>[1-9]\d{0,8})|last\(\)\s*+(?:-\s*+(?P<last>\d{1,9})\s*+)?+)\s*+\]", re.ASCII)
_LITERAL = r"""'[^']*'|"[^"]*\""""
_CONCAT = rf"concat\((?P<parts>(?:\s*+(?:{_LITERAL})\s*+,?+)++)\)"
_VALUE = re.compile(rf"""\s*=\s*(?:(?P<literal>{_LITERAL})|{_CONCAT}|(?P<bare>[^\s\]'"]+))""")
_OWN_TEXT = re.compile(r"\s*\.(?!/)")
_SELF = re.compile(r"\s*(?:\./)?")
_END = re.compile(r"\s*\]|\s+and\s+")
_HINT = "write it like /domain/devices/disk[2]/source/@file, with conditions like [@type='file']"


def parse_xpath(text: str) -> Path:
    """Read an XPath from a document's root; the slash before the root may be missing.

    Raises:
        PathError: it is not one, or XPath beyond what names a place.
    """
    steps, place = _parse_steps(text, 1 if text.startswith("/") else 0)
    if place != len(text):
        raise PathError(f"not a path: {text!r}", hint=_HINT)
    root, *rest = steps
    if root.axis is not Axis.ELEMENT:
        raise PathError(f"not a path: {text!r}", hint=_HINT)
    return Path(tuple(rest), root, text)


def _parse_steps(text: str, place: int) -> tuple[list[PathStep], int]:
    """The steps from a place on, and the place behind them."""
    steps: list[PathStep] = []
    while True:
        match = _NAME.match(text, place)
        if match is None:
            raise PathError(f"not a path: {text!r}", hint=_HINT)
        axis = Axis(match.lastgroup or "")
        tests, place = _parse_tests(text, match.end())
        steps.append(PathStep(axis, "" if axis is Axis.TEXT else match[axis.value], tests))
        if text[place : place + 1] != "/":
            return steps, place
        place += 1


def _parse_tests(text: str, place: int) -> tuple[tuple[Test, ...], int]:
    tests: list[Test] = []
    while text[place : place + 1] == "[":
        if match := _POSITION.match(text, place):
            tests.append(int(match["first"]) - 1 if match["first"] else -1 - int(match["last"] or 0))
            place = match.end()
            continue
        try:
            conditions, place = _parse_conditions(text, place + 1)
        except PathError as error:
            hint = "write it like [2], [last()], [@type='file'] or [target/@dev='vda']"
            raise PathError(f"not a condition that is understood: {text[place:]}", hint=hint) from error
        tests.append(conditions)
    return tuple(tests), place


def _parse_conditions(text: str, place: int) -> tuple[tuple[Condition, ...], int]:
    """Conditions up to the bracket that closes them, and the place behind it."""
    conditions: list[Condition] = []
    while True:
        condition, place = _parse_condition(text, place)
        conditions.append(condition)
        end = _END.match(text, place)
        if end is None:
            raise PathError("neither 'and' nor a bracket")
        place = end.end()
        if end[0].endswith("]"):
            return tuple(conditions), place


def _parse_condition(text: str, place: int) -> tuple[Condition, int]:
    own = _OWN_TEXT.match(text, place)
    steps, place = ([], own.end()) if own else _parse_steps(text, _behind(_SELF, text, place))
    value = _VALUE.match(text, place)
    if value is None:
        raise PathError("no value")
    if steps and steps[-1].axis is Axis.TEXT:  # which is what the element around it is compared by
        steps.pop()
    return Condition(tuple(steps), _value_of(value)), value.end()


def _behind(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return match.end() if match else place


def _value_of(match: re.Match[str]) -> str:
    if match["parts"] is not None:
        return "".join(part[1:-1] for part in re.findall(_LITERAL, match["parts"]))
    return match["literal"][1:-1] if match["literal"] else match["bare"]


def format_xpath(root: PathStep, steps: Sequence[PathStep]) -> str:
    """Write steps as an XPath."""
    return "/" + format_steps((root, *steps))


def format_steps(steps: Sequence[PathStep]) -> str:
    """Write steps as a relative XPath."""
    return "/".join(_format_step(step) for step in steps)


def _format_step(step: PathStep) -> str:
    shapes = {Axis.ELEMENT: "{}", Axis.ATTRIBUTE: "@{}", Axis.TEXT: "text()"}
    return shapes[step.axis].format(step.name) + "".join(format_test(test) for test in step.tests)


def format_test(test: Test) -> str:
    """Write a predicate."""
    if isinstance(test, tuple):
        return f"[{' and '.join(_format_condition(item) for item in test)}]"
    if isinstance(test, str):
        return "" if test == EVERY else test
    return f"[{test + 1}]" if test >= 0 else "[last()]" if test == -1 else f"[last()-{-1 - test}]"


def _format_condition(condition: Condition) -> str:
    return f"{format_steps(condition.path) or '.'}={_literal(condition.value)}"


def _literal(text: str) -> str:
    """A string in XPath 1.0, which has no escapes."""
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    return "concat(" + ', "\'", '.join(f"'{part}'" for part in text.split("'")) + ")"
