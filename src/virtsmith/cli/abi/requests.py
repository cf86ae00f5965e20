"""Options that several commands of ``abi`` share, and what they are to the library."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

SOURCES = "QEMU|DUMP|DIRECTORY"
STATES = {"untouched": (False,), "booted": (True,), "both": (False, True)}

dumps_option = click.option(
    "--dumps",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    envvar="VIRTSMITH_ABI",
    help="The directory of dumps.  [default: $VIRTSMITH_ABI, or abi in the user's data directory]",
)
allow_option = click.option(
    "--allow",
    "allow",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Differences that somebody has reviewed and accepted (TOML); told, and not counted; repeatable.",
)
_DUMP_OPTIONS = (
    click.option("--fresh", is_flag=True, help="Make dumps of QEMUs again that exist."),
    dumps_option,
    click.option("-j", "--jobs", type=click.IntRange(1, 64), help="Machines at once.  [default: one per processor]"),
)
_STATE_OPTIONS = (
    click.option("--booted", "state", flag_value="booted", help="and after firmware has set up the devices."),
    click.option("--untouched", "state", flag_value="untouched", help="before the machine's first instruction,"),
    click.option("--both", "state", flag_value="both", default=True, help="Both states, which is the default:"),
)


def request_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say where dumps are, and how those are made that do not exist.

    The command receives them as ``request``, together with its own ``machines``, ``devices`` and ``accel``.
    """

    @wraps(command)
    def run(
        *arguments: Any,
        directory: Path | None,
        jobs: int | None,
        fresh: bool,
        machines: tuple[str, ...] = (),
        devices: tuple[str, ...] = (),
        accel: str | None = None,
        **options: Any,
    ) -> Any:
        from virtsmith.abi import DumpRequest

        return command(*arguments, request=DumpRequest(machines, devices, accel, directory, jobs, fresh), **options)

    for option in _DUMP_OPTIONS:
        run = option(run)
    return run


def state_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The states in which a machine is saved; the command receives a key of `STATES`."""
    for option in _STATE_OPTIONS:
        command = option(command)
    return command
