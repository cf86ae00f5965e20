"""How each release can be had: from a suite, from what an archive once had, or by building it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum

from libvirtxml.versions import Version

from virtsmith.ark.archive.archives import archives
from virtsmith.ark.catalogue.snapshots import find_snapshots
from virtsmith.ark.catalogue.table import Release
from virtsmith.ark.catalogue.targets import Target, Targets


class How(StrEnum):
    """The easiest way to get a release."""

    SUITE = "suite"
    SNAPSHOT = "snapshot"
    PROVEN = "build (proven)"
    """A test has built it and run what was built."""
    UNPROVEN = "build (unproven)"
    NONE = "none"
    """It is known not to build."""


def find_ways(releases: Iterable[Release], targets: Iterable[Target] | None = None) -> list[tuple[Release, How]]:
    """Return each release with the easiest way to get it; what suites carry is taken from the table of targets."""
    known = archives()
    carried = {
        (app, Version.parse(version))
        for target in (Targets().all() if targets is None else targets)
        if target.distribution in known and target.codename in known[target.distribution].suites
        for app, version in (("libvirt", target.libvirt), ("qemu", target.qemu))
        if version
    }
    past = {(app, Version.parse(item.upstream)) for app in ("libvirt", "qemu") for item in find_snapshots(app)}
    return [(release, _find(release, carried, past)) for release in releases]


def _find(release: Release, carried: set[tuple[str, Version]], past: set[tuple[str, Version]]) -> How:
    if release.order in carried:
        return How.SUITE
    if release.order in past:
        return How.SNAPSHOT
    return {"ok": How.PROVEN, "broken": How.NONE}.get(release.state, How.UNPROVEN)


def count_ways(ways: Sequence[tuple[Release, How]]) -> dict[str, Counter[How]]:
    """Return how many releases of each application can be had in each way."""
    found: dict[str, Counter[How]] = {}
    for release, how in ways:
        found.setdefault(release.app, Counter())[how] += 1
    return found
