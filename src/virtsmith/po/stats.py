"""How far each language is, measured against the template."""

from __future__ import annotations

from dataclasses import dataclass

from virtsmith.po.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Statistics:
    """Messages of one language: ``total`` exist, of which so many are translated, fuzzy, without translation.

    ``stale`` translations are of messages that no longer exist.
    """

    language: str
    total: int
    translated: int
    fuzzy: int
    stale: int = 0

    @property
    def untranslated(self) -> int:
        """Messages without any translation."""
        return self.total - self.translated - self.fuzzy

    @property
    def percent(self) -> float:
        """Share of translated messages."""
        return 100 * self.translated / self.total if self.total else 100.0

    def to_dict(self) -> dict[str, str | int | float]:
        """As JSON data."""
        return {
            "language": self.language, "total": self.total, "translated": self.translated, "fuzzy": self.fuzzy,
            "untranslated": self.untranslated, "stale": self.stale, "percent": round(self.percent, 1),
        }  # fmt: skip


def measure(language: str, catalogue: Catalogue, template: frozenset[bytes] | None = None) -> Statistics:
    """Count the messages of a catalogue; ``template`` holds the keys of those that exist, its own if None."""
    translated = fuzzy = stale = 0
    for key, row in zip(catalogue.keys, catalogue.rows, strict=True):
        if not key:
            continue
        if template is not None and key not in template:
            stale += 1
        elif row.is_untranslated():
            continue
        elif row.is_fuzzy():
            fuzzy += 1
        else:
            translated += 1
    total = len(template - {b""}) if template is not None else sum(1 for key in catalogue.keys if key)
    return Statistics(language, total, translated, fuzzy, stale)
