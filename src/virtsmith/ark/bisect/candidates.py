"""The versions that a bisection can try: those that are installed, and those that suites have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from libvirtxml.versions import Version

from virtsmith.ark.archive.debversion import upstream_of, version_key
from virtsmith.ark.archive.suites import find_suite
from virtsmith.ark.install.installer import Installer, Offer, UnknownVersion
from virtsmith.ark.layout import Ark, InstalledVersion
from virtsmith.ark.requests import VersionRequest
from virtsmith.core.fetch import FetchFailed
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import UsageError


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that can be tried.

    ``id`` is that of the installed version, ``upstream`` the version of the application, ``origin`` the suite that has
    it and ``package`` the version of the package there; both are empty for a build from source.
    """

    app: str
    id: str
    upstream: str
    origin: str = ""
    package: str = ""

    @property
    def order(self) -> tuple[Version, Any]:
        """A key that sorts candidates."""
        return Version.parse(self.upstream), version_key(self.id)

    def find_installed(self, ark: Ark) -> InstalledVersion | None:
        """Return it as it is installed, if it is."""
        return next((version for version in ark.installed(self.app) if version.id == self.id), None)

    def provide(self, ark: Ark, installer: Installer, progress: Progress = SILENT) -> InstalledVersion:
        """Return it as it is installed, after installing it if necessary.

        Raises:
            UnknownVersion: the suite does not have it any more.
            FetchFailed, ExternalError: it cannot be installed.
        """
        found = self.find_installed(ark)
        if found and not (installer.targets and self.package):  # otherwise a target may have to be added
            return found
        if not self.package:
            raise UnknownVersion(f"{self.app} {self.id} is not installed any more")
        offer = Offer(self.app, self.package, find_suite(self.origin, installer.address))
        return installer.install(installer.plan_offer(offer), progress)


@dataclass(frozen=True, slots=True)
class Interval:
    """What is known before the first try: ``good`` and ``bad`` as they were given, and what is between them.

    ``low`` and ``high`` are the versions that these mean: a series such as 7.2 means the newest version of it that can
    be had, as everywhere in the ark.
    """

    good: str
    bad: str
    low: Candidate
    high: Candidate
    between: tuple[Candidate, ...]


def find_interval(
    app: str, good: str, bad: str, ark: Ark, installer: Installer, *, progress: Progress = SILENT
) -> Interval:
    """Find the versions between a good and a bad one: without a network, those that are installed.

    Raises:
        UsageError: the good version is not older than the bad one.
    """
    requests = {text: VersionRequest.parse(f"{app}@{text}") for text in (good, bad)}
    known = {candidate.id: candidate for candidate in _offered(app, installer, progress)}
    known |= {candidate.id: candidate for candidate in _installed(app, ark, known)}
    candidates = sorted(known.values(), key=lambda candidate: candidate.order)
    low, high = (_end(requests[text], text, candidates) for text in (good, bad))
    if not low.order < high.order:
        raise UsageError(
            f"the good version, {low.upstream}, must be older than the bad one, {high.upstream}",
            hint="to find the version that corrected something, let the test fail where it succeeds",
        )
    between = (candidate for candidate in candidates if low.order < candidate.order < high.order)
    return Interval(good, bad, low, high, tuple(between))


def _end(request: VersionRequest, text: str, candidates: Sequence[Candidate]) -> Candidate:
    matching = [candidate for candidate in candidates if request.accepts(candidate.upstream, candidate.id)]
    if matching:
        return matching[-1]
    Version.parse(text)
    return Candidate(request.app, text, text)


def _offered(app: str, installer: Installer, progress: Progress) -> list[Candidate]:
    history = installer.reaches_history()
    if not history:
        progress.warn("the archive's history cannot be reached: releases that only it has are not tried")
    try:
        offers = installer.find_offers(VersionRequest(app), every=True, revisions=True, history=history)
    except (UnknownVersion, FetchFailed) as error:
        progress.warn(f"{error}: only what is installed is tried")
        return []
    return [Candidate(app, offer.id, offer.upstream, offer.suite.origin, offer.version) for offer in offers]


def _installed(app: str, ark: Ark, offered: dict[str, Candidate]) -> list[Candidate]:
    """The installed versions; what they report is more precise than what the versions of packages say."""
    found: list[Candidate] = []
    for version in ark.installed(app):
        same = offered.get(version.id)
        upstream = version.version or upstream_of(version.id)
        found.append(
            Candidate(app, version.id, upstream, same.origin, same.package)
            if same
            else Candidate(app, version.id, upstream)
        )
    return found
