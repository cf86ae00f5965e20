"""Replacements in a text, applied together."""

from __future__ import annotations


class Patches:
    """Collects what is to be replaced where; places are those of the old text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._items: list[tuple[int, int, str]] = []

    def replace(self, start: int, end: int, new: str) -> None:
        """Put a text in place of another."""
        self._items.append((start, end, new))

    def insert(self, place: int, new: str) -> None:
        """Put a text between others; those inserted at one place stay in turn."""
        self._items.append((place, place, new))

    def touches(self, place: int) -> bool:
        """Whether a place is in what gets replaced."""
        return any(start <= place < end for start, end, _ in self._items)

    def take(self, start: int, end: int) -> str:
        """The new text of a stretch; its replacements are taken out."""
        inside = [item for item in self._items if start <= item[0] and item[1] <= end]
        self._items = [item for item in self._items if item not in inside]
        return _join(self.text, start, end, inside)

    def apply(self) -> str:
        """The whole new text."""
        return _join(self.text, 0, len(self.text), self._items)


def _join(text: str, start: int, end: int, items: list[tuple[int, int, str]]) -> str:
    out: list[str] = []
    at = start
    for first, last, new in sorted(items, key=lambda item: (item[0], item[0] != item[1])):
        out += [text[at:first], new]
        at = max(at, last)
    out.append(text[at:end])
    return "".join(out)
