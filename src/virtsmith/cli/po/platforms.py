"""The commands of ``virtsmith po`` for translation platforms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import format_option
from virtsmith.cli.output import progress, say, table_text, waiting, write_json, write_output
from virtsmith.cli.po.inputs import say_dropped, say_removed, skip_missing_option, yes_option
from virtsmith.errors import ExitCode

if TYPE_CHECKING:
    from virtsmith.po.platforms.interface import Platform
    from virtsmith.po.project import Project
    from virtsmith.po.sync import PullResult

_directory = click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True))


def _connect(directory: Path | None) -> tuple[Project, Platform]:
    from virtsmith.po import find_project, select_platform

    project = find_project((directory,) if directory else ())
    return project, select_platform(project)


@examples("virtsmith po push --dry-run")
@click.command()
@_directory
@click.option("-n", "--dry-run", is_flag=True, help="Show what would be sent, and send nothing.")
@skip_missing_option
@yes_option
def push(directory: Path | None, *, dry_run: bool, skip_missing: bool, yes: bool) -> None:
    """Extract the template from the sources and upload it to the translation platform."""
    from virtsmith.po import push as push_template

    project, platform = _connect(directory)
    with progress() as bar:
        pushed = push_template(
            project, platform, dry_run=dry_run, accept_loss=yes, skip_missing=skip_missing, progress=bar
        )
    say(f"would send {pushed.messages} messages to {platform.name}" if dry_run else f"{platform.name}: {pushed.answer}")


@examples("virtsmith po pull --dry-run")
@click.command()
@_directory
@click.option("-n", "--dry-run", is_flag=True, help="Download and check, but write nothing.")
@yes_option
@format_option("text", "json")
def pull(directory: Path | None, output_format: str, output: Path, *, dry_run: bool, yes: bool) -> int:
    """Download all languages, check every string, minimise, and write.

    An invalid string is reported and left out, the rest is kept. Nothing is written if the download is incomplete, or
    if a language would lose more than a few percent of its translations. Exits with 1 if strings were left out.
    """
    from virtsmith.po import pull as pull_catalogues
    from virtsmith.po import write_pulled
    from virtsmith.po.check.messages import shorten

    project, platform = _connect(directory)
    with progress() as bar:
        pulled = pull_catalogues(project, platform, progress=bar)
    _say_lost(pulled)
    if not yes:
        pulled.require_trusted()
    changed = [] if dry_run else write_pulled(project, pulled, accept_loss=yes)
    if output_format == "json":
        data = {
            "changed": changed,
            "skipped": list(pulled.skipped),
            "languages": sorted(pulled.catalogues),
            "rejected": [item.to_dict() for item in pulled.rejected],
        }
        write_json("po-pull", data, output)
    for item in pulled.rejected:
        say(f"{item.language}: {shorten(item.msgid)}: {item.reason}")
    if pulled.skipped:
        say("skipped, too little translated: {languages}".format(languages=", ".join(pulled.skipped)))
    say(f"{len(changed)} of {len(pulled.catalogues)} catalogues changed")
    return ExitCode.FINDINGS if pulled.rejected else ExitCode.OK


def _say_lost(pulled: PullResult) -> None:
    for language, keys in pulled.lost.items():
        say_removed(language, keys)
        say_dropped(language, pulled.dropped[language])


@examples("virtsmith po lock")
@click.command()
@_directory
def lock(directory: Path | None) -> None:
    """Lock the component on the translation platform."""
    _project, platform = _connect(directory)
    platform.set_lock(locked=True)
    say(f"{platform.name} is locked")


@examples("virtsmith po unlock")
@click.command()
@_directory
def unlock(directory: Path | None) -> None:
    """Unlock the component on the translation platform."""
    _project, platform = _connect(directory)
    platform.set_lock(locked=False)
    say(f"{platform.name} is unlocked")


@examples("virtsmith po remote-stats")
@click.command("remote-stats")
@_directory
@format_option("text", "json")
def remote_stats(directory: Path | None, output_format: str, output: Path) -> None:
    """Show the progress of all languages on the translation platform."""
    from virtsmith.report.table import Table

    _project, platform = _connect(directory)
    with waiting(f"asking {platform.name}"):
        rows = platform.statistics()
    if output_format == "json":
        keys = ("language", "total", "translated", "fuzzy")
        languages = [{key: getattr(row, key) for key in keys} for row in rows]
        write_json("po-remote-stats", {"languages": languages}, output)
        return
    columns = ("language", "translated", "fuzzy", "total")
    cells = [(row.language, row.translated, row.fuzzy, row.total) for row in rows]
    write_output(table_text(Table.make(columns, cells, right=columns[1:]), output), output)


COMMANDS: tuple[click.Command, ...] = (push, pull, lock, unlock, remote_stats)
