"""What users ask for: ``qemu@7.2``, ``libvirt@9..11``, ``qemu@ARCHIVE:SUITE``, ``>=7,<10``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from libvirtxml.versions import Version, VersionRange

from virtsmith.ark.layout import APPS, Ark, InstalledVersion, NotInstalled
from virtsmith.errors import MissingError, UsageError

_PACKAGE_VERSION = re.compile(r"[+~]|-\d")
_SUITE = re.compile(r"[a-z][a-z0-9-]*:\S+")
_COMPARED = re.compile(r"(>=|<=|>|<|==|!=)\s*(.+)")


@dataclass(frozen=True, slots=True)
class VersionRequest:
    """One request: an application, and a suite or an expression that selects versions (empty: all, or the newest).

    ``suite`` is written ``ARCHIVE:SUITE``, as the origin of an installed version is.
    """

    app: str
    suite: str | None = None
    versions: str = ""

    @classmethod
    def parse(cls, text: str) -> VersionRequest:
        """Read a request as written on the command line.

        Raises:
            UsageError: it is not of the form APP, APP@VERSIONS or APP@ARCHIVE:SUITE.
        """
        app, _, rest = text.strip().partition("@")
        if app not in APPS:
            raise UsageError(f"unknown application: {app or text!r}", hint=f"write {' or '.join(APPS)}, as in qemu@7.2")
        if _SUITE.fullmatch(rest):
            return cls(app, suite=rest)
        if rest and not _PACKAGE_VERSION.search(rest):
            parse_selection(rest)
        return cls(app, versions=rest)

    def accepts(self, version: str, *names: str) -> bool:
        """Whether a version (or another name of it) is among those requested."""
        return not self.versions or self.versions in names or selects(self.versions, version)

    @property
    def is_range(self) -> bool:
        """Whether this selects every version of a range, rather than the newest of a series."""
        return any(mark in self.versions for mark in ("..", "<", ">", ","))

    @property
    def is_exact(self) -> bool:
        """Whether this selects one release series, such as 7.2, rather than the newest of several."""
        return "." in self.versions and ".." not in self.versions and self.versions[0].isdigit()

    def __str__(self) -> str:
        return f"{self.app}@{self.suite or self.versions}".rstrip("@")


def parse_selection(text: str) -> list[tuple[str, Version | VersionRange]]:
    """Read ``7.2``, ``6..8`` or comparisons joined by commas (all must hold) as pairs of operator and version.

    Raises:
        UsageError: a part is neither.
    """
    terms: list[tuple[str, Version | VersionRange]] = []
    for part in text.split(","):
        compared = _COMPARED.fullmatch(part.strip())
        if compared:
            terms.append((compared[1], Version.parse(compared[2])))
        elif ".." in part:
            terms.append(("in", VersionRange.parse(part.strip())))
        else:
            terms.append(("is", Version.parse(part)))
    return terms


def selects(text: str, version: str) -> bool:
    """Whether a selection includes a version; ``7.2`` means 7.2 and every 7.2.x."""
    try:
        have = Version.parse(version)
        return all(_holds(operator, bound, have) for operator, bound in parse_selection(text))
    except UsageError:
        return False


def _holds(operator: str, bound: Version | VersionRange, have: Version) -> bool:  # noqa: PLR0911 - one per operator
    if isinstance(bound, VersionRange):  # the upper end includes its point releases
        return have in bound or ((bound.low is None or have >= bound.low) and _is_within(have, bound.high))
    match operator:
        case ">=":
            return have >= bound
        case "<=":
            return have <= bound
        case ">":
            return have > bound
        case "<":
            return have < bound
        case "!=":
            return have != bound
        case _:
            # a trailing zero is often left out: 9.0 means 9.0.0, and 7.2 means 7.2.22 too
            return have == bound or _is_within(have, bound)


def _is_within(have: Version, series: Version | None) -> bool:
    return series is not None and have.numbers[: len(series.numbers)] == series.numbers


def find_installed(ark: Ark, request: VersionRequest) -> list[InstalledVersion]:
    """Return the installed versions that match a request, in order."""
    return [version for version in ark.installed(request.app) if _means(request, version)]


def _means(request: VersionRequest, version: InstalledVersion) -> bool:
    if request.suite:
        return version.origin == request.suite
    return request.accepts(version.version or "", version.id)


def require_installed(ark: Ark, request: VersionRequest) -> InstalledVersion:
    """Return the newest installed version that matches a request.

    Raises:
        NotInstalled: there is none; the error names the nearest installed ones.
    """
    found = find_installed(ark, request)
    if found:
        return found[-1]
    others = [version.version or version.id for version in ark.installed(request.app)]
    hint = f"installed are {', '.join(nearest(request.versions, others, 12))}; " if others else ""
    raise NotInstalled(f"{request} is not installed", hint=f"{hint}virtsmith ark install {request}")


def find_versions(ark: Ark, words: Iterable[str] = ()) -> list[InstalledVersion]:
    """Return the installed versions that requests such as ``qemu@7.2`` select; all if there are none.

    Raises:
        NotInstalled: no installed version matches a request.
    """
    requests = [VersionRequest.parse(word) for word in words]
    for request in requests:
        require_installed(ark, request)
    return (
        [version for request in requests for version in find_installed(ark, request)] if requests else ark.installed()
    )


def choose(versions: Sequence[InstalledVersion], text: str) -> list[InstalledVersion]:
    """Select from ordered versions by a list such as ``min,max``, ``all``, ``>=7``, ``7.2,10.0``, or by ids.

    Raises:
        UsageError: a word is none of these.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if any(_COMPARED.fullmatch(word) for word in words):
        parse_selection(text)
        return [version for version in versions if version.version and selects(text, version.version)]
    chosen: list[InstalledVersion] = []
    ids = {version.id: version for version in versions if _PACKAGE_VERSION.search(version.id)}
    for word in words or ["all"]:
        if word in ("min", "max"):
            chosen += [versions[0 if word == "min" else -1]] if versions else []
        elif word == "all":
            chosen += versions
        elif word in ids:
            chosen.append(ids[word])
        else:
            parse_selection(word)
            chosen += [version for version in versions if version.version and selects(word, version.version)]
    return [version for number, version in enumerate(chosen) if version not in chosen[:number]]


