"""``virtsmith abi machines``: which QEMU has which machine types, and what happens to those of domains."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from libvirtxml.findings import worth_failing

from virtsmith.cli.abi.requests import SOURCES, request_options
from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.options import INPUT, target_option
from virtsmith.cli.output import STDIO, input_name, progress, read_input, say, write_output
from virtsmith.report.report import Listing, Page, Report

if TYPE_CHECKING:
    from virtsmith.abi import DumpRequest
    from virtsmith.abi.machines import Advice
    from virtsmith.qemu.machine_history import MachineTypeHistory
    from virtsmith.qemu.machines import MachineTypes
    from virtsmith.report.table import Table


@examples(
    "virtsmith abi machines web.xml",
    "virtsmith abi machines documents --target debian-12 --target debian-13",
    "virtsmith abi machines web.xml --qemu qemu@7.2 --qemu qemu@11.1 --format sarif",
    "virtsmith abi machines --machine 'pc-q35-*'",
)
@click.command()
@click.argument("documents", nargs=-1, type=INPUT, metavar="[DOMAIN.xml|DIRECTORY]...")
@click.option(
    "--qemu",
    "sources",
    multiple=True,
    metavar=SOURCES,
    help="A QEMU that should run them, as in abi diff; 'ark' for all installed ones; repeatable.",
)
@target_option
@click.option("-m", "--machine", metavar="GLOB", default="*", help="Without documents: the machine types to show.")
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the answers of the QEMUs to a table like virtsmith's own.",
)
@request_options
@findings_output
def machines(
    documents: tuple[Path, ...],
    *,
    sources: tuple[str, ...],
    targets: tuple[str, ...],
    machine: str,
    record: Path | None,
    request: DumpRequest,
) -> Report:
    """Show which machine types of domains are removed, deprecated or short names, and the next safe type.

    The QEMUs are those of --qemu, and those of --target according to upstream's history; by default the newest known
    release. In directories every domain is checked. Without documents, list machine types: when they were added,
    deprecated and removed.

    Exits with 1 if a domain must be changed.
    """
    from virtsmith.abi.machine_types import (
        Document,
        advise_domains,
        find_machine_types,
        list_machine_types,
        newest_machine_types,
    )

    if record:
        return _record(record, sources, request)
    with progress() as shown:
        qemus = find_machine_types(sources, targets, request, progress=shown)
        if not documents:
            return _types_report(list_machine_types(machine, qemus), qemus)
        qemus = qemus or [newest_machine_types()]
        named = (Document(input_name(path), read_input(path)) if path == STDIO else path for path in documents)
        found = advise_domains(named, qemus, progress=shown)
    if len(found) > 1:
        say(f"{len(found)} domains, {sum(worth_failing(list(item.findings)) for item in found)} must be changed")
    return _report(found, [qemu.version for qemu in qemus])


def _record(path: Path, sources: Sequence[str], request: DumpRequest) -> Report:
    from virtsmith.abi.machine_types import record_machine_types
    from virtsmith.qemu.machine_history import dump_history

    with progress() as shown:
        history = record_machine_types(sources, request, progress=shown)
    write_output(dump_history(history), path)
    say(f"{len(history.names)} machine types of {len(history.releases)} releases")
    return Report("abi machines", None, text=lambda _: "", data=lambda: {"qemus": [], "domains": [], "types": []})


def _report(found: Sequence[Advice], qemus: Sequence[str]) -> Report:
    from virtsmith.abi.machines import RULES

    findings = [finding for advice in found for finding in advice.findings]
    return Report(
        "abi machines",
        findings,
        RULES,
        page=lambda: Page("Machine types", [_table(found, qemus), Listing(findings)]),
        data=lambda: {"qemus": list(qemus), "domains": [advice.to_dict() for advice in found], "types": []},
    )


def _table(found: Sequence[Advice], qemus: Sequence[str]) -> Table:
    from virtsmith.qemu.machines import MachineTypeState
    from virtsmith.report.table import Cell, Table, Tone

    tones = {
        MachineTypeState.PRESENT: Tone.GOOD,
        MachineTypeState.DEPRECATED: Tone.WARN,
        MachineTypeState.ABSENT: Tone.BAD,
        MachineTypeState.UNKNOWN: Tone.DIM,
    }

    def shown(item: Advice, qemu: str) -> Cell:
        state = item.states.get(qemu)
        if state is None:
            return Cell("-", Tone.DIM)
        full = item.means[qemu]
        is_other = full != (item.domain.machine or full) or not item.domain.machine
        return Cell(full if is_other and state is MachineTypeState.PRESENT else state.value, tones[state])

    rows = [
        [
            advice.domain.name or advice.file,
            advice.domain.machine or "(none)",
            *(shown(advice, qemu) for qemu in qemus),
            advice.next,
            advice.newest,
        ]
        for advice in found
    ]
    return Table.make(["domain", "machine", *qemus, "next safe", "newest"], rows)


def _types_report(lives: Sequence[MachineTypeHistory], qemus: Sequence[MachineTypes]) -> Report:
    return Report(
        "abi machines",
        None,
        page=lambda: Page("Machine types", [_types_table(lives, qemus)]),
        data=lambda: {"qemus": [qemu.version for qemu in qemus], "types": _types_data(lives, qemus), "domains": []},
    )


def _types_table(lives: Sequence[MachineTypeHistory], qemus: Sequence[MachineTypes]) -> Table:
    from virtsmith.report.table import Table

    rows = [
        [
            live.name,
            live.first,
            _latest(live.deprecated, live.deprecated_after),
            _latest(live.removed, live.removed_after) or (f"{live.expected} expected" if live.expected else ""),
            *(qemu.state(live.name).value for qemu in qemus),
        ]
        for live in lives
    ]
    return Table.make(["machine", "since", "deprecated in", "removed in", *(qemu.version for qemu in qemus)], rows)


def _types_data(lives: Sequence[MachineTypeHistory], qemus: Sequence[MachineTypes]) -> list[dict[str, Any]]:
    return [
        {
            "name": live.name,
            "first": live.first,
            "deprecated": live.deprecated,
            "removed": live.removed,
            "deprecated_after": live.deprecated_after,
            "removed_after": live.removed_after,
            "removal_expected": live.expected,
            "states": {qemu.version: qemu.state(live.name).value for qemu in qemus},
        }
        for live in lives
    ]


def _latest(release: str, after: str) -> str:
    return f"after {after}, by {release}" if after else release


COMMANDS: tuple[click.Command, ...] = (machines,)
