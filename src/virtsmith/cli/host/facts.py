"""Where commands take facts of a machine from: files, and machines that run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from virtsmith.cli.output import input_name, read_input

if TYPE_CHECKING:
    from virtsmith.host.facts.model import Facts

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--ssh", metavar="[USER@]HOST[:PORT]", help="Collect the facts on a running machine."),
    click.option("--agent", type=click.Path(path_type=Path), metavar="SOCKET",
                 help="Collect the facts through the guest agent behind this socket."),
    click.option("--host", "name", metavar="NAME", help="Take the facts of a host that `host up` started."),
)  # fmt: skip


def running_options(command: Command) -> Command:
    """``--ssh``, ``--agent`` and ``--host``; the command receives ``ssh``, ``agent`` and ``name``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def collect_facts(files: Iterable[Path], ssh: str | None, agent: Path | None, name: str | None) -> list[Facts]:
    """Read files of facts, whatever they are, and collect those of running machines."""
    from virtsmith.host.facts.collect import collect_by_agent, collect_by_ssh
    from virtsmith.host.facts.parsers.guess import parse_any
    from virtsmith.host.run.running import find_host

    facts = [parse_any(read_input(path), input_name(path)) for path in files]
    if ssh:
        facts.append(collect_by_ssh(ssh))
    if agent:
        facts.append(collect_by_agent(agent))
    if name:
        facts.append(find_host(name).facts())
    return facts