def labels(versions: Iterable[InstalledVersion]) -> dict[Path, str]:
    """Return a name for each version by its path: with its id where the upstream version is not unique."""
    found = {version.path: version for version in versions}
    names = Counter(version.name for version in found.values())
    return {
        path: version.name if names[version.name] == 1 else f"{version.app}@{version.id}"
        for path, version in found.items()
    }


def nearest(text: str, known: Iterable[str], count: int = 4) -> list[str]:
    """Return the known versions that are closest to a requested one, in order; the last ones if it is not a version."""
    parsed = sorted({Version.parse(version) for version in known if _is_version(version)})
    if not _is_version(text):
        return [str(version) for version in parsed[-count:]]
    asked = Version.parse(text)
    place = sum(version < asked for version in parsed)
    low = max(0, min(place - count // 2, len(parsed) - count))
    return [str(version) for version in parsed[low : low + count]]


def _is_version(text: str) -> bool:
    try:
        Version.parse(text)
    except UsageError:
        return False
    return True


def choose_installed(ark: Ark, app: str, text: str) -> list[InstalledVersion]:
    """Select among the installed versions of an application, oldest first: ``all``, ``6..9``, ``>=7``, ``min,max``.

    Raises:
        MissingError: none of these versions is installed.
        UsageError: it is not a selection.
    """
    versions = ark.installed(app)
    chosen = choose(versions, text)
    if not versions:
        raise MissingError(f"no {app} is installed", hint=f"virtsmith ark install {app}, or {app}@VERSION")
    if not chosen:
        names = ", ".join(version.version or version.id for version in versions)
        raise MissingError(f"no installed {app} is {text}", hint=f"installed versions: {names}")
    return chosen
