"""Boots a planned host with the probe inside and reports how that ended."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from libvirtxml.files import write_atomic

from virtsmith.core.ownership import scratch_directory
from virtsmith.core.progress import SILENT, Progress
from virtsmith.host.build.argv import qemu_argv
from virtsmith.host.facts.model import FactsDamaged, parse_facts
from virtsmith.host.plan.topology import Plan
from virtsmith.host.run.ports import port_arguments, replay_arguments
from virtsmith.host.run.probe.cpio import CpioEntry
from virtsmith.host.run.probe.firmware import firmware_arguments
from virtsmith.host.run.probe.frame import has_end
from virtsmith.host.run.probe.kernel import Kernel, cache_directory, find_busybox, find_kernel
from virtsmith.host.run.probe.payload import build_initramfs
from virtsmith.host.verify.explain import explain_refusal, explain_silence, is_passing
from virtsmith.host.verify.verdict import BootResult, HostVerdict
from virtsmith.qemu.guest import Guest, GuestFiles, size_of, tail
from virtsmith.qemu.version import qemu_release

if TYPE_CHECKING:
    from libvirtxml import Domain

    from virtsmith.host.run.libvirt_guest import LibvirtGuest

TIME_LIMIT = 120.0
_POLL = 0.05
_ATTEMPTS = 3
_KEPT = 8
_LOOP_BYTES = 4 << 20
"""The log of a successful boot has some 60 kB; SeaBIOS numbering buses past 255 writes half a megabyte per second."""
_STALL_SECONDS = 3.0
_FAILURE = re.compile(r"Kernel panic|virtsmith-probe: failed: .*|not syncing")
_KVM_MODULES = ("kvm_amd", "kvm_intel")


@dataclass(frozen=True, slots=True, kw_only=True)
class BootOptions:
    """How to boot: emulator, kernel, accelerator, and the time limit (in seconds per attempt)."""

    qemu: str | None = None
    accel: str = "tcg"
    kernel: Kernel | None = None
    time_limit: float = TIME_LIMIT
    keep: Path | None = None
    """The directory for command line, console, firmware log and frame."""
    libvirt: str | None = None
    """The URI of the libvirt that runs the guest."""
    document: Domain | None = None
    """A domain that libvirt boots instead of the design's own."""
    check_kvm: bool = False
    """Load the guest's KVM modules, so that ``/dev/kvm`` becomes a fact."""


def probe_modules(plan: Plan, *, check_kvm: bool = False) -> list[str]:
    """Kernel modules that a probe guest of this host loads: the drivers of its devices."""
    models = dict.fromkeys(endpoint.device.kind for endpoint in plan.endpoints if endpoint.device.driver is None)
    modules = [module for model in models for module in model.modules]
    if plan.spec.iommu and plan.spec.iommu.model == "virtio":
        modules.insert(0, "virtio_iommu")
    return [*modules, *(_KVM_MODULES if check_kvm else ())]


def kernel_arguments(plan: Plan, extra: Iterable[str] = ()) -> str:
    """The kernel command line of a probe guest: console, IOMMU, huge pages, and options of the probe."""
    words = [f"console={plan.spec.architecture.console}", "quiet", "panic=-1", *plan.spec.architecture.probe_arguments]
    words.append(f"virtsmith.port={plan.spec.architecture.facts_port}")
    words += iommu_arguments(plan)
    words += hugepage_arguments(plan)
    vfs = ",".join(f"{endpoint.guest}={endpoint.device.vfs}" for endpoint in plan.endpoints if endpoint.device.vfs)
    if vfs:
        words.append(f"virtsmith.vfs={vfs}")
    return " ".join([*words, *extra])


def iommu_arguments(plan: Plan) -> list[str]:
    """Kernel arguments that turn the guest's IOMMU on."""
    return ["intel_iommu=on"] if plan.spec.iommu and plan.spec.iommu.model == "intel" else []


