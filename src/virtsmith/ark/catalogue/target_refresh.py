"""Looking up what distributions carry: versions in an archive's signed indexes, dates in one of its packages."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from virtsmith.ark.archive import deb
from virtsmith.ark.archive.archives import Archive
from virtsmith.ark.archive.debversion import upstream_of, version_key
from virtsmith.ark.archive.index import Index, Package
from virtsmith.ark.archive.mirror import Mirror, Warn
from virtsmith.ark.archive.suites import Suite, find_suite, iter_suites
from virtsmith.ark.catalogue.targets import Target, Targets
from virtsmith.ark.layout import Ark
from virtsmith.core import fetch
from virtsmith.core.ownership import scratch_directory
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import InputError, UsageError
from virtsmith.qemu.machine_history import find_series

_PACKAGES = {"libvirt": "libvirt0", "qemu": "qemu-system-x86"}
_LISTS = PurePosixPath("usr/share/distro-info")
"""Where the package with dates has its list for each distribution, ``NAME.csv``."""
_EXTENDED = ("eol-lts", "eol-esm")
"""Columns with the end of longer support, which each distribution names differently."""
_VERSION = re.compile(r"\d+(\.\d+)*")


@dataclass(frozen=True, slots=True)
class _Dates:
    """The dates of one release."""

    release: str
    codename: str
    released: str
    eol: str
    extended: str


def learn(
    known: Targets,
    mirror: Mirror,
    *,
    address: str | None = None,
    suites: Sequence[str] = (),
    warn: Warn,
    today: dt.date | None = None,
) -> list[Target]:
    """Return the releases that the archive has now, and others whose dates have changed.

    A suite that cannot be read keeps its row, with a warning.

    Args:
        known: the current table.
        mirror: to read the archive with.
        address: base address of the archive, when not the default.
        suites: names of suites; by default all.
        warn: is called for suites that could not be read.
        today: the date to record.

    Raises:
        UsageError: a suite does not exist.
        FetchFailed: the list of dates cannot be fetched.
        InputError: it is damaged.
    """
    day = (today or dt.datetime.now(tz=dt.UTC).date()).isoformat()
    chosen = [find_suite(name, address) for name in suites] or list(iter_suites(address))
    distributions = {target.distribution for target in known.all() if target.distribution}
    dates, source = _read_dates(mirror, chosen[0].archive, address, distributions)
    found = []
    for suite in (item for item in chosen if not item.is_mixed):
        try:
            tiers = mirror.load(suite)
        except fetch.FetchFailed as error:
            warn(f"{error}; the row of {suite.name} is kept")
            continue
        carried = {
            app: upstream_of(entry.version) for app, name in _PACKAGES.items() if (entry := _newest(tiers, name))
        }
        if "libvirt" in carried:
            layers = ", ".join(layer.name for tier in suite.tiers for layer in tier)
            origin = f"{suite.archive.name.title()} archive: {layers}; {source}"
            found.append(_target(suite, carried, dates.get(suite.archive.name, {}), checked=day, source=origin))
    news = {target.name: target for target in found}
    if not suites:
        learned = {suite.archive.name for suite in chosen}
        others = (target for target in known.all() if target.distribution not in learned)
        news |= {target.name: target for target in _dated(others, dates, source)}
    return [target for target in news.values() if _is_news(target, known)]


def refresh_targets(
    suites: Sequence[str] = (),
    *,
    targets: Targets | None = None,
    ark: Ark | None = None,
    address: str | None = None,
    keyring: Path | None = None,
    progress: Progress = SILENT,
) -> list[Target]:
    """Look up Debian's releases in its archive and record what is new in the user's own table; return what was read.

    Args:
        suites: names of suites; by default all.
        targets: the table; by default the user's.
        ark: the ark whose indexes are used; by default the user's.
        address: base address of the archive, when not the default.
        keyring: the archive's keys; by default this machine's.
        progress: reports the steps, and warns of suites that could not be read.

    Raises:
        VirtsmithError: as `learn`.
    """
    known = targets or Targets()
    mirror = Mirror((ark or Ark.open()).indexes, keyring=keyring, refresh=True, warn=progress.warn, progress=progress)
    found = learn(known, mirror, address=address, suites=suites, warn=progress.warn)
    return found if known.record(found) else []


def _is_news(target: Target, known: Targets) -> bool:
    """Whether a row differs in more than the date of the lookup."""
    old = next((entry for entry in known.all() if entry.name == target.name), None)
    return old is None or replace(target, checked=old.checked, source=old.source) != old


def _target(
    suite: Suite, carried: Mapping[str, str], dates: Mapping[str, _Dates], *, checked: str, source: str
) -> Target:
    base, _, backports = suite.name.partition("-")
    known = dates.get(base) or _Dates("", base, "", "", "")
    series = find_series(carried["qemu"]) if "qemu" in carried else ""
    return Target(
        suite.archive.name,
        "-".join(part for part in (known.release or base, backports) if part),
        suite.name,
        known.released,
        known.eol,
        known.extended,
        carried["libvirt"],
        carried.get("qemu", ""),
        f"pc-i440fx-{series}" if series else "",
        "upstream",
        checked,
        source,
    )


def _dated(targets: Iterable[Target], dates: Mapping[str, Mapping[str, _Dates]], source: str) -> Iterator[Target]:
    """The targets that the lists have newer dates for, with these dates."""
    for target in targets:
        date = dates.get(target.distribution, {}).get(target.codename)
        if date is None:
            continue
        renewed = replace(target, released=date.released, eol=date.eol, extended=date.extended)
        if renewed != target:
            package = source.partition(" ")[0]
            kept = [part for part in target.source.split("; ") if not part.startswith(package)]
            yield replace(renewed, source="; ".join([*kept, source]))


def _read_dates(
    mirror: Mirror, archive: Archive, address: str | None, distributions: Collection[str]
) -> tuple[dict[str, dict[str, _Dates]], str]:
    """The lists of releases, by distribution and code name, and the name of their source."""
    if archive.dates is None:
        raise UsageError(f"the {archive.name} archive has no release dates")
    tiers = mirror.load(find_suite(f"{archive.name}:{archive.dates.suite}", address))
    package = _newest(tiers, archive.dates.package)
    if package is None:
        raise UsageError(f"the archive has no {archive.dates.package}", hint="use a complete mirror")
    source = f"{package.name} {package.version.rpartition('-')[0] or package.version}"
    with scratch_directory() as directory:
        path = directory / "dates.deb"
        fetch.download(package.url, path, sha256=package.sha256)
        lists = {name: deb.read_file(path, _LISTS / f"{name}.csv") for name in {archive.name, *distributions}}
    return {
        name: _parse_dates(data or b"", f"{name}.csv of {source}")
        for name, data in lists.items()
        if data is not None or name == archive.name
    }, source


def _parse_dates(data: bytes, source: str) -> dict[str, _Dates]:
    rows = list(csv.DictReader(data.decode(errors="replace").splitlines()))
    if not rows or not {"version", "series", "release", "eol"} <= set(rows[0]):
        raise InputError("not a list of releases", source=source)
    found = {}
    for row in rows:
        number = _VERSION.match(row["version"] or "")
        extended = next((row[column] for column in _EXTENDED if row.get(column)), "")
        found[row["series"]] = _Dates(
            number[0] if number else "", row["series"], row["release"] or "", row["eol"] or "", extended
        )
    return found


def _newest(tiers: Sequence[Index], name: str) -> Package | None:
    packages = [package for tier in tiers for package in tier.find(name)]
    return max(packages, key=lambda package: version_key(package.version), default=None)
