"""``virtsmith host``: up, down, list, console."""

from __future__ import annotations

import os
import select
import socket
import sys
from pathlib import Path
from typing import Any

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.host.boot_options import boot_options
from virtsmith.cli.options import INPUT, format_option
from virtsmith.cli.output import progress, say, table_text, waiting, write_json, write_output
from virtsmith.errors import ExternalError, UsageError

_LEAVE = b"\x1d"


@examples("virtsmith host up host.toml --name try1", "virtsmith host up host.toml --image debian.qcow2")
@click.command()
@click.argument("spec", type=INPUT)
@click.option(
    "--image",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="IMG",
    help="Boot this disk image, which is set up by cloud-init and never written to.",
)
@click.option(
    "--ssh-key",
    type=INPUT,
    metavar="FILE",
    help="Public key that may log in to the image.  [default: your ~/.ssh/id_*.pub]",
)
@click.option("--probe", is_flag=True, help="Boot a probe guest with a shell (the default without an image).")
@click.option("--name", metavar="NAME", help="Name of the running host.  [default: the spec's]")
@click.option("--kvm", "check_kvm", is_flag=True, help="Load the probe guest's KVM modules.")
@boot_options
def up(
    spec: Path, image: Path | None, ssh_key: Path | None, name: str | None, *, probe: bool, check_kvm: bool, **boot: Any
) -> None:
    """Start a host that stays up after this command.

    It returns when the probe has reported its facts, or the QEMU of a disk image is running. Ctrl-C removes everything
    again. An image sets itself up with cloud-init and reboots; `host verify SPEC --host NAME` then verifies it.
    """
    from virtsmith.cli.host.inputs import load_plan
    from virtsmith.host import find_boot_options, start_host
    from virtsmith.host.run.image import own_public_keys

    if image and (probe or boot["libvirt"]):
        raise UsageError("--image cannot be combined with --probe or --libvirt")
    plan = load_plan(spec)
    if plan.spec.image and not (image or probe or boot["libvirt"]):
        image = Path(plan.spec.image)
    if image and not (ssh_key or own_public_keys()):
        say("no ssh key was found: nobody can log in, unless the image has accounts of its own")
    with progress() as shown:
        options = find_boot_options(
            **boot, architecture=plan.spec.architecture, progress=shown, check_kvm=check_kvm, probe=image is None
        )
        host = start_host(plan, options, name=name, image=image, ssh_key=ssh_key, progress=shown)
    say(f"{host.name} is up ({host.accel}, process {host.pid})")
    if host.ssh_port:
        say(f"ssh -p {host.ssh_port} root@127.0.0.1")
    say(f"virtsmith host console {host.name}")


@examples("virtsmith host down try1", "virtsmith host down --all")
@click.command()
@click.argument("names", nargs=-1, metavar="NAME...")
@click.option("--all", "every", is_flag=True, help="End all hosts.")
def down(names: tuple[str, ...], *, every: bool) -> None:
    """End hosts and remove their files."""
    from virtsmith.host import end_host, find_host, list_hosts

    if bool(names) == every:
        raise UsageError("give the hosts to end, or use --all")
    for host in list_hosts() if every else [find_host(name) for name in names]:
        with waiting(f"ending {host.name}"):
            end_host(host)
        say(f"{host.name} is down")


@examples("virtsmith host list")
@click.command("list")
@format_option("text", "json")
def list_command(output_format: str, output: Path) -> None:
    """List the hosts that were started on this machine."""
    from dataclasses import asdict

    from virtsmith.host import list_hosts
    from virtsmith.report.table import Cell, Table, Tone

    hosts = list_hosts()
    if output_format == "json":
        write_json("host-list", {"hosts": [{**asdict(host), "up": host.is_up} for host in hosts]}, output)
        return
    rows = [
        [
            host.name,
            Cell("up", Tone.GOOD) if host.is_up else Cell("died", Tone.BAD),
            host.kind,
            host.accel,
            host.pid,
            host.ssh_port or "",
        ]
        for host in hosts
    ]
    if rows:
        table = Table.make(["name", "state", "kind", "accel", "pid", "ssh port"], rows)
        write_output(table_text(table, output), output)


@examples("virtsmith host console try1", "virtsmith host console try1 --log")
@click.command()
@click.argument("name")
@click.option("--log", is_flag=True, help="Print the console's output so far and exit.")
def console(name: str, *, log: bool) -> None:
    """Connect to the serial console of a host; Ctrl-] disconnects."""
    from virtsmith.host import find_host
    from virtsmith.qemu.guest import tail

    host = find_host(name)
    if log:
        write_output(tail(host.files.console, 1 << 20))
        return
    if not host.is_up:
        raise ExternalError(f"host {name} has died", hint=f"virtsmith host console --log {name}")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(host.console))
        if sys.stdin.isatty():
            say("connected; Ctrl-] disconnects")
        _talk(connection)


def _talk(connection: socket.socket) -> None:
    """Pass bytes in both directions until the guest or standard input ends, or Ctrl-] is typed."""
    keyboard = sys.stdin.fileno()
    with _raw(keyboard):
        sources: list[Any] = [connection, keyboard]
        while connection in sources:
            ready, _, _ = select.select(sources, [], [], None if keyboard in sources else 2.0)
            if not ready:  # input has ended, and so has the guest's answer
                return
            if connection in ready:
                data = connection.recv(1 << 14)
                if not data:
                    return
                write_output(data)
            if keyboard in ready:
                typed = os.read(keyboard, 1 << 12)
                if _LEAVE in typed:
                    return
                if typed:
                    connection.sendall(typed)
                else:
                    sources.remove(keyboard)


class _raw:  # noqa: N801 - used like a function
    """Raw mode of a terminal for a ``with`` block, so that every key is passed on; does nothing for a pipe."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._saved: list[Any] | None = None

    def __enter__(self) -> None:
        if os.isatty(self._descriptor):
            import termios
            import tty

            self._saved = termios.tcgetattr(self._descriptor)
            tty.setraw(self._descriptor)

    def __exit__(self, *_: object) -> None:
        if self._saved is not None:
            import termios

            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._saved)


COMMANDS: tuple[click.Command, ...] = (up, down, list_command, console)
