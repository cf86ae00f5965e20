"""Options of all commands that boot a host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from virtsmith.cli.options import FOLDER

if TYPE_CHECKING:
    from virtsmith.core.progress import Progress
    from virtsmith.host.run.boot import BootOptions

Command = TypeVar("Command", bound=Callable[..., Any])


def _qemu_program(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    from virtsmith.ark.use import emulator_path

    return emulator_path(value)


qemu_option = click.option("--qemu", callback=_qemu_program, metavar="PROGRAM|qemu@VERSION",
                           help="QEMU: a program, or a version of the ark.  [default: qemu-system-x86_64]")  # fmt: skip
_OPTIONS = (
    qemu_option,
    click.option("--accel", type=click.Choice(["auto", "tcg", "kvm"]), default="auto", show_default=True,
                 help="auto takes KVM only if a trial boot with it succeeds in 20 seconds."),
    click.option("--libvirt", metavar="URI", help="Let this libvirt run the guest, as in qemu:///system."),
    click.option("--kernel", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
                 help="Kernel of the probe guest.  [default: an installed one, else the distribution's]"),
    click.option("--modules", type=FOLDER, metavar="FOLDER", help="Modules of that kernel (lib/modules/VERSION)."),
    click.option("--time-limit", type=click.FloatRange(1), metavar="SECONDS",
                 help="Longest time for one boot.  [default: 120; 400 with a nested guest]"),
)  # fmt: skip


def boot_options(command: Command) -> Command:
    """Add the options; the command receives them as keywords for `make_options`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def make_options(
    *, qemu: str | None, libvirt: str | None, accel: str, kernel: Path | None, modules: Path | None,
    time_limit: float | None, progress: Progress, keep: Path | None = None, check_kvm: bool = False, probe: bool = True,
) -> BootOptions:  # fmt: skip
    """Turn the options into what the library takes: finds the kernel (of a probe guest), chooses the accelerator."""
    from dataclasses import replace

    from virtsmith.host.run.accel import choose_accel
    from virtsmith.host.run.boot import TIME_LIMIT, BootOptions
    from virtsmith.host.run.probe.kernel import find_kernel

    options = BootOptions(
        qemu=qemu, libvirt=libvirt, kernel=find_kernel(kernel, modules, progress=progress) if probe else None,
        time_limit=time_limit or TIME_LIMIT, keep=keep, check_kvm=check_kvm,
    )  # fmt: skip
    return replace(options, accel=choose_accel(accel, options, progress=progress))
