"""The sources of a machine's facts: files and running machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from virtsmith.cli.output import input_name, read_input

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--ssh", metavar="[USER@]HOST[:PORT]", help="Collect the facts of a running machine over ssh."),
    click.option("--agent", type=click.Path(path_type=Path), metavar="SOCKET",
                 help="Collect the facts through the guest agent behind this socket."),
    click.option("--host", "name", metavar="NAME", help="Use the facts of a host that `host up` started."),
)  # fmt: skip


def running_options(command: Command) -> Command:
    """``--ssh``, ``--agent`` and ``--host``; the command receives ``ssh``, ``agent`` and ``name``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_facts(files: Iterable[Path]) -> dict[str, bytes]:
    """The contents of fact files, by their names in messages."""
    return {input_name(path): read_input(path) for path in files}
