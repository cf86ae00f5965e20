"""Which releases an archive once had, and when: its snapshot service still has them.

The table is derived from the changelogs of the distribution's source packages. An upload is in the archive until the
next one to the same suite, so a moment shortly before that is looked up, or two weeks after the upload if that is
earlier. Of several uploads of one release the last that stayed for some days is taken.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from email.utils import parsedate_to_datetime
from functools import cache
from importlib import resources
from pathlib import Path

from libvirtxml.files import read_text, write_atomic
from libvirtxml.versions import Version

from virtsmith.ark.archive.debversion import upstream_of, version_key
from virtsmith.ark.catalogue.rows import dump_rows, parse_rows
from virtsmith.core.dirs import data_dir
from virtsmith.errors import InputError, UsageError

_SUITES = {"unstable": "sid", "experimental": "experimental"}
_HEAD = re.compile(r"^\S+ \((?P<version>\S+)\) (?P<suites>[^;]+);")
_TAIL = re.compile(r"^ -- .*>\s+(?P<date>.+)$")
_STAMP = re.compile(r"\d{8}T\d{6}Z")
_LONG_ENOUGH = dt.timedelta(days=3)
"""Until then an upload is surely built and in the archive."""
_LATEST = dt.timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A package version, the suite that had it, and a moment at which it did (``20220401T000000Z``)."""

    app: str
    package: str
    archive: str
    suite: str
    stamp: str

    @property
    def upstream(self) -> str:
        """The release."""
        return upstream_of(self.package)

    @property
    def origin(self) -> str:
        """The suite to install from, as users name it."""
        return f"{self.archive}:snapshot:{self.stamp}/{self.suite}"


@dataclass(frozen=True, slots=True)
class Upload:
    """An entry of a changelog."""

    version: str
    suite: str
    date: dt.datetime


COLUMNS = tuple(field.name for field in fields(Snapshot))


def own_path() -> Path:
    """Where the table is kept that `virtsmith ark catalogue refresh --snapshots` writes."""
    return data_dir() / "snapshots.csv"


def find_snapshots(app: str) -> list[Snapshot]:
    """Return the snapshots of an application, oldest release first: of the shipped table and the user's own.

    Raises:
        InputError: the user's own table is damaged.
    """
    own = own_path()
    rows = (*_shipped(), *(_read(read_text(own), str(own)) if own.exists() else ()))
    known = {item.upstream: item for item in rows if item.app == app}
    return sorted(known.values(), key=lambda item: version_key(item.package))


@cache
def _shipped() -> tuple[Snapshot, ...]:
    text = resources.files("virtsmith.ark.catalogue").joinpath("snapshots.csv").read_text()
    return tuple(_read(text, "snapshots.csv"))


def _read(text: str, source: str) -> Iterator[Snapshot]:
    for line, row in parse_rows(text, source, COLUMNS, set(COLUMNS)):
        if not _STAMP.fullmatch(row["stamp"]):
            raise InputError(f"bad stamp: {row['stamp']!r}", source=source, line=line)
        yield Snapshot(**row)


def record(app: str, found: Iterable[Snapshot]) -> int:
    """Write the snapshots that the shipped table lacks to the user's own; return how many there are."""
    shipped = set(_shipped())
    own = own_path()
    kept = [item for item in (_read(read_text(own), str(own)) if own.exists() else ()) if item.app != app]
    new = [item for item in found if item not in shipped]
    if new or own.exists():
        write_atomic(own, dump_table([*kept, *new]))
    return len(new)


def dump_table(snapshots: Iterable[Snapshot]) -> str:
    """Write a table, in order."""
    rows = sorted(snapshots, key=lambda item: (item.app, version_key(item.package)))
    return dump_rows(COLUMNS, (asdict(item) for item in rows))


def parse_changelog(text: str) -> Iterator[Upload]:
    """Yield the uploads of a Debian changelog, newest first; entries without a valid date are left out."""
    head: re.Match[str] | None = None
    for line in text.splitlines():
        if match := _HEAD.match(line):
            head = match
        elif head and (match := _TAIL.match(line)):
            for suite in head["suites"].split():
                if suite in _SUITES:
                    with suppress(ValueError, OverflowError):
                        date = parsedate_to_datetime(match["date"]).astimezone(dt.UTC)
                        yield Upload(head["version"], _SUITES[suite], date)
            head = None


def choose_snapshots(app: str, archive: str, uploads: Iterable[Upload], oldest: Version) -> list[Snapshot]:
    """Return one snapshot for each release from ``oldest`` on that was replaced in the archive.

    Args:
        app: the application.
        archive: the name of the archive.
        uploads: those of its changelogs, in any order.
        oldest: what is older is left out.
    """
    by_suite: dict[str, list[Upload]] = {}
    for upload in sorted(set(uploads), key=lambda upload: upload.date):
        by_suite.setdefault(upload.suite, []).append(upload)
    best: dict[str, tuple[tuple[bool, bool, dt.datetime], Snapshot]] = {}
    for suite, entries in by_suite.items():
        for upload, following in itertools.pairwise(entries):
            release = upstream_of(upload.version)
            if "~rc" in upload.version or not _is_release(release, oldest):
                continue
            stay = following.date - upload.date
            moment = min(following.date, upload.date + _LATEST)
            snapshot = Snapshot(app, upload.version, archive, suite, moment.strftime("%Y%m%dT%H%M%SZ"))
            rank = (stay >= _LONG_ENOUGH, suite == "sid", upload.date)
            if release not in best or rank > best[release][0]:
                best[release] = rank, snapshot
    return sorted((snapshot for _, snapshot in best.values()), key=lambda item: version_key(item.package))


def _is_release(text: str, oldest: Version) -> bool:
    try:
        return Version.parse(text) >= oldest
    except UsageError:
        return False
