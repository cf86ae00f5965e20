"""Learning what distributions carry: from Debian's signed package indexes, and dates from its ``distro-info-data``."""

from __future__ import annotations

import csv
import datetime as dt
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from virtsmith.ark.archive import deb
from virtsmith.ark.archive.debversion import upstream_of, version_key
from virtsmith.ark.archive.index import Index, Package
from virtsmith.ark.archive.mirror import Mirror, Warn
from virtsmith.ark.archive.suites import find_suite, iter_suites
from virtsmith.ark.catalogue.targets import Target, Targets
from virtsmith.core import fetch
from virtsmith.errors import InputError, UsageError
from virtsmith.qemu.machine_history import find_series

_PACKAGES = {"libvirt": "libvirt0", "qemu": "qemu-system-x86"}
_DATES = "distro-info-data"
_DATES_FROM = "sid"
_LISTS = {"debian": "debian.csv", "ubuntu": "ubuntu.csv"}
_EXTENDED = {"debian": "eol-lts", "ubuntu": "eol-esm"}
_MIXED = {"experimental"}
"""Suites that are no distribution by themselves."""
_VERSION = re.compile(r"\d+(\.\d+)*")


@dataclass(frozen=True, slots=True)
class _Dates:
    """What the list says of one release."""

    release: str
    codename: str
    released: str
    eol: str
    extended: str


def learn(
    known: Targets, mirror: Mirror, *, address: str | None = None, suites: Sequence[str] = (), warn: Warn,
    today: dt.date | None = None,
) -> list[Target]:  # fmt: skip
    """Return the Debian releases as the archive has them now, and others with renewed dates.

    A suite that cannot be read keeps its row, with a warning.

    Args:
        known: the table so far.
        mirror: reads the archive.
        address: base address of the archive, when not the default.
        suites: names of suites; by default all.
        warn: told of suites that could not be read.
        today: the date that is noted down.

    Raises:
        UsageError: there is no such suite.
        FetchFailed: the list of dates cannot be had.
        InputError: it is damaged.
    """
    day = (today or dt.datetime.now(tz=dt.UTC).date()).isoformat()
    chosen = [find_suite(name, address) for name in suites] or list(iter_suites(address))
    dates, source = _read_dates(mirror, address)
    found = []
    for suite in (one for one in chosen if one.name not in _MIXED):
        try:
            tiers = mirror.load(suite)
        except fetch.FetchFailed as error:
            warn(f"{error}; what was known of {suite.name} stays")
            continue
        carried = {app: upstream_of(one.version) for app, name in _PACKAGES.items() if (one := _newest(tiers, name))}
        if "libvirt" in carried:
            layers = ", ".join(layer.name for tier in suite.tiers for layer in tier)
            origin = f"Debian archive: {layers}; {source}"
            found.append(_target(suite.name, carried, dates["debian"], checked=day, source=origin))
    news = {target.name: target for target in found}
    news |= {target.name: target for target in _dated(known, dates, source) if not suites}
    return [target for target in news.values() if _is_news(target, known)]


def _is_news(target: Target, known: Targets) -> bool:
    """Whether a row says more than that it was looked up again."""
    old = next((one for one in known.all() if one.name == target.name), None)
    return old is None or replace(target, checked=old.checked, source=old.source) != old


def _target(
    suite: str, carried: Mapping[str, str], dates: Mapping[str, _Dates], *, checked: str, source: str
) -> Target:
    base, _, backports = suite.partition("-")
    known = dates.get(base) or _Dates("", base, "", "", "")
    series = find_series(carried["qemu"]) if "qemu" in carried else ""
    return Target(
        "debian", "-".join(part for part in (known.release or base, backports) if part), suite, known.released,
        known.eol, known.extended, carried["libvirt"], carried.get("qemu", ""),
        f"pc-i440fx-{series}" if series else "", "upstream", checked, source,
    )  # fmt: skip


def _dated(known: Targets, dates: Mapping[str, Mapping[str, _Dates]], source: str) -> Iterator[Target]:
    """Rows of other distributions that the lists have newer dates of."""
    for target in known.all():
        date = dates.get(target.distribution, {}).get(target.codename)
        if date is None or target.distribution == "debian":
            continue
        renewed = replace(target, released=date.released, eol=date.eol, extended=date.extended)
        if renewed != target:
            yield replace(renewed, source="; ".join([*_without_dates(target.source), source]))


def _without_dates(source: str) -> list[str]:
    return [part for part in source.split("; ") if not part.startswith(_DATES)]


def _read_dates(mirror: Mirror, address: str | None) -> tuple[dict[str, dict[str, _Dates]], str]:
    """The lists of releases, by distribution and code name, and what to call their source."""
    tiers = mirror.load(find_suite(_DATES_FROM, address))
    package = _newest(tiers, _DATES)
    if package is None:
        raise UsageError(f"the archive has no {_DATES}", hint="use a complete mirror of Debian")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "dates.deb")
        fetch.download(package.url, path, sha256=package.sha256)
        lists = {
            distribution: deb.read_file(path, PurePosixPath("usr/share/distro-info", name))
            for distribution, name in _LISTS.items()
        }
    source = f"{_DATES} {package.version.rpartition('-')[0] or package.version}"
    return {
        name: _parse_dates(data or b"", name, f"{_LISTS[name]} of {source}") for name, data in lists.items()
    }, source


def _parse_dates(data: bytes, distribution: str, source: str) -> dict[str, _Dates]:
    lines = data.decode(errors="replace").splitlines()
    rows = list(csv.DictReader(lines))
    if not rows or not {"version", "series", "release", "eol"} <= set(rows[0]):
        raise InputError("no list of releases", source=source)
    found = {}
    for row in rows:
        number = _VERSION.match(row["version"] or "")
        found[row["series"]] = _Dates(
            number[0] if number else "", row["series"], row["release"] or "", row["eol"] or "",
            row.get(_EXTENDED[distribution]) or "",
        )  # fmt: skip
    return found


def _newest(tiers: Sequence[Index], name: str) -> Package | None:
    packages = [package for tier in tiers for package in tier.find(name)]
    return max(packages, key=lambda package: version_key(package.version), default=None)
