"""Reading and writing the table of releases.

An empty field means "not known" and is never filled by a guess: sources are then tried in all formats, and a checksum
is recorded when the signature of a source has been verified.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from importlib import resources
from pathlib import Path

from libvirtxml.files import read_text, write_atomic
from libvirtxml.versions import Version

from virtsmith.ark.catalogue.rows import dump_rows, parse_rows
from virtsmith.ark.layout import APPS
from virtsmith.ark.requests import nearest
from virtsmith.core.dirs import data_dir
from virtsmith.errors import InputError, UsageError

FORMATS = ("xz", "bz2", "gz")
BUILDS = ("autotools", "meson", "configure")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})?")
_HEX = {"sha256": re.compile(r"([0-9a-f]{64})?"), "key": re.compile(r"([0-9A-F]{40})?")}
_NAMES = re.compile(r"(?:\w[\w.+-]*(?: \w[\w.+-]*)*)?")
_PLAIN = re.compile(r"[\w.+,: ;()~/-]*")


@dataclass(frozen=True, slots=True)
class Release:
    """One upstream release.

    ``date`` is ISO, ``format`` the compression of its tar archive, ``url`` the directory that holds it, ``key`` the
    fingerprint of the signing key, ``build`` the build system, ``patches`` the patches to apply instead of those chosen
    by version (separated by spaces), ``release`` the package's release number, ``state`` ``broken`` with a reason in
    ``note``.
    """

    app: str
    version: str
    date: str = ""
    format: str = ""
    url: str = ""
    sha256: str = ""
    key: str = ""
    build: str = ""
    patches: str = ""
    release: str = "1"
    state: str = ""
    note: str = ""

    @property
    def order(self) -> tuple[str, Version]:
        """A key that sorts releases."""
        return self.app, Version.parse(self.version)

    @property
    def unknown(self) -> list[str]:
        """The fields that have not been verified yet."""
        return [name for name in ("date", "format", "sha256", "key") if not getattr(self, name)]

    def archive_name(self, archive_format: str) -> str:
        """The name of the source archive in a format."""
        return f"{self.app}-{self.version}.tar.{archive_format}"


COLUMNS = tuple(field.name for field in fields(Release))


def parse_table(text: str, source: str) -> list[Release]:
    """Read a table of releases.

    Raises:
        InputError: a line is not valid; the error names it.
    """
    found: dict[tuple[str, Version], Release] = {}
    for line, row in parse_rows(text, source, COLUMNS, {"app", "version"}):
        release = _parse_row(row, source, line)
        if release.order in found:
            raise InputError(f"{release.app} {release.version} twice", source=source, line=line)
        found[release.order] = release
    return sorted(found.values(), key=lambda release: release.order)


def _parse_row(row: dict[str, str], source: str, line: int) -> Release:
    release = Release(**row)
    try:
        Version.parse(release.version)
    except UsageError as error:
        raise InputError(str(error), source=source, line=line) from error
    problems = [
        ("app", release.app in APPS),
        ("date", _DATE.fullmatch(release.date) is not None),
        ("format", release.format in (*FORMATS, "")),
        ("url", release.url.startswith(("https://", "http://")) and _PLAIN.fullmatch(release.url) is not None),
        ("sha256", _HEX["sha256"].fullmatch(release.sha256) is not None),
        ("key", _HEX["key"].fullmatch(release.key) is not None),
        ("build", release.build in (*BUILDS, "")),
        ("patches", _NAMES.fullmatch(release.patches) is not None),
        ("release", release.release.isdecimal()),
        ("state", release.state in ("", "ok", "broken")),
    ]
    wrong = [name for name, is_right in problems if not is_right]
    if wrong:
        raise InputError(f"bad {wrong[0]}: {getattr(release, wrong[0])!r}", source=source, line=line)
    return release


def dump_table(releases: Iterable[Release]) -> str:
    """Write a table, in order."""
    return dump_rows(COLUMNS, (asdict(release) for release in sorted(releases, key=lambda release: release.order)))


def own_path() -> Path:
    """Where the user's own additions are kept: new releases, and checksums of sources whose signature was verified."""
    return data_dir() / "releases.csv"


class ReleaseCatalogue:
    """The known releases: those that came with virtsmith, overridden by those of the user's own table."""

    def __init__(self, own: Path | None = None) -> None:
        """Read the tables; ``own`` is where changes go, by default the user's own table.

        Raises:
            InputError: a table is damaged.
        """
        self.own = own or own_path()
        shipped = resources.files("virtsmith.ark.catalogue").joinpath("releases.csv").read_text()
        self._shipped = {release.order: release for release in parse_table(shipped, "releases.csv")}
        self._added: dict[tuple[str, Version], Release] = {}
        if self.own.exists():
            self._added = {release.order: release for release in parse_table(read_text(self.own), str(self.own))}

    def releases(self, app: str | None = None) -> list[Release]:
        """All releases in order, or those of one application."""
        merged = {**self._shipped, **self._added}
        return [merged[order] for order in sorted(merged) if app in (None, merged[order].app)]

    def find(self, app: str, version: str) -> Release | None:
        """Return one release; ``7.2`` and ``7.2.0`` are the same."""
        order = (app, Version.parse(version))
        return self._added.get(order) or self._shipped.get(order)

    def require(self, app: str, version: str) -> Release:
        """Return one release.

        Raises:
            UsageError: it is not known; the error names the nearest ones.
        """
        found = self.find(app, version)
        if found is None:
            near = nearest(version, (release.version for release in self.releases(app)))
            raise UsageError(
                f"unknown release: {app} {version}",
                hint=f"the nearest are {', '.join(near)}; virtsmith ark catalogue refresh adds new ones",
            )
        return found

    def record(self, releases: Iterable[Release]) -> int:
        """Write changed or new releases to the user's own table; return how many there were."""
        changed = [release for release in releases if self.find(release.app, release.version) != release]
        if changed:
            self._added.update({release.order: release for release in changed})
            write_atomic(self.own, dump_table(self._added.values()))
        return len(changed)
