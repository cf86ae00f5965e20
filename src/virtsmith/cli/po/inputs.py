"""Options and inputs that commands of ``virtsmith po`` share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.output import STDIO, say, write_path
from virtsmith.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from virtsmith.po import Catalogue
    from virtsmith.po.minimize import DroppedCounts
    from virtsmith.po.work import CatalogueResult

profile_option = click.option("--profile", help="Storage profile: mini, sorted, location-file or one of the project's.")


yes_option = click.option(
    "-y", "--yes", is_flag=True, help="Continue even if so much is missing that it may be a mistake."
)

skip_missing_option = click.option("--skip-missing", is_flag=True, help="Ignore listed sources that do not exist.")


def say_removed(source: Path | str, keys: Iterable[bytes]) -> None:
    """List the messages whose translations were removed."""
    from virtsmith.po.check.messages import shorten
    from virtsmith.po.entry import split_key

    for key in keys:
        msgid, context = (part.decode() if part is not None else None for part in split_key(key))
        say(f"{source}: removed {shorten(msgid or '')}" + (f" [{context}]" if context else ""))


def say_dropped(source: Path | str, dropped: DroppedCounts) -> None:
    """Say how many translations that programs do not show were left out, if any."""
    if dropped.fuzzy or dropped.obsolete:
        say(f"{source}: left out {dropped.fuzzy} fuzzy and {dropped.obsolete} obsolete messages")


def files_only(catalogues: Sequence[Path]) -> list[Path]:
    """The catalogues; none may be standard input."""
    if STDIO in catalogues:
        raise UsageError("- can be used for one catalogue only")
    return list(catalogues)


def beside(catalogues: Sequence[Path]) -> list[Path]:
    """The catalogues that have a path, and so a project; standard input has none."""
    return [path for path in catalogues[:1] if path != STDIO]


def read_catalogue(path: Path) -> Catalogue:
    """Read a catalogue from a file or standard input."""
    from virtsmith.cli.output import input_name, read_input
    from virtsmith.po import parse_catalogue

    return parse_catalogue(read_input(path), input_name(path))


def changed_names(changed: Sequence[CatalogueResult]) -> int:
    """Print the files that differ, and return the exit code for them."""
    for item in changed:
        write_path(item.job.target)
    return ExitCode.FINDINGS if changed else ExitCode.OK
