"""What a bisection found: the first bad version, how sure that is, and where to look on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from libvirtxml.versions import Version

from virtsmith.ark.bisect.candidates import Candidate, Interval
from virtsmith.ark.bisect.log import Attempt, BisectLog
from virtsmith.ark.bisect.search import narrow
from virtsmith.ark.catalogue.table import ReleaseCatalogue


@dataclass(frozen=True, slots=True)
class Edge:
    """The last good or the first bad version.

    ``version`` is the release, ``date`` the day of it (empty if it is not known), ``id`` and ``origin`` those of the
    package; ``is_given``: it was not tried, but given.
    """

    version: str
    date: str
    id: str
    origin: str
    is_given: bool


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A version between the last good and the first bad one of which nothing is known, and why."""

    version: str
    date: str
    reason: str


@dataclass(frozen=True, slots=True)
class Bisection:
    """What was found: ``good`` and ``bad`` are the last good and the first bad version.

    ``skipped`` are versions between the two that could not be judged: the first of them may be the first bad one.
    ``unavailable`` are releases between the two that cannot be had.
    """

    app: str
    good: Edge
    bad: Edge
    skipped: tuple[Neighbour, ...]
    unavailable: tuple[Neighbour, ...]
    attempts: tuple[Attempt, ...]
    log: Path

    @property
    def is_unique(self) -> bool:
        """Whether every version between the two that can be had was judged."""
        return not self.skipped

    @property
    def is_packaging(self) -> bool:
        """Whether both are one release, so that what differs is the distribution's patches or its build."""
        return Version.parse(self.good.version) == Version.parse(self.bad.version)

    @property
    def tags(self) -> str:
        """The range of tags in the project's repository, for ``git log``; empty if it is one release."""
        return "" if self.is_packaging else f"v{self.good.version}..v{self.bad.version}"

    @property
    def notes(self) -> list[str]:
        """What must be known to read the result."""
        found: list[str] = []
        if self.is_packaging:
            found.append(
                f"both are {self.app} {self.good.version}: the difference is in the distribution's patches or its build"
            )
        elif self.bad.date and self.good.date > self.bad.date:
            found.append(
                f"{self.good.version} was released after {self.bad.version}, on a stable branch: it may have a"
                " correction that the other lacks"
            )
        if given := [edge.version for edge in (self.good, self.bad) if edge.is_given]:
            found.append(f"given, and not tried: {', '.join(given)}")
        return found

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "app": self.app,
            "good": asdict(self.good),
            "bad": asdict(self.bad),
            "unique": self.is_unique,
            "packaging": self.is_packaging,
            "tags": self.tags,
            "skipped": [asdict(neighbour) for neighbour in self.skipped],
            "unavailable": [asdict(neighbour) for neighbour in self.unavailable],
            "attempts": [attempt.to_dict() for attempt in self.attempts],
            "notes": self.notes,
            "log": str(self.log),
        }


def conclude(app: str, log: BisectLog, catalogue: ReleaseCatalogue) -> Bisection:
    """Return what the attempts of a log say."""
    bracket = narrow(log.interval, log.marks)
    tried = {attempt.id: attempt for attempt in log.attempts}
    good, bad = (_edge(candidate, tried, catalogue) for candidate in (bracket.good, bracket.bad))
    skipped = [
        Neighbour(candidate.id, _edge(candidate, tried, catalogue).date, tried[candidate.id].reason)
        for candidate in bracket.between
    ]
    unavailable = _unavailable(app, good, bad, log.interval, catalogue)
    return Bisection(app, good, bad, tuple(skipped), tuple(unavailable), tuple(log.attempts), log.path)


def _edge(candidate: Candidate, tried: dict[str, Attempt], catalogue: ReleaseCatalogue) -> Edge:
    attempt = tried.get(candidate.id)
    version = (attempt.version if attempt else "") or candidate.upstream
    release = catalogue.find(candidate.app, version)
    named = release.version if release else version
    return Edge(named, release.date if release else "", candidate.id, candidate.origin, attempt is None)


def _unavailable(app: str, good: Edge, bad: Edge, interval: Interval, catalogue: ReleaseCatalogue) -> list[Neighbour]:
    low, high = Version.parse(good.version), Version.parse(bad.version)
    had = {Version.parse(candidate.upstream) for candidate in interval.between}
    return [
        Neighbour(release.version, release.date, "not installed, and in no suite")
        for release in catalogue.releases(app)
        if low < (version := Version.parse(release.version)) < high and version not in had
    ]
