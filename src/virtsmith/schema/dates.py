"""Says in words since when libvirt has a thing, never more exactly than the releases at hand allow."""

from __future__ import annotations

from virtsmith.schema.facts import Facts, Value


def follows_directly(early: str, late: str) -> bool:
    """Whether no libvirt release lies between two.

    libvirt counted the last place up to 1.3.5 and the middle one since; a year's first release is N.0.0, and the
    year before has ended with N-1.10.0 or later (2016, the first such year, with 2.5.0).
    """
    a = [*map(int, early.split(".")), 0, 0][:3]
    b = [*map(int, late.split(".")), 0, 0][:3]
    if a[0] == b[0]:
        return (b[1] == a[1] and b[2] == a[2] + 1) or (b[1] == a[1] + 1 and b[2] == 0)
    return b[0] == a[0] + 1 and b[1:] == [0, 0] and (a[0] < 3 or a[1] >= 10)


class Dates:
    """Dates of facts in words."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def since(self, mask: int) -> str:
        """``1.2.0 or earlier``, ``3.4.0``, or ``9.0.0 (after 7.9.0)`` where releases between are not known."""
        first = (mask & -mask).bit_length() - 1
        releases = self.facts.releases
        if first <= 0:
            return f"{releases[0]} or earlier"
        if follows_directly(releases[first - 1], releases[first]):
            return releases[first]
        return f"{releases[first]} at the latest (after {releases[first - 1]})"

    def until(self, mask: int) -> str | None:
        """The last release that has it; None if the newest one does."""
        last = mask.bit_length() - 1
        return None if last == len(self.facts.releases) - 1 else self.facts.releases[last]

    def sentence(self, mask: int) -> str:
        """A sentence for a docstring."""
        gone = self.until(mask)
        return f"Since libvirt {self.since(mask)}{f', until {gone}' if gone else ''}."

    def late_values(self, value: Value, since: int) -> str:
        """The values that came later than the field itself."""
        dates: dict[str, list[str]] = {}
        for text, mask in sorted(value.values.items()):
            if mask & -mask != since & -since or self.until(mask) != self.until(since):
                gone = self.until(mask)
                dates.setdefault(self.since(mask) + (f", until {gone}" if gone else ""), []).append(text or "(empty)")
        if not dates:
            return ""
        return "Later: " + "; ".join(f"{', '.join(texts)} ({date})" for date, texts in dates.items()) + "."
