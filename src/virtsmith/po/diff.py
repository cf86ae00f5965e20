"""The changes between two versions of a catalogue, by message: without moved lines and new line breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from virtsmith.po.catalogue import Catalogue
from virtsmith.po.entry import split_key
from virtsmith.po.minimize import minimize
from virtsmith.po.profile import StorageProfile
from virtsmith.po.quoting import value_of

_TEXT = StorageProfile("text", untranslated=True, fuzzy=True, extracted=True, drop_header=())


@dataclass(frozen=True, slots=True)
class MessageChange:
    """The change of one message: its id and context, its translations before and after (empty: none)."""

    kind: str
    msgid: str
    msgctxt: str | None
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    line: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        data = {
            "kind": self.kind,
            "msgid": self.msgid,
            "msgctxt": self.msgctxt,
            "old": list(self.old),
            "new": list(self.new),
        }
        return {key: value for key, value in data.items() if value not in (None, [])}


@dataclass(frozen=True, slots=True)
class CatalogueDiff:
    """The changes of one language; ``header`` holds (field, before, after)."""

    language: str
    changes: tuple[MessageChange, ...]
    header: tuple[tuple[str, str, str], ...] = ()

    def count(self, kind: str) -> int:
        """The number of changes of a kind: ``added``, ``removed`` or ``changed``."""
        return sum(change.kind == kind for change in self.changes)

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "language": self.language,
            "added": self.count("added"),
            "removed": self.count("removed"),
            "changed": self.count("changed"),
            "changes": [change.to_dict() for change in self.changes],
            "header": [{"field": name, "old": old, "new": new} for name, old, new in self.header],
        }


def compare(language: str, old: Catalogue, new: Catalogue) -> CatalogueDiff:
    """The difference between two versions: translations that were added, removed or changed."""
    before, after = _translated(old), _translated(new)
    changes = []
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        if was == now:
            continue
        kind = "added" if was is None else "removed" if now is None else "changed"
        msgid, context = split_key(key)
        msgctxt = context.decode() if context is not None else None
        changes.append(MessageChange(kind, msgid.decode(), msgctxt, was or (), now or ()))
    return CatalogueDiff(language, tuple(changes), _header_changes(old, new))


def readable(catalogue: Catalogue) -> bytes:
    """The catalogue for ``git diff``: sorted, unwrapped, without locations."""
    return minimize(catalogue, _TEXT)


def _translated(catalogue: Catalogue) -> dict[bytes, tuple[str, ...]]:
    """The translations in use, by key."""
    return {
        key: tuple(value_of(raw).decode() for raw in row.translations())
        for key, row in zip(catalogue.keys, catalogue.rows, strict=True)
        if key and not row.is_untranslated() and not row.is_fuzzy()
    }


def _header_changes(old: Catalogue, new: Catalogue) -> tuple[tuple[str, str, str], ...]:
    before, after = dict(old.header.fields()), dict(new.header.fields())
    names = dict.fromkeys([*before, *after])
    return tuple(
        (name, before.get(name, ""), after.get(name, "")) for name in names if before.get(name) != after.get(name)
    )
