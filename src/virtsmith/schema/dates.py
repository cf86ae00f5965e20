"""Phrases since when libvirt has something, never more exactly than the imported releases allow."""

from __future__ import annotations

from libvirtxml.releases import first_release, last_release

from virtsmith.schema.facts import SchemaFacts, Value


class Dates:
    """Phrases for the dates of facts."""

    def __init__(self, facts: SchemaFacts) -> None:
        self.facts = facts

    def since(self, mask: int) -> str:
        """Return ``1.2.0 or earlier``, ``3.4.0``, or ``9.0.0 (after 7.9.0)`` if releases in between are unknown."""
        return first_release(mask, self.facts.releases)

    def until(self, mask: int) -> str | None:
        """Return the last release that has it; None if the newest one does."""
        return last_release(mask, self.facts.releases)

    def sentence(self, mask: int) -> str:
        """Return a sentence for a docstring."""
        gone = self.until(mask)
        return f"Since libvirt {self.since(mask)}{f', until {gone}' if gone else ''}."

    def late_values(self, value: Value, since: int) -> str:
        """Return a sentence about the values that were added later than the field itself."""
        dates: dict[str, list[str]] = {}
        for text, mask in sorted(value.values.items()):
            if mask & -mask != since & -since or self.until(mask) != self.until(since):
                gone = self.until(mask)
                dates.setdefault(self.since(mask) + (f", until {gone}" if gone else ""), []).append(text or "(empty)")
        if not dates:
            return ""
        return "Later: " + "; ".join(f"{', '.join(texts)} ({date})" for date, texts in dates.items()) + "."
