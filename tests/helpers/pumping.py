"""Adversarial inputs for a regular expression, made from its own syntax tree.

Backtracking is slow where a repetition can be read in several ways and the match then fails. So for every unbounded
repetition the inputs are: the shortest text that leads to it, its body many times, and an end that does not match.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser
from typing import Any

SIZES = (8, 12, 16, 20, 24, 28, 64, 256, 1024, 4096, 8192)
"""Numbers of repetitions, in small steps first: an exponential expression is then noticed before it takes minutes."""

LIMIT = 0.05
"""Seconds of CPU time. A linear match of the largest input takes under a millisecond, a quadratic one over 0.1 s."""

SEARCHED = 16384
"""Repetitions for searching: over 100,000,000 steps if each position is searched from to the end."""

_ENDS = ("\0", "!", "\n!", "")
_COMMON = " \ta0.,-:/<>()[]='\"_\\#\n"


def slow_input(pattern: re.Pattern[Any]) -> tuple[str, int] | None:
    """The start of an input on which matching ``pattern`` is not linear with its length; None where there is none."""
    for prefix, body in _pumps(pattern):
        for end in _ENDS:
            for size in SIZES:
                if _seconds(pattern.fullmatch, pattern, prefix + body * size + end) > LIMIT:
                    return prefix + body * 3 + end, size
    return None


def slow_search(pattern: re.Pattern[Any]) -> str | None:
    """The same for searching, which starts at every position: each may go far, or only where all of a match begins."""
    for prefix, body in _pumps(pattern):
        for end in _ENDS:
            for text in (prefix + body * SEARCHED, (prefix + body) * (SEARCHED // 2)):
                if _seconds(lambda subject: sum(1 for _ in pattern.finditer(subject)), pattern, text + end) > LIMIT:
                    return text[: len(prefix + body) * 3] + end
    return None


def _seconds(match: Callable[[Any], Any], pattern: re.Pattern[Any], text: str) -> float:
    """The least CPU time of up to three matches: other programs on the machine do not count."""
    subject = text.encode("utf-8") if isinstance(pattern.pattern, bytes) else text
    least = float("inf")
    for _ in range(3):
        before = time.process_time()
        match(subject)
        least = min(least, time.process_time() - before)
        if least <= LIMIT:
            break
    return least


def _pumps(pattern: re.Pattern[Any]) -> set[tuple[str, str]]:
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    flags = pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags
    return set(_walk(list(parser.parse(source, flags)), ""))


def _walk(nodes: list[Any], prefix: str) -> Iterator[tuple[str, str]]:
    for operation, value in nodes:
        if operation in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            _, most, body = value
            if most is codes.MAXREPEAT or most > 64:
                yield from ((prefix, text) for text in _bodies(list(body)))
            yield from _walk(list(body), prefix)
        else:
            for branch in _branches(operation, value):
                yield from _walk(branch, prefix)
        prefix += _sample([(operation, value)])


def _branches(operation: Any, value: Any) -> list[list[Any]]:
    """The sequences inside a node: of a group, of an alternative, of a look-ahead."""
    if operation is codes.SUBPATTERN:
        return [list(value[3])]
    if operation is codes.ATOMIC_GROUP:
        return [list(value)]
    if operation is codes.BRANCH:
        return [list(branch) for branch in value[1]]
    if operation in (codes.ASSERT, codes.ASSERT_NOT):
        return [list(value[1])]
    return []


def _bodies(nodes: list[Any]) -> list[str]:
    """Texts that the body of a repetition matches: for a single character, each common one that it accepts."""
    while len(nodes) == 1 and nodes[0][0] is codes.SUBPATTERN:
        nodes = list(nodes[0][1][3])
    if len(nodes) == 1 and nodes[0][0] is codes.BRANCH:
        return [text for branch in nodes[0][1][1] for text in _bodies(list(branch))]
    if len(nodes) == 1 and nodes[0][0] in (codes.IN, codes.ANY, codes.NOT_LITERAL, codes.LITERAL):
        accepted = [character for character in _COMMON if _accepts(nodes[0], character)]
        return accepted or [_sample(nodes)]
    samples = [_sample(nodes, extra) for extra in (0, 1)]
    return [text for text in samples if text]


def _sample(nodes: list[Any], extra: int = 0) -> str:
    """A short text that the nodes match; optional parts are there ``extra`` times."""
    text = ""
    for operation, value in nodes:
        if operation in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            text += _sample(list(value[2]), extra) * max(value[0], extra)
        elif operation in (codes.SUBPATTERN, codes.ATOMIC_GROUP, codes.BRANCH):
            text += _sample(_branches(operation, value)[0], extra)
        elif operation in (codes.IN, codes.ANY, codes.NOT_LITERAL, codes.LITERAL):
            text += _character((operation, value))
    return text


def _character(node: tuple[Any, Any]) -> str:
    if node[0] is codes.LITERAL:
        return chr(node[1])
    order = "a0" + _COMMON + "".join(map(chr, range(1, 0x180)))
    return next((character for character in order if _accepts(node, character)), "a")


def _accepts(node: tuple[Any, Any], character: str) -> bool:
    operation, value = node
    if operation is codes.LITERAL:
        return chr(value) == character
    if operation is codes.NOT_LITERAL:
        return chr(value) != character
    if operation is codes.ANY:
        return character != "\n"
    negated = value[0][0] is codes.NEGATE
    return negated != any(_in_set(item, character) for item in value)


def _in_set(item: tuple[Any, Any], character: str) -> bool:
    operation, value = item
    if operation is codes.LITERAL:
        return chr(value) == character
    if operation is codes.RANGE:
        return value[0] <= ord(character) <= value[1]
    if operation is codes.CATEGORY:
        return re.match(_CATEGORIES[value], character) is not None
    return False


_CATEGORIES = {
    codes.CATEGORY_DIGIT: r"\d",
    codes.CATEGORY_NOT_DIGIT: r"\D",
    codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_NOT_SPACE: r"\S",
    codes.CATEGORY_WORD: r"\w",
    codes.CATEGORY_NOT_WORD: r"\W",
}
