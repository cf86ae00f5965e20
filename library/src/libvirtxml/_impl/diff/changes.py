"""What a comparison reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from libvirtxml._impl.element import Element
from libvirtxml._impl.raw import RawNode

REFUSED = "libvirt refuses this change in a running or restored guest"
NOT_CHECKED = "not checked by libvirt"


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
        refused: under the profile ``abi``, whether libvirt refuses it where the new document is to replace the old one
            while the guest lives: at a restore, a migration, or when a snapshot is reverted to. None elsewhere.
        refused_since: the first libvirt release that was seen to refuse it; empty if the oldest that was asked does.
    """

    kind: ChangeKind
    path: str
    old: Any = None
    new: Any = None
    reason: str = ""
    refused: bool | None = None
    refused_since: str = ""

    @property
    def remarks(self) -> str:
        """The reason, and what libvirt does about it, in one line; empty if there is nothing to say."""
        verdict = "" if self.refused is None else REFUSED if self.refused else NOT_CHECKED
        if self.refused_since:
            verdict += f", {self.refused_since} at the latest"
        return "; ".join(part for part in (self.reason, verdict) if part)

    def __str__(self) -> str:
        if self.kind is ChangeKind.ADDED:
            text = f"{self.path}: added {text_of(self.new)}"
        elif self.kind is ChangeKind.REMOVED:
            text = f"{self.path}: removed {text_of(self.old)}"
        elif self.kind is ChangeKind.MOVED:
            text = f"{self.path}: moved from place {self.old} to place {self.new}"
        else:
            text = f"{self.path}: {text_of(self.old)} -> {text_of(self.new)}"
        return f"{text} ({self.remarks})" if self.remarks else text

    def to_dict(self) -> dict[str, Any]:
        """The change as JSON data: elements become XML on one line, absent parts are left out."""
        data = {
            "kind": self.kind.value,
            "path": self.path,
            "old": _plain(self.old),
            "new": _plain(self.new),
            "reason": self.reason or None,
            "refused": self.refused,
            "refused_since": self.refused_since or None,
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
