"""``virtsmith ark targets|minimum``: the versions in distributions, and the minimum that several share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import format_option
from virtsmith.cli.output import progress, say, table_text, write_json, write_output
from virtsmith.errors import UsageError

if TYPE_CHECKING:
    from virtsmith.ark.catalogue.minimum import MinimumPeriod
    from virtsmith.ark.catalogue.targets import Target, Targets
    from virtsmith.report.table import Table

_TABLE = click.option(
    "--table", "own", type=click.Path(path_type=Path), metavar="FILE", help="Table for your own additions."
)


@examples("virtsmith ark targets", "virtsmith ark targets supported", "virtsmith ark targets refresh")
@click.command()
@click.argument("words", nargs=-1, metavar="[TARGET]... | refresh [SUITE]...")
@_TABLE
@click.option("--mirror", metavar="URL", help="refresh: address of Debian's archive.")
@click.option(
    "--keyring",
    type=click.Path(path_type=Path, exists=True),
    help="refresh: the archive's keys.  [default: this machine's]",
)
@format_option("text", "json", "csv", "markdown")
@click.pass_obj
def targets(
    place: Path | None,
    words: tuple[str, ...],
    *,
    own: Path | None,
    mirror: str | None,
    keyring: Path | None,
    output_format: str,
    output: Path,
) -> None:
    """List distributions with their libvirt and QEMU, or update those of Debian from its archive with 'refresh'.

    TARGET is a name, a code name, a pattern, 'all', 'supported', or 'extended' (longer support also counts). '?' means
    not known; JSON and CSV name the source of each row.
    """
    from virtsmith.ark import Targets
    from virtsmith.ark.catalogue.targets import dump_targets

    known = Targets(own)
    if words[:1] == ("refresh",):
        _refresh(known, place, words[1:], mirror, keyring)
        return
    chosen = known.choose(words or ["all"])
    if output_format == "csv":
        write_output(dump_targets(chosen), output)
    elif output_format == "json":
        write_json("ark-targets", {"targets": [_to_dict(target) for target in chosen]}, output)
    else:
        _show(_targets_table(chosen), output_format, output)


def _refresh(
    known: Targets, place: Path | None, suites: Sequence[str], address: str | None, keyring: Path | None
) -> None:
    from virtsmith.ark import Ark, refresh_targets

    with progress() as shown:
        found = refresh_targets(
            suites, targets=known, ark=Ark.open(place), address=address, keyring=keyring, progress=shown
        )
    for target in found:
        say(f"{target.name}: libvirt {target.libvirt}, QEMU {target.qemu or '?'}")
    say(f"{len(found)} new or updated targets, recorded in {known.own}" if found else "nothing new")


@examples(
    "virtsmith ark minimum debian-12 ubuntu-22.04 ubuntu-24.04",
    "virtsmith ark minimum 'debian-1?' noble --extended --json",
)
@click.command()
@click.argument("words", nargs=-1, required=True, metavar="TARGET...")
@click.option("--extended", is_flag=True, help="Count longer support (Debian's LTS, Ubuntu's ESM) as support.")
@_TABLE
@format_option("text", "json", "markdown")
def minimum(words: tuple[str, ...], own: Path | None, output_format: str, output: Path, *, extended: bool) -> None:
    """Show the oldest libvirt and QEMU among TARGETs, and how this minimum rises as their support ends.

    The first period includes all targets, whether they are still supported or not. `virtsmith xml check --target` shows
    what a document needs.
    """
    from virtsmith.ark import Targets, current_step, plan_minimum

    chosen = Targets(own).choose(words)
    if not chosen:
        raise UsageError("no target matches")
    steps = plan_minimum(chosen, extended=extended)
    current = current_step(steps)
    if output_format == "json":
        data = {"steps": [_step_data(step, current) for step in steps], "extended": extended}
        write_json("ark-minimum", data, output)
        return
    _show(_steps_table(steps, current), output_format, output)
    endless = [target.name for target in chosen if not target.end(extended=extended)]
    if endless:
        say(f"the end of support is not known for {', '.join(endless)}")


def _show(table: Table, output_format: str, output: Path) -> None:
    from virtsmith.report import markdown

    text = markdown.render_table(table) if output_format == "markdown" else table_text(table, output)
    write_output(text, output)


def _targets_table(chosen: Sequence[Target]) -> Table:
    from virtsmith.report.table import Cell, Table, Tone

    def shown(value: str) -> Cell:
        return Cell(value or "?", Tone.PLAIN if value else Tone.DIM)

    rows = [
        [
            target.name,
            target.codename,
            *map(shown, (target.released, target.eol)),
            target.extended,
            *map(shown, (target.libvirt, target.qemu, target.machine)),
        ]
        for target in chosen
    ]
    columns = ["target", "code name", "released", "support ends", "extended", "libvirt", "QEMU", "default machine"]
    return Table.make(columns, rows)


def _steps_table(steps: Sequence[MinimumPeriod], current: MinimumPeriod) -> Table:
    from virtsmith.report.table import Cell, Table, Tone

    rows = [
        [
            step.since or "all",
            *_cells(step.libvirt, step.libvirt_by),
            *_cells(step.qemu, step.qemu_by),
            " ".join(step.dropped),
            Cell("now", Tone.GOOD) if step is current else "",
        ]
        for step in steps
    ]
    return Table.make(["from", "libvirt", "because of", "QEMU", "because of", "no longer supported", ""], rows)


def _cells(version: str, by: Sequence[str]) -> list[str]:
    return [version or "?", " ".join(by)]


def _step_data(step: MinimumPeriod, current: MinimumPeriod) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        **{key: list(value) if isinstance(value, tuple) else value for key, value in asdict(step).items()},
        "now": step is current,
    }


def _to_dict(target: Target) -> dict[str, Any]:
    from dataclasses import asdict

    return {"name": target.name, **asdict(target)}


COMMANDS: tuple[click.Command, ...] = (targets, minimum)
