"""What distributions carry: libvirt and QEMU versions, support, machine types; and targets given as versions.

Every row of the table (``targets.csv``) names where its facts come from. An empty field means "not known" and is never
filled by a guess.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path

from libvirtxml.files import read_text, write_atomic
from libvirtxml.versions import Version

from virtsmith.ark.catalogue.rows import dump_rows, parse_rows
from virtsmith.core.dirs import data_dir
from virtsmith.errors import InputError, UsageError
from virtsmith.qemu.machine_history import load_history
from virtsmith.qemu.machines import MachineTypes

TYPES = ("", "upstream", "both", "own")
"""The machine types of a QEMU: upstream's; those and the distribution's own; only its own. Empty: not known."""
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})?")
_WORD = re.compile(r"[a-z][a-z0-9-]*")
_RELEASE = re.compile(r"[a-z0-9][a-z0-9.-]*")
_NUMBER = re.compile(r"\d+|\D+")
_PLAIN = re.compile(r"(libvirt|qemu)=([^,]*)")


@dataclass(frozen=True, slots=True)
class Target:
    """One release of a distribution, or a pair of versions (then only ``release``, ``libvirt`` and ``qemu`` are set).

    Dates are ISO. ``eol`` is the end of the distribution's regular support, ``extended`` that of longer support which
    is free at least for some uses (Debian's LTS, Ubuntu's ESM). ``machine`` is the x86_64 machine type of a domain that
    names none; ``types`` is one of `TYPES`. ``checked`` is the date when the versions were looked up.
    """

    distribution: str = ""
    release: str = ""
    codename: str = ""
    released: str = ""
    eol: str = ""
    extended: str = ""
    libvirt: str = ""
    qemu: str = ""
    machine: str = ""
    types: str = ""
    checked: str = ""
    source: str = ""

    @property
    def name(self) -> str:
        """The name of the target: ``debian-12``, ``libvirt=8.0,qemu=6.2``."""
        return f"{self.distribution}-{self.release}" if self.distribution else self.release

    @property
    def order(self) -> tuple[str, list[tuple[int, int, str]]]:
        """A sort key: numbered releases by number, names such as ``sid`` after them."""
        parts = [part for part in _NUMBER.findall(self.release) if part != "."]
        return self.distribution, [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]

    def end(self, *, extended: bool = False) -> str:
        """When support ends; empty if that is not known."""
        return (extended and self.extended) or self.eol

    def machine_types(self) -> MachineTypes | None:
        """The x86_64 machine types of its QEMU, as far as upstream's history and its own default type show them.

        None if its QEMU is not known.
        """
        if not self.qemu:
            return None
        upstream = load_history().at(self.qemu)
        if self.types == "own":
            return MachineTypes(self.name, {"q35": False}, {}, own=True)
        if self.types == "upstream":
            return replace(upstream, version=self.name, own=False, partial=True)
        # it is not known what the short names mean, only that they exist
        own = {name: False for name in (self.machine, "pc", "q35") if name}
        if self.types == "both":
            return replace(upstream, version=self.name, names={**upstream.names, **own}, aliases={})
        unsure = upstream.unsure.union(upstream.names)
        return replace(upstream, version=self.name, names=own, aliases={}, unsure=unsure)


COLUMNS = tuple(field.name for field in fields(Target))


def parse_targets(text: str, source: str) -> list[Target]:
    """Read a table of targets.

    Raises:
        InputError: a line is not valid; the error names it.
    """
    found: dict[str, Target] = {}
    for line, row in parse_rows(text, source, COLUMNS, {"distribution", "release", "libvirt", "source"}):
        target = Target(**row)
        problems = [
            ("distribution", _WORD.fullmatch(target.distribution)),
            ("release", _RELEASE.fullmatch(target.release)),
            ("codename", not target.codename or _WORD.fullmatch(target.codename)),
            *((name, _is_date(getattr(target, name))) for name in ("released", "eol", "extended", "checked")),
            *((name, _is_version(getattr(target, name))) for name in ("libvirt", "qemu")),
            ("types", target.types in TYPES),
            ("source", target.source.strip()),
        ]
        wrong = [name for name, is_right in problems if not is_right]
        if wrong:
            raise InputError(f"bad {wrong[0]}: {getattr(target, wrong[0])!r}", source=source, line=line)
        if target.name in found:
            raise InputError(f"{target.name} twice", source=source, line=line)
        found[target.name] = target
    return sorted(found.values(), key=lambda target: target.order)


def dump_targets(targets: Iterable[Target]) -> str:
    """Write a table, in order."""
    return dump_rows(COLUMNS, (asdict(target) for target in sorted(targets, key=lambda target: target.order)))


def parse_versions(text: str) -> Target:
    """Read a target that is given as versions: ``libvirt=8.0``, ``qemu=6.2`` or both, joined by a comma.

    Raises:
        UsageError: it is something else.
    """
    versions: dict[str, str] = {}
    for part in text.split(","):
        match = _PLAIN.fullmatch(part.strip())
        if match is None or match[1] in versions:
            raise UsageError(f"not a target: {text!r}", hint="write it like debian-12 or libvirt=8.0,qemu=6.2")
        versions[match[1]] = str(Version.parse(match[2]))
    return Target(release=text, **versions, types="upstream" if "qemu" in versions else "")


class Targets:
    """The known distributions: those that came with virtsmith, overridden by those of the user's own table."""

    def __init__(self, own: Path | None = None) -> None:
        """Read the tables; ``own`` is where changes go, by default the user's own table.

        Raises:
            InputError: a table is damaged.
        """
        self.own = own or data_dir() / "targets.csv"
        shipped = resources.files("virtsmith.ark.catalogue").joinpath("targets.csv").read_text(encoding="utf-8")
        self._known = {target.name: target for target in parse_targets(shipped, "targets.csv")}
        self._added: dict[str, Target] = {}
        if self.own.exists():
            self._added = {target.name: target for target in parse_targets(read_text(self.own), str(self.own))}
            self._known |= self._added

    def all(self) -> list[Target]:
        """All of them, in order."""
        return sorted(self._known.values(), key=lambda target: target.order)

    def choose(self, words: Sequence[str], today: dt.date | None = None) -> list[Target]:
        """Return the targets that words select: names, code names, patterns, versions, or one of three groups.

        ``all`` selects every target, ``supported`` those known to be supported, ``extended`` counts longer support.

        Raises:
            UsageError: a word selects none.
        """
        found: dict[str, Target] = {}
        for word in words:
            chosen = [parse_versions(word)] if "=" in word else self._find(word.lower(), today)
            found.update((target.name, target) for target in chosen)
        return list(found.values())

    def _find(self, word: str, today: dt.date | None) -> list[Target]:
        known = self.all()
        if word == "all":
            return known
        if word in ("supported", "extended"):
            day = (today or dt.datetime.now(tz=dt.UTC).date()).isoformat()
            return [target for target in known if target.end(extended=word == "extended") >= day]
        found = [target for target in known if word in (target.name, target.codename)]
        found = found or [target for target in known if fnmatchcase(target.name, word) or target.distribution == word]
        if not found:
            near = [target.name for target in known if target.distribution == word.rpartition("-")[0]]
            hint = f"similar names: {', '.join(near)}" if near else "virtsmith ark targets lists them"
            raise UsageError(f"unknown target: {word}", hint=hint)
        return found

    def record(self, targets: Iterable[Target]) -> int:
        """Write changed or new targets to the user's own table; return how many there were."""
        changed = [target for target in targets if self._known.get(target.name) != target]
        if changed:
            self._added.update((target.name, target) for target in changed)
            self._known |= self._added
            write_atomic(self.own, dump_targets(self._added.values()))
        return len(changed)


def _is_date(text: str) -> bool:
    if not text:
        return True
    try:
        return _DATE.fullmatch(text) is not None and bool(dt.date.fromisoformat(text))
    except ValueError:
        return False


def _is_version(text: str) -> bool:
    try:
        return not text or len(Version.parse(text).numbers) > 1
    except UsageError:
        return False
