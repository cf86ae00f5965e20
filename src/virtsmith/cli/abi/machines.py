"""``virtsmith abi machines``: which machine types are where, and what becomes of those of domains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from libvirtxml.findings import worth_failing

from virtsmith.cli.abi.sources import SOURCES, Wanted, dump_options, load_sources
from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.options import INPUT, target_option
from virtsmith.cli.output import input_name, naming, read_input, say, steps, write_output
from virtsmith.errors import InputError, UsageError
from virtsmith.report.report import Listing, Page, Report

if TYPE_CHECKING:
    from virtsmith.abi.machines import Advice
    from virtsmith.qemu.machine_history import Life
    from virtsmith.qemu.machines import MachineTypes
    from virtsmith.report.table import Table

_ARK = "ark"


@examples(
    "virtsmith abi machines web.xml",
    "virtsmith abi machines documents --target debian-12 --target debian-13",
    "virtsmith abi machines web.xml --qemu qemu@7.2 --qemu qemu@11.1 --format sarif",
    "virtsmith abi machines --machine 'pc-q35-*'",
)
@click.command()
@click.argument("documents", nargs=-1, type=INPUT, metavar="[DOMAIN.xml|FOLDER]...")
@click.option("--qemu", "sources", multiple=True, metavar=SOURCES,
              help="A QEMU that is to run them, as in abi diff; 'ark' for all installed ones; repeatable.")  # fmt: skip
@target_option
@click.option("-m", "--machine", metavar="GLOB", default="*", help="Without documents: the machine types to show.")
@click.option("--record", type=click.Path(path_type=Path), metavar="FILE",
              help="Write what the QEMUs say into a table like the one that virtsmith has.")  # fmt: skip
@dump_options
@findings_output
def machines(
    documents: tuple[Path, ...], *, sources: tuple[str, ...], targets: tuple[str, ...], machine: str,
    record: Path | None, folder: Path | None, jobs: int | None, fresh: bool,
) -> Report:  # fmt: skip
    """Tell what becomes of domains' machine types: removed, deprecated, a short name; and the next safe type.

    Asked are the QEMUs of --qemu, and those of --target as upstream's history tells them; by default the newest release
    that is known. In folders every domain is looked at. Without documents, list machine types: when they came, were
    deprecated and went.

    Exits with 1 if a domain has to be changed.
    """
    wanted = Wanted((), (), None, folder, jobs, fresh=fresh)
    if record:
        return _record(record, sources, wanted)
    qemus = _find_qemus(sources, targets, wanted)
    if not documents:
        return _types_report(qemus, machine)
    qemus = qemus or [_newest()]
    found = list(_advise(documents, qemus))
    if len(found) > 1:
        say(f"{len(found)} domains, {sum(worth_failing(list(one.findings)) for one in found)} to be changed")
    return _report(found, [one.version for one in qemus])


def _find_qemus(sources: Sequence[str], targets: Sequence[str], wanted: Wanted) -> list[MachineTypes]:
    from virtsmith.ark.catalogue.targets import Targets

    found = [types for _, types in _ask(sources, wanted)]
    for target in Targets().choose(targets) if targets else ():
        types = target.machine_types()
        if types is None:
            say(f"warning: the QEMU of {target.name} is not known; left out")
        else:
            found.append(types)
    return _named_apart(found)


def _named_apart(found: Sequence[MachineTypes]) -> list[MachineTypes]:
    """Each QEMU once; builds of one version with other machine types get a number."""
    from dataclasses import replace

    named: dict[str, MachineTypes] = {}
    for one in found:
        number, name = 1, one.version
        while name in named and replace(named[name], version=one.version) != one:
            number += 1
            name = f"{one.version} #{number}"
        named[name] = replace(one, version=name)
    return list(named.values())


def _ask(sources: Sequence[str], wanted: Wanted) -> Iterator[tuple[str, MachineTypes]]:
    """What QEMUs, dumps and recordings say of their machine types, each with the release series it stands for."""
    from virtsmith.abi.diff.sets import ITSELF
    from virtsmith.qemu.machine_history import find_series
    from virtsmith.qemu.machines import parse_types

    for one in load_sources(list(_spelled_out(sources)), wanted, binaries_only=True):
        dump = one.find(ITSELF)
        part = dump.sections.get("machines") if dump else None
        if part is None or not part.known or not isinstance(part.data, dict):
            raise UsageError(f"nothing tells the machine types of QEMU {one.binary.version}")
        facts: dict[str, Any] = part.data
        types = parse_types(f"QEMU {one.binary.version}", ({"name": name, **told} for name, told in facts.items()))
        yield find_series(one.binary.version, one.binary.package), types


def _spelled_out(sources: Sequence[str]) -> Iterator[str]:
    """The sources, with what is installed in place of ``ark``, and recordings in place of their folder."""
    from virtsmith.ark.layout import Ark

    for source in sources:
        recordings = sorted(Path(source).glob("*.replies")) if Path(source).is_dir() else []
        if source == _ARK:
            yield from (f"qemu@{version.id}" for version in Ark.open().installed("qemu"))
        elif recordings:
            yield from map(str, recordings)
        else:
            yield source


def _newest() -> MachineTypes:
    from dataclasses import replace

    from virtsmith.qemu.machine_history import load_history

    history = load_history()
    return replace(history.at(history.releases[-1]), version=f"QEMU {history.releases[-1]}", own=False, partial=True)


def _record(path: Path, sources: Sequence[str], wanted: Wanted) -> Report:
    from dataclasses import replace

    from virtsmith.qemu.machine_history import History, dump_history

    if not sources:
        raise UsageError("--record needs --qemu", hint="name QEMUs, dumps, or a folder of recordings")
    told = [replace(types, version=series) for series, types in _ask(sources, wanted) if series]
    history = History.of(told)
    write_output(dump_history(history), path)
    say(f"{len(history.names)} machine types of {len(history.releases)} releases")
    return Report("abi machines", None, text=lambda _: "", data=lambda: {"qemus": [], "domains": [], "types": []})


def _advise(documents: Sequence[Path], qemus: Sequence[MachineTypes]) -> Iterator[Advice]:
    from libvirtxml.files import find_files

    from virtsmith.abi.machines import advise
    from virtsmith.qemu.domain_machine import read_machine

    for path in documents:
        if not path.is_dir():
            with naming(path):
                domain = read_machine(read_input(path))
            if domain is None:
                raise InputError("not a domain", source=input_name(path))
            yield advise(domain, input_name(path), qemus)
            continue
        skipped = 0
        files = list(find_files(path, ".xml"))
        with steps(f"reading {path}", files) as left:
            for file in left:
                try:
                    domain = read_machine(read_input(file))
                except InputError:
                    domain = None
                if domain is None:
                    skipped += 1
                else:
                    yield advise(domain, str(file), qemus)
        if skipped == len(files):
            raise InputError("no domains found", source=str(path), hint="they are files that end in .xml")
        if skipped:
            say(f"{path}: {skipped} files are no domains, or cannot be read")


def _report(found: Sequence[Advice], qemus: Sequence[str]) -> Report:
    from virtsmith.abi.machines import RULES

    findings = [finding for one in found for finding in one.findings]
    return Report(
        "abi machines", findings, RULES,
        page=lambda: Page("Machine types", [_table(found, qemus), Listing(findings)]),
        data=lambda: {"qemus": list(qemus), "domains": [one.to_dict() for one in found], "types": []},
    )  # fmt: skip


def _table(found: Sequence[Advice], qemus: Sequence[str]) -> Table:
    from virtsmith.qemu.machines import State
    from virtsmith.report.table import Cell, Table, Tone

    tones = {State.PRESENT: Tone.GOOD, State.DEPRECATED: Tone.WARN, State.ABSENT: Tone.BAD, State.UNKNOWN: Tone.DIM}

    def shown(one: Advice, qemu: str) -> Cell:
        state = one.states.get(qemu)
        if state is None:
            return Cell("-", Tone.DIM)
        full = one.means[qemu]
        is_other = full != (one.domain.machine or full) or not one.domain.machine
        return Cell(full if is_other and state is State.PRESENT else state.value, tones[state])

    rows = [
        [one.domain.name or one.file, one.domain.machine or "(none)", *(shown(one, qemu) for qemu in qemus), one.next,
         one.newest]
        for one in found
    ]  # fmt: skip
    return Table.make(["domain", "machine", *qemus, "next safe", "newest"], rows)


def _types_report(qemus: Sequence[MachineTypes], pattern: str) -> Report:
    from virtsmith.abi.dump.model import natural_key
    from virtsmith.qemu.machine_history import Life, load_history
    from virtsmith.qemu.machines import is_versioned

    history = load_history()
    names = {*history.names, *(name for one in qemus for name in one.names)}
    chosen = sorted(
        (name for name in names if fnmatchcase(name, pattern)), key=lambda n: (is_versioned(n), natural_key(n))
    )
    lives = [history.life(name) or Life(name) for name in chosen]
    return Report(
        "abi machines", None,
        page=lambda: Page("Machine types", [_types_table(lives, qemus)]),
        data=lambda: {"qemus": [one.version for one in qemus], "types": _types_data(lives, qemus), "domains": []},
    )  # fmt: skip


def _types_table(lives: Sequence[Life], qemus: Sequence[MachineTypes]) -> Table:
    from virtsmith.report.table import Table

    rows = [
        [one.name, one.first, _latest(one.deprecated, one.deprecated_after),
         _latest(one.removed, one.removed_after) or (f"{one.expected} expected" if one.expected else ""),
         *(each.state(one.name).value for each in qemus)]
        for one in lives
    ]  # fmt: skip
    return Table.make(["machine", "since", "deprecated in", "removed in", *(one.version for one in qemus)], rows)


def _types_data(lives: Sequence[Life], qemus: Sequence[MachineTypes]) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "first": one.first, "deprecated": one.deprecated, "removed": one.removed,
         "deprecated_after": one.deprecated_after, "removed_after": one.removed_after, "removal_expected": one.expected,
         "states": {each.version: each.state(one.name).value for each in qemus}}
        for one in lives
    ]  # fmt: skip


def _latest(release: str, after: str) -> str:
    return f"after {after}, by {release}" if after else release


COMMANDS: tuple[click.Command, ...] = (machines,)
