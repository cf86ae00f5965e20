"""``--allow``: files of reviewed differences, for all commands of ``abi`` that judge comparisons."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from libvirtxml.files import read_text

from virtsmith.cli.findings import say_findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from virtsmith.abi.diff.allowances import Allowance, Review
    from virtsmith.abi.dump.model import Comparison


def allow_option(command: Any) -> Any:
    """``--allow FILE``, repeatable."""
    return click.option(
        "--allow", "allow", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
        help="Differences that somebody has reviewed and accepted (TOML); told, and not counted; repeatable.",
    )(command)  # fmt: skip


def read_allowances(files: Iterable[Path]) -> list[Allowance]:
    """Read the files before anything else is done, so that a damaged one costs nothing."""
    if not files:
        return []
    from virtsmith.abi.diff.allow_file import parse_allowances

    return [entry for file in files for entry in parse_allowances(read_text(file), str(file))]


def reviewed(comparisons: Iterable[Comparison], allowances: Sequence[Allowance]) -> Review:
    """Mark what is allowed today, and tell of entries that have expired or cover nothing."""
    import datetime as dt

    from virtsmith.abi.diff.allowances import review

    found = review(comparisons, allowances, dt.datetime.now(tz=dt.UTC).date())
    say_findings(found.findings)
    return found
