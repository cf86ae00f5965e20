"""Options that several commands of ``abi`` share, and their arguments for the library."""

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
    help="Reviewed and accepted differences (TOML), which are shown but not counted; repeatable.",
)
_DUMP_OPTIONS = (
    click.option("--fresh", is_flag=True, help="Replace existing dumps of QEMUs."),
    dumps_option,
    click.option("-j", "--jobs", type=click.IntRange(1, 64), help="Machines at once.  [default: one per processor]"),
)
_STATE_OPTIONS = (
    click.option("--booted", "state", flag_value="booted", help="and after the firmware has set up the devices."),
    click.option("--untouched", "state", flag_value="untouched", help="before the machine's first instruction,"),
    click.option("--both", "state", flag_value="both", default=True, help="Both states, which is the default:"),
)


def request_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options for the location of dumps, and for creating missing ones.

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