def hugepage_arguments(plan: Plan) -> list[str]:
    """Kernel arguments that reserve the guest's huge pages on each node."""
    words = []
    for kib, name in ((2048, "2M"), (1048576, "1G")):
        counts = [f"{n}:{node.hugepages[kib]}" for n, node in enumerate(plan.spec.nodes) if node.hugepages.get(kib)]
        if counts:
            words += [f"hugepagesz={name}", f"hugepages={','.join(counts)}"]
    return words


def boot_probe(
    plan: Plan,
    options: BootOptions | None = None,
    *,
    progress: Progress = SILENT,
    extra: Iterable[CpioEntry] = (),
    modules: Iterable[str] = (),
    words: Iterable[str] = (),
    attempts: int = _ATTEMPTS,
) -> BootResult:
    """Boot a host with the probe inside, up to ``attempts`` times if the emulator dies or hangs.

    Raises:
        MissingError: no QEMU, kernel or busybox.
    """
    options = options or BootOptions()
    architecture = plan.spec.architecture
    kernel = options.kernel or find_kernel(architecture=architecture, progress=progress)
    names = [*probe_modules(plan, check_kvm=options.check_kvm), *modules]
    image = build_initramfs(kernel, find_busybox(architecture), names, extra)
    append = kernel_arguments(plan, words)
    with scratch_directory("host-") as scratch:
        directory = options.keep or scratch
        directory.mkdir(parents=True, exist_ok=True)
        initramfs = store_initramfs(image)
        result = BootResult(HostVerdict.REFUSED)
        for attempt in range(1, attempts + 1):
            files = GuestFiles(directory)
            for old in (files.console, files.facts, files.firmware, files.errors):
                old.unlink(missing_ok=True)
            progress.start(f"boot {plan.spec.name} ({options.accel}, attempt {attempt})")
            guest = _start(plan, options, files, kernel=kernel, initramfs=initramfs, append=append)
            result = replace(_follow(guest, options, progress), attempts=attempt, accel=options.accel)
            progress.done()
            if result.verdict not in (HostVerdict.DIED, HostVerdict.HUNG) or result.phase == "firmware":
                break
        return result


def probe_argv(plan: Plan, options: BootOptions, *, kernel: Kernel, initramfs: Path, append: str) -> list[str]:
    """The QEMU command line of a probe guest without its serial ports; QEMU exits if the guest panics."""
    argv = qemu_argv(plan, qemu=options.qemu, accel=options.accel, threads=tcg_threads(plan, options))
    argv += firmware_arguments(plan.spec.architecture)
    return [*argv, "-no-reboot", "-kernel", str(kernel.image), "-initrd", str(initramfs), "-append", append]


def store_initramfs(image: bytes) -> Path:
    """Store an initramfs by digest, so that the command line of a failed boot can be rerun; old ones are deleted."""
    directory = cache_directory() / "initramfs"
    path = directory / hashlib.sha256(image).hexdigest()[:16]
    if path.exists():
        path.touch()
    else:
        write_atomic(path, image)
    for old in sorted(directory.iterdir(), key=lambda path: path.stat().st_mtime)[:-_KEPT]:
        old.unlink(missing_ok=True)
    return path


def tcg_threads(plan: Plan, options: BootOptions) -> str:
    """``single`` for QEMU 10.0, whose multi-threaded TCG aborts in one of five boots (``iotlb_to_section``)."""
    release = qemu_release(options.qemu or plan.spec.architecture.program)
    return "single" if release.number.numbers[:2] == (10, 0) else "multi"


def _start(
    plan: Plan, options: BootOptions, files: GuestFiles, *, kernel: Kernel, initramfs: Path, append: str
) -> Guest | LibvirtGuest:
    if options.libvirt is None:
        argv = probe_argv(plan, options, kernel=kernel, initramfs=initramfs, append=append)
        architecture = plan.spec.architecture
        return Guest(argv, files, port_arguments(architecture, files), replay_arguments(architecture))
    from virtsmith.host.run.libvirt_guest import LibvirtGuest, probe_domain  # noqa: PLC0415 - loads the document model

    domain = probe_domain(
        plan,
        files,
        name=f"{plan.spec.name}-{os.getpid()}",
        accel=options.accel,
        kernel=kernel.image,
        initramfs=initramfs,
        append=append,
        emulator=options.qemu,
        document=options.document,
    )
    return LibvirtGuest(options.libvirt, domain, files)


