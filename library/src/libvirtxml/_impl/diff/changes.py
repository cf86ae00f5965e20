"""What a comparison reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from libvirtxml._impl.element import Element
from libvirtxml._impl.raw import RawNode


class ChangeKind(StrEnum):
    """What happened to a part of a document."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two documents.

    Attributes:
        kind: what happened.
        path: where, in the language of `libvirtxml.edit`: ``devices.disks[target.dev=vda].driver.cache``;
            ``.`` is the document itself.
        old: the value before: text, number, boolean, `Element` or `RawNode`; None if there was none.
        new: the value after. Of a part that moved, both are its place in the list, from 0.
        reason: why it counts, where that is not plain.
    """

    kind: ChangeKind
    path: str
    old: Any = None
    new: Any = None
    reason: str = ""

    def __str__(self) -> str:
        if self.kind is ChangeKind.ADDED:
            text = f"{self.path}: added {text_of(self.new)}"
        elif self.kind is ChangeKind.REMOVED:
            text = f"{self.path}: removed {text_of(self.old)}"
        elif self.kind is ChangeKind.MOVED:
            text = f"{self.path}: moved from place {self.old} to place {self.new}"
        else:
            text = f"{self.path}: {text_of(self.old)} -> {text_of(self.new)}"
        return f"{text} ({self.reason})" if self.reason else text

    def to_dict(self) -> dict[str, Any]:
        """The change as JSON data: elements become XML on one line, absent parts are left out."""
        data = {
            "kind": self.kind.value,
            "path": self.path,
            "old": _plain(self.old),
            "new": _plain(self.new),
            "reason": self.reason or None,
        }
        return {key: value for key, value in data.items() if value is not None}


def text_of(value: Any) -> str:
    """A value as it is in XML; elements on one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    plain = _plain(value)
    return plain if isinstance(plain, str) and plain else repr(plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Element):
        return value.to_xml(indent=False)
    if isinstance(value, RawNode):
        return value.to_string()
    if value is None or isinstance(value, bool) or type(value) is int:
        return value
    return str(value)
