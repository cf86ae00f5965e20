"""What `libvirtxml.acceptance` answers: verdicts of releases, and the reasons of those that refuse."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from libvirtxml._impl.dates import load_table
from libvirtxml.releases import format_ranges
from libvirtxml.versions import Version


class ReleaseVerdict(StrEnum):
    """What the RELAX NG schema of a release makes of a document; its parser is another question."""

    ACCEPTED = "schema accepts"
    REFUSED = "schema refuses"
    UNKNOWN = "not known"
    """The release is not known, and its neighbours differ."""


class RefusalKind(StrEnum):
    """What is refused."""

    ELEMENT = "element"
    ATTRIBUTE = "attribute"
    VALUE = "value"
    TEXT = "text"
    MISSING = "missing"
    """Something that a release demands is not there."""
    REPEATED = "repeated"
    """An element is there twice where a release allows it once."""
    COMBINATION = "combination"
    """Each part is fine, but not together."""
    SCHEMA = "schema"
    """A real schema refuses it, for a reason that is not among the facts."""


@dataclass(frozen=True, slots=True)
class Since:
    """The releases that have a thing: as words with ``str()``, as names in `releases`."""

    releases: tuple[str, ...]
    first: str
    """``3.4.0``, ``1.2.0 or earlier``, or ``9.0.0 at the latest (after 7.9.0)``; empty if no known release has it."""
    last: str | None
    """The last release that has it; None if the newest one does."""

    def __str__(self) -> str:
        if not self.releases:
            return "in no known release"
        return self.first + (f", until {self.last}" if self.last else "")

    def judge(self, release: str) -> ReleaseVerdict:
        """Whether a release has the thing, be it known or not: where its neighbours agree, it takes their answer.

        Raises:
            UsageError: it is not a version number.
        """
        having = set(self.releases)
        known = {
            name: ReleaseVerdict.ACCEPTED if name in having else ReleaseVerdict.REFUSED
            for name in load_table().releases
        }
        return _verdict_of(release, known)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something in a document that some releases refuse."""

    path: str
    """An XPath with indices: ``/domain/devices/disk[2]/@type``."""
    kind: RefusalKind
    value: str | None
    """The text that is refused, or the parts that exclude each other."""
    line: int | None
    accepted: Since
    """The releases that do not mind it."""
    refused: tuple[str, ...]
    """The known releases that mind it."""

    @property
    def reason(self) -> str:
        """What is wrong, and where it would be right, in words."""
        if self.kind == RefusalKind.SCHEMA:
            return f"{self.value} (libvirt {self.refused[0]})"
        if self.kind == RefusalKind.COMBINATION:
            return f"{self.value} exclude each other in libvirt's schema since {self.refused[0]}"
        if self.kind == RefusalKind.MISSING:
            others = [name for name in load_table().releases if name not in self.accepted.releases]
            return f"is missing; the schema of libvirt {_spans(others)} demands it"
        if not self.accepted.releases:
            more = " more than once" if self.kind == RefusalKind.REPEATED else ""
            return f"is in the schema of no libvirt up to {load_table().releases[-1]}{more}"
        more = "may be there more than once" if self.kind == RefusalKind.REPEATED else "is"
        first, last = self.accepted.first, self.accepted.last
        if last and first.endswith("earlier"):
            return f"{more} in libvirt's schema only until {last}"
        return f"{more} in libvirt's schema only since {first}{f', until {last}' if last else ''}"

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        shown = self.value is not None and self.kind in (RefusalKind.VALUE, RefusalKind.TEXT)
        return f"{where}{self.path}{f'={self.value!r}' if shown else ''} {self.reason}"


@dataclass(frozen=True, slots=True)
class Gap:
    """Releases between two known ones (or after the newest) that were asked for and are not known themselves."""

    after: str
    before: str | None
    verdict: ReleaseVerdict
    """That of both neighbours where they agree."""

    def __str__(self) -> str:
        return f"between {self.after} and {self.before}" if self.before else f"after {self.after}"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Which of the releases that were asked for have a schema that accepts a document."""

    verdicts: dict[str, ReleaseVerdict]
    """For each known release in the range."""
    gaps: tuple[Gap, ...]
    refusals: tuple[Refusal, ...]
    """In document order; only those that a release in question minds."""

    @property
    def accepted(self) -> bool:
        """Whether the schemas of all the releases accept it, those in gaps too."""
        every = [*self.verdicts.values(), *(gap.verdict for gap in self.gaps)]
        return all(item is ReleaseVerdict.ACCEPTED for item in every)

    @property
    def oldest(self) -> str | None:
        """The oldest of the known releases whose schema accepts it."""
        return next((name for name, verdict in self.verdicts.items() if verdict is ReleaseVerdict.ACCEPTED), None)

    def judge(self, release: str) -> ReleaseVerdict:
        """What one release's schema makes of it, known or not: where its neighbours agree, it takes their answer.

        Releases outside of those that were asked for are unknown.

        Raises:
            UsageError: it is not a version number.
        """
        return _verdict_of(release, self.verdicts)


def _verdict_of(release: str, known: Mapping[str, ReleaseVerdict]) -> ReleaseVerdict:
    version = Version.parse(release)
    versions = [Version.parse(name) for name in known]
    verdicts = list(known.values())
    place = bisect_left(versions, version)
    if place < len(versions) and versions[place] == version:
        return verdicts[place]
    around = set(verdicts[place - 1 : place + 1]) if 0 < place < len(versions) else {ReleaseVerdict.UNKNOWN}
    return around.pop() if len(around) == 1 else ReleaseVerdict.UNKNOWN


def _spans(names: list[str]) -> str:
    """Releases as ranges: ``4.7.0 to 6.2.0``, ``12.8.0 on``."""
    table = load_table()
    mask = sum(1 << i for i, name in enumerate(table.releases) if name in names)
    parts = []
    for span in format_ranges(mask, table.releases).split():
        low, _, high = span.partition("-")
        parts.append(low if low == high else f"{low} to {high}" if high else f"from {low} on")
    return ", ".join(parts)
