"""Options of all commands that boot a host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from virtsmith.cli.options import DIRECTORY

Command = TypeVar("Command", bound=Callable[..., Any])


def _qemu_program(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    from virtsmith.ark.use import emulator_path

    return emulator_path(value)


def _libvirt_uri(context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """The URI of a libvirt; that of a pair of the ark is started for as long as the command runs."""
    if value is None or "://" in value:
        return value
    from virtsmith.ark.layout import Ark
    from virtsmith.ark.migrate.journey import temporary_daemon
    from virtsmith.ark.migrate.pair import InstalledPair
    from virtsmith.errors import UsageError

    if not value.startswith("libvirt@"):
        raise UsageError(f"not the URI of a libvirt: {value!r}", hint="write qemu:///system or libvirt@9.0+qemu@7.2")
    if context.info_name != "verify":
        start = f"virtsmith ark daemon {value.replace('+qemu@', ' start --qemu ')}"
        raise UsageError("the libvirt must outlive this command", hint=f"{start}, and give its URI")
    pair = InstalledPair.find(Ark.open(), value.replace("+", "/"))
    return context.with_resource(temporary_daemon(pair)).uri


qemu_option = click.option(
    "--qemu",
    callback=_qemu_program,
    metavar="PROGRAM|qemu@VERSION",
    help="QEMU: a program, or a version of the ark.  [default: qemu-system-x86_64]",
)
_OPTIONS = (
    qemu_option,
    click.option("--accel", type=click.Choice(["auto", "tcg", "kvm"]), default="auto", show_default=True,
                 help="auto uses KVM only if a trial boot with it succeeds in 20 seconds."),
    click.option("--libvirt", metavar="URI|PAIR", callback=_libvirt_uri,
                 help="Run the guest with this libvirt: qemu:///system, or a pair of the ark: libvirt@9.0+qemu@7.2."),
    click.option("--kernel", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
                 help="Kernel of the probe guest.  [default: an installed one, else the distribution's]"),
    click.option("--modules", type=DIRECTORY, metavar="DIR", help="Modules of that kernel (lib/modules/VERSION)."),
    click.option("--time-limit", type=click.FloatRange(1), metavar="SECONDS",
                 help="Time limit of one boot.  [default: 120; 400 with a nested guest]"),
)  # fmt: skip


def boot_options(command: Command) -> Command:
    """Add the options; the command receives them as keywords for `virtsmith.host.find_boot_options`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
