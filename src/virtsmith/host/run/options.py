"""Boot options from user input: finds the kernel and chooses the accelerator."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from virtsmith.core.progress import SILENT, Progress
from virtsmith.host.plan.architecture import DEFAULT, Architecture
from virtsmith.host.run.accel import choose_accel
from virtsmith.host.run.boot import TIME_LIMIT, BootOptions
from virtsmith.host.run.probe.kernel import find_kernel


def find_boot_options(
    *,
    qemu: str | None = None,
    accel: str = "auto",
    libvirt: str | None = None,
    kernel: Path | None = None,
    modules: Path | None = None,
    time_limit: float | None = None,
    keep: Path | None = None,
    check_kvm: bool = False,
    probe: bool = True,
    architecture: Architecture = DEFAULT,
    progress: Progress = SILENT,
) -> BootOptions:
    """Find what a boot needs on this machine.

    Args:
        qemu: the program; by default that of the architecture on the search path.
        accel: ``tcg``, ``kvm``, or ``auto``: KVM if a trial boot with it succeeds in 20 seconds.
        libvirt: the URI of a libvirt that runs the guest.
        kernel: the probe guest's; by default an installed one, else the distribution's.
        modules: the modules of that kernel.
        time_limit: time limit of one boot in seconds; by default 120, or 400 with a nested guest.
        keep: directory for console, firmware log and errors.
        check_kvm: load the guest's KVM modules.
        probe: whether a probe guest is booted, which needs a kernel.
        architecture: the architecture of the host.
        progress: reports the steps.

    Raises:
        MissingError: no QEMU, kernel or busybox.
    """
    options = BootOptions(
        qemu=qemu,
        libvirt=libvirt,
        kernel=find_kernel(kernel, modules, architecture=architecture, progress=progress) if probe else None,
        time_limit=time_limit or TIME_LIMIT,
        keep=keep,
        check_kvm=check_kvm,
    )
    chosen = "tcg" if accel == "auto" and architecture.is_foreign else choose_accel(accel, options, progress=progress)
    return replace(options, accel=chosen)
