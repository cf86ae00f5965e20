"""Plural-Forms: the C expression that selects a plural form, parsed and evaluated without ``eval``."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from virtsmith.po.header import Header

Expression = Callable[[int], int]

_TOKEN = re.compile(r"\s*(?:(\d+)|(n)|(\|\||&&|==|!=|<=|>=|[-+*/%<>!?:()]))")
_LEVELS = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))
_TESTED = 1001
"""The highest count that is tried, as in gettext."""

_OFTEN = 5
_MAX_DEPTH = 40
_MAX_TOKENS = 400
_WORD = 1 << 64
"""gettext computes with unsigned 64-bit integers; the upper half counts as negative."""


class PluralInvalid(ValueError):
    """A Plural-Forms value that cannot be used; the message is the reason."""


class _Parser:
    """Recursive descent over the C operators that gettext allows, lowest precedence first."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        position = 0
        while position < len(text) and text[position] not in ";\n":
            match = _TOKEN.match(text, position)
            if not match:
                if not text[position:].partition(";")[0].strip():
                    break
                raise PluralInvalid("invalid plural expression")
            self._tokens.append(match[0].strip())
            position = match.end()
            if len(self._tokens) > _MAX_TOKENS:
                raise PluralInvalid("plural expression is too long")
        self._depth = 0

    def parse(self) -> Expression:
        expression = self._choice()
        if self._tokens:
            raise PluralInvalid("invalid plural expression")
        return expression

    def _choice(self) -> Expression:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise PluralInvalid("plural expression is nested too deeply")
        condition = self._binary(0)
        if self._peek() == "?":
            self._take("?")
            positive = self._choice()
            self._take(":")
            negative = self._choice()
            self._depth -= 1
            return lambda n: positive(n) if condition(n) else negative(n)
        self._depth -= 1
        return condition

    def _binary(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while self._peek() in _LEVELS[level]:
            left = _combine(self._take(), left, self._binary(level + 1))
        return left

    def _unary(self) -> Expression:
        word = self._take()
        if word == "!":
            operand = self._unary()
            return lambda n: int(not operand(n))
        if word == "(":
            inner = self._choice()
            self._take(")")
            return inner
        if word == "n":
            return lambda n: n
        if word.isdigit():
            number = int(word[:20])
            return lambda _n: number
        raise PluralInvalid("invalid plural expression")

    def _peek(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _take(self, expected: str = "") -> str:
        token = self._peek()
        if not token or (expected and token != expected):
            raise PluralInvalid("invalid plural expression")
        return self._tokens.pop(0)


def _combine(operator: str, left: Expression, right: Expression) -> Expression:
    operations: dict[str, Expression] = {
        "||": lambda n: int(bool(left(n) or right(n))),
        "&&": lambda n: int(bool(left(n) and right(n))),
        "==": lambda n: int(left(n) == right(n)),
        "!=": lambda n: int(left(n) != right(n)),
        "<": lambda n: int(left(n) < right(n)),
        ">": lambda n: int(left(n) > right(n)),
        "<=": lambda n: int(left(n) <= right(n)),
        ">=": lambda n: int(left(n) >= right(n)),
        "+": lambda n: (left(n) + right(n)) % _WORD,
        "-": lambda n: (left(n) - right(n)) % _WORD,
        "*": lambda n: left(n) * right(n) % _WORD,
        "/": lambda n: left(n) // right(n),
        "%": lambda n: left(n) % right(n),
    }
    return operations[operator]


@lru_cache(maxsize=256)
def plural_values(text: str) -> tuple[int, tuple[int, ...]]:
    """The number of forms in a header's text, and the form that each count from 0 to 1000 uses.

    Raises:
        PluralInvalid: there is no usable ``nplurals=N; plural=EXPRESSION``, or it yields forms that do not exist.
    """
    count = re.search(r"nplurals=[ \t]*(\d+)", text)
    expression = re.search(r"(?<!n)plural=([^\n]*)", text)
    if not count:
        raise PluralInvalid("no valid nplurals value" if "nplurals=" in text else "no nplurals=NUMBER")
    if not expression:
        raise PluralInvalid("no plural=EXPRESSION")
    forms = int(count[1][:9])
    choose = _Parser(expression[1]).parse()
    try:
        values = tuple(choose(n) for n in range(_TESTED))
    except ZeroDivisionError as error:
        raise PluralInvalid("plural expression can divide by zero") from error
    if max(values) >= _WORD // 2:
        raise PluralInvalid("plural expression can produce negative values")
    if max(values) >= forms:
        raise PluralInvalid(f"nplurals is {forms} but the plural expression can produce {max(values)}")
    return forms, values


def often_used_forms(header: Header) -> tuple[bool, ...]:
    """For each plural form, whether many counts use it; Germanic plurals if the header declares none."""
    return _often(header.text)


@lru_cache(maxsize=256)
def _often(text: str) -> tuple[bool, ...]:
    try:
        forms, values = plural_values(text)
    except PluralInvalid:
        return () if "plural=" in text and "nplurals=" in text else (False, True)
    return tuple(values.count(form) >= _OFTEN for form in range(min(forms, 100)))


def values_in_range(header: Header, low: int, high: int, form: int) -> int:
    """The number of counts in a range that use a plural form."""
    try:
        _, values = plural_values(header.text)
    except PluralInvalid:
        values = tuple(int(n != 1) for n in range(_TESTED))
    return sum(value == form for value in values[low : min(high, _TESTED - 1) + 1])
