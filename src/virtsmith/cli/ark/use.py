"""``virtsmith ark run|shell|env|daemon``: using installed versions."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import format_option
from virtsmith.cli.output import say, table_text, waiting, write_json, write_output
from virtsmith.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from virtsmith.ark.daemon import DaemonStatus
    from virtsmith.ark.layout import Ark, InstalledVersion


@examples(
    "virtsmith ark run qemu@7.2 -- qemu-system-x86_64 --version",
    "virtsmith ark run libvirt@9.0 qemu@7.2 -- virsh version",
)
@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option(
    "--inside", is_flag=True, help="Run any program with the first version's libraries, in its own file tree."
)
@click.argument(
    "words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="APP@VERSION... -- PROGRAM [ARGUMENT]..."
)
@click.pass_obj
def run(place: Path | None, words: tuple[str, ...], *, inside: bool) -> None:
    """Run a program with versions of the ark first on PATH."""
    from virtsmith.ark import use
    from virtsmith.core.run import replace_process

    ark, versions, command = _split(place, words)
    if not command:
        raise UsageError("no program to run", hint="write it after --, as in ark run qemu@7.2 -- qemu-img --version")
    environment = {**os.environ, **use.variables(versions, os.environ, building=False)}
    replace_process(use.command_line(ark, versions, command, inside=inside), env=environment)


@examples("virtsmith ark shell libvirt@9.0 qemu@7.2")
@click.command()
@click.argument("requests", nargs=-1, required=True, metavar="APP@VERSION...")
@click.pass_obj
def shell(place: Path | None, requests: tuple[str, ...]) -> None:
    """Open a shell in which versions of the ark come first, for running and building programs."""
    from virtsmith.ark import use
    from virtsmith.core.run import replace_process

    _, versions, _ = _split(place, requests)
    names = " ".join(version.name for version in versions)
    environment = {**os.environ, **use.variables(versions, os.environ), "VIRTSMITH_ARK_SHELL": names}
    say(f"{names}; leave the shell with exit")
    replace_process([os.environ.get("SHELL") or "/bin/sh"], env=environment)


@examples("virtsmith ark env libvirt@9.0 qemu@7.2")
@click.command()
@click.argument("requests", nargs=-1, required=True, metavar="APP@VERSION...")
@format_option("text", "json")
@click.pass_obj
def env(place: Path | None, requests: tuple[str, ...], output_format: str, output: Path) -> None:
    """Print the environment variables for building and running programs with versions.

    Use them in a shell with: eval "$(virtsmith ark env libvirt@9.0)".
    """
    from virtsmith.ark import use

    _, versions, _ = _split(place, requests)
    found = use.variables(versions, os.environ)
    for obstacle in use.find_obstacles(versions):
        say(f"warning: {obstacle}")
    if output_format == "json":
        write_json("ark-env", {"variables": found}, output)
    else:
        write_output("".join(f"export {name}={shlex.quote(value)}\n" for name, value in found.items()), output)


_ACTIONS = ("start", "stop", "status", "forget")


@examples("virtsmith ark daemon libvirt@9.0 start --qemu 7.2", "virtsmith ark daemon status")
@click.command()
@click.argument("words", nargs=-1, required=True, metavar="[libvirt@VERSION] {start|stop|status|forget}")
@click.option("--qemu", metavar="VERSION", help="The QEMU that the daemon finds first.")
@click.option("--name", help="Name of the daemon.  [default: derived from the versions]")
@format_option("text", "json")
@click.pass_obj
def daemon(
    place: Path | None, words: tuple[str, ...], *, qemu: str | None, name: str | None, output_format: str, output: Path
) -> int:
    """Start and stop libvirt daemons with separate configuration, sockets and logs; any number at once.

    'status' alone lists all of them; 'forget' deletes the files of a stopped one.
    """
    from virtsmith.ark import Ark
    from virtsmith.ark.daemon import iter_status

    *first, action = words
    if action not in _ACTIONS or len(first) > 1:
        raise UsageError(f"what to do with {' '.join(words)}?", hint="the last word is start, stop, status or forget")
    if not first and name is None:
        if action == "status":
            return _show_status(list(iter_status()), output_format, output)
        raise UsageError(f"which daemon to {action}?", hint="give a version, as in libvirt@9.0, or use --name")
    ark = Ark.open(place)
    libvirt = _installed(ark, first[0]) if first else None
    found = _act(action, libvirt, _installed(ark, f"qemu@{qemu.removeprefix('qemu@')}") if qemu else None, name or "")
    return _show_status([found], output_format, output) if found else ExitCode.OK


def _installed(ark: Ark, word: str) -> InstalledVersion:
    from virtsmith.ark.requests import VersionRequest, require_installed

    return require_installed(ark, VersionRequest.parse(word))


def _act(
    action: str, libvirt: InstalledVersion | None, qemu: InstalledVersion | None, name: str
) -> DaemonStatus | None:
    """Carry out an action on a daemon, and return its status if it is to be shown."""
    from virtsmith.ark import daemon as library

    title = name or (library.default_name(libvirt, qemu) if libvirt else "")
    if action == "start":
        if libvirt is None:
            raise UsageError("which libvirt to start?", hint="give a version, as in libvirt@9.0")
        with waiting(f"starting {title}"):
            return library.start(libvirt, qemu, title)
    if action == "status":
        return library.status(title)
    if action == "forget":
        library.forget(title)
        return None
    with waiting(f"stopping {title}"):
        ran = library.stop(title)
    say(f"{title} {'stopped' if ran else 'was not running'}")
    return None


def _show_status(found: list[DaemonStatus], output_format: str, output: Path) -> int:
    from virtsmith.report.table import Cell, Table, Tone

    if output_format == "json":
        rows = [
            {
                "name": s.name,
                "pid": s.pid,
                "running": s.pid is not None,
                "uri": s.uri,
                "directory": str(s.directory),
                "log": str(s.log),
            }
            for s in found
        ]
        write_json("ark-daemons", {"daemons": rows}, output)
    elif found:
        states = {True: Cell("running", Tone.GOOD), False: Cell("stopped", Tone.DIM)}
        table = [[s.name, states[s.pid is not None], s.pid, s.uri, str(s.log)] for s in found]
        shown = Table.make(["daemon", "state", "pid", "address", "log"], table)
        write_output(table_text(shown, output), output)
    else:
        say("there are no daemons")
    return ExitCode.OK


def _split(place: Path | None, words: tuple[str, ...]) -> tuple[Ark, list[InstalledVersion], list[str]]:
    """Split the leading versions off a command line."""
    from virtsmith.ark.layout import APPS, Ark
    from virtsmith.ark.requests import VersionRequest, require_installed

    ark = Ark.open(place)
    versions: list[InstalledVersion] = []
    for number, word in enumerate(words):
        if word == "--":
            return ark, versions, list(words[number + 1 :])
        if word.partition("@")[0] not in APPS:
            if not versions:
                raise UsageError(f"not a version: {word}", hint="write it like qemu@7.2, and programs after --")
            return ark, versions, list(words[number:])
        versions.append(require_installed(ark, VersionRequest.parse(word)))
    return ark, versions, []


COMMANDS: tuple[click.Command, ...] = (run, shell, env, daemon)
