"""What two sequences have in common, in time that grows with their length alone."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

Opcode = tuple[str, int, int, int, int]
"""As `difflib.SequenceMatcher.get_opcodes` has it: tag, from and to in the old sequence, from and to in the new one."""

_MOST_PAIRS = 1 << 16
"""Beyond so many pairs of equal items only those that are unique on both sides are compared: `SequenceMatcher` would
look at all pairs, again and again."""


def opcodes(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Opcode]:
    """How the new sequence comes from the old one: ``equal``, ``replace``, ``insert`` and ``delete`` in turn."""
    start, end = _common(old, new)
    middle_old, middle_new = old[start : len(old) - end], new[start : len(new) - end]
    blocks = [(start + a, start + b, length) for a, b, length in _blocks(middle_old, middle_new)]
    return list(_codes([(0, 0, start), *blocks, (len(old) - end, len(new) - end, end)]))


def _common(old: Sequence[Hashable], new: Sequence[Hashable]) -> tuple[int, int]:
    """How many items at the start and at the end are the same."""
    most = min(len(old), len(new))
    start = next((i for i in range(most) if old[i] != new[i]), most)
    end = next((i for i in range(most - start) if old[-1 - i] != new[-1 - i]), most - start)
    return start, end


def _blocks(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int, int]]:
    """Runs that are the same: their places, and their length."""
    if not old or not new:
        return []
    before, after = Counter(old), Counter(new)
    if sum(count * after[item] for item, count in before.items()) + len(old) <= _MOST_PAIRS:
        from difflib import SequenceMatcher  # noqa: PLC0415 - rarely needed

        matches = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
        return [(match.a, match.b, match.size) for match in matches]
    places = {item: place for place, item in enumerate(new) if after[item] == 1}
    pairs = [(i, places[item]) for i, item in enumerate(old) if before[item] == 1 and item in places]
    return [(i, j, 1) for i, j in _rising(pairs)]


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of pairs that are sorted by the first place, the most that are sorted by the second too."""
    kept = set(pairs) - set(moved_pairs(pairs))
    return [pair for pair in pairs if pair in kept]


def moved_pairs(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of pairs sorted by the first place, the fewest that must have moved to come into the order of the second."""
    tails: list[int] = []  # for each length, the index of the pair that ends a run of it with the lowest place
    previous: list[int] = []
    for i, (_, place) in enumerate(pairs):
        at = bisect_left(tails, place, key=lambda index: pairs[index][1])
        previous.append(tails[at - 1] if at else -1)
        tails[at : at + 1] = [i]
    kept: set[int] = set()
    index = tails[-1] if tails else -1
    while index >= 0:
        kept.add(index)
        index = previous[index]
    return [pair for i, pair in enumerate(pairs) if i not in kept]


def _codes(blocks: Sequence[tuple[int, int, int]]) -> Iterator[Opcode]:
    """The opcodes for runs that are the same, and for what is between them."""
    i = j = 0
    for a, b, length in blocks:
        if i < a or j < b:
            yield "replace" if i < a and j < b else "delete" if i < a else "insert", i, a, j, b
        if length:
            yield "equal", a, a + length, b, b + length
        i, j = a + length, b + length