def _follow(guest: Guest | LibvirtGuest, options: BootOptions, progress: Progress) -> BootResult:
    with guest:
        watch = _Watch(guest, options.time_limit)
        while not watch.over():
            if phase := watch.new_phase():
                progress.step(detail=phase)
            time.sleep(_POLL)
        status, seconds = guest.status(), guest.seconds
    return _judge(guest, status, seconds, watch)


def _frame(files: GuestFiles) -> bytes:
    try:
        return files.facts.read_bytes()
    except OSError:
        return b""


class _Watch:
    """Follows a boot through its phases and detects when there is nothing left to wait for."""

    def __init__(self, guest: Guest | LibvirtGuest, limit: float) -> None:
        self.guest = guest
        self.limit = limit
        self.phase = "emulator"
        self.looping = False
        self._firmware_size = 0
        self._firmware_time = time.monotonic()

    def new_phase(self) -> str | None:
        """The phase, if it has changed since the last call."""
        before, self.phase = self.phase, self._phase()
        return self.phase if self.phase != before else None

    def _phase(self) -> str:
        files = self.guest.files
        if size_of(files.facts):
            return "facts"
        if "virtsmith-probe: started" in tail(files.console):
            return "probe"
        firmware = tail(files.firmware, 2048)
        if size_of(files.console) or "Booting from" in firmware:
            return "kernel"
        return "firmware" if firmware else "emulator"

    def over(self) -> bool:
        files = self.guest.files
        if self.guest.status() is not None or has_end(_frame(files)) or self.guest.seconds > self.limit:
            self.phase = self._phase()
            return True
        return self._firmware_stuck()

    def _firmware_stuck(self) -> bool:
        """Whether the firmware is in an endless loop, or has given up with an error."""
        files = self.guest.files
        size = size_of(files.firmware)
        if size != self._firmware_size:
            self._firmware_size, self._firmware_time = size, time.monotonic()
        if size > _LOOP_BYTES:
            self.looping = True
            return True
        stalled = time.monotonic() - self._firmware_time > _STALL_SECONDS
        return stalled and tail(files.firmware, 256).rstrip().endswith("out of I/O address space")


def _judge(guest: Guest | LibvirtGuest, status: int | None, seconds: float, watch: _Watch) -> BootResult:
    files = guest.files
    base = BootResult(
        HostVerdict.OK,
        seconds=seconds,
        command_line=guest.replay,
        phase=watch.phase,
        status=status,
        console=tail(files.console),
        firmware=tail(files.firmware),
        errors=tail(files.errors),
    )
    failure = _FAILURE.search(base.console)
    whole = has_end(_frame(files))
    if status is None and not whole:
        return replace(base, verdict=HostVerdict.HUNG, reason=explain_silence(base.phase, base.firmware, watch.looping))
    if status not in (None, 0) and not whole:
        return _judge_death(base, status or 0)
    if failure is not None:
        return replace(base, verdict=HostVerdict.GUEST_FAILED, reason=failure[0].strip())
    try:
        return replace(base, facts=parse_facts(_frame(files), "probe"))
    except FactsDamaged as error:
        return replace(base, verdict=HostVerdict.DAMAGED, reason=error.reason)


def _judge_death(base: BootResult, status: int) -> BootResult:
    """QEMU ended with an error: it refused its arguments, or died during the boot."""
    if status == 1 and base.phase == "emulator" and not is_passing(base.errors):
        unsupported, reason = explain_refusal(base.errors)
        return replace(base, verdict=HostVerdict.UNSUPPORTED if unsupported else HostVerdict.REFUSED, reason=reason)
    how = f"killed by signal {-status}" if status < 0 else f"status {status}"
    last = base.errors.strip().splitlines()
    return replace(base, verdict=HostVerdict.DIED, reason=f"{how}{': ' + last[-1] if last else ''}")
