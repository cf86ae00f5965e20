"""Replacements in a text, applied together."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from operator import itemgetter

_Item = tuple[int, int, str]
_start = itemgetter(0)


class Patches:
    """Collects what is to be replaced where; places are those of the old text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._items: list[_Item] = []
        """Sorted by their start; those with the same start stay in turn."""

    def replace(self, start: int, end: int, new: str) -> None:
        """Put a text in place of another."""
        insort(self._items, (start, end, new), key=_start)

    def insert(self, place: int, new: str) -> None:
        """Put a text between others; those inserted at one place stay in turn."""
        insort(self._items, (place, place, new), key=_start)

    def replaces(self, place: int) -> bool:
        """Whether a replacement starts at a place."""
        at = bisect_left(self._items, place, key=_start)
        return at < len(self._items) and self._items[at][0] == place

    def take(self, start: int, end: int) -> str:
        """The new text of a stretch; its replacements are taken out."""
        first = bisect_left(self._items, start, key=_start)
        last = bisect_right(self._items, end, first, key=_start)
        inside = [item for item in self._items[first:last] if item[1] <= end]
        self._items[first:last] = [item for item in self._items[first:last] if item[1] > end]
        return _join(self.text, start, end, inside)

    def apply(self) -> str:
        """The whole new text."""
        return _join(self.text, 0, len(self.text), self._items)


def _join(text: str, start: int, end: int, items: list[_Item]) -> str:
    out: list[str] = []
    at = start
    for first, last, new in sorted(items, key=lambda item: (item[0], item[0] != item[1])):
        out += [text[at:first], new]
        at = max(at, last)
    out.append(text[at:end])
    return "".join(out)
