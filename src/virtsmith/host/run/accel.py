"""The choice of accelerator. A ``/dev/kvm`` that opens may still not work, so ``auto`` tries a timed boot."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from libvirtxml.files import write_atomic

from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.run import find_program
from virtsmith.host.plan.architecture import DEFAULT
from virtsmith.host.plan.topology import plan
from virtsmith.host.run.boot import BootOptions, boot_probe
from virtsmith.host.run.probe.kernel import cache_directory
from virtsmith.host.spec.model import HostSpec, NumaNode
from virtsmith.host.verify.verdict import HostVerdict

TRIAL_SECONDS = 20.0
_KVM = Path("/dev/kvm")


def choose_accel(requested: str, options: BootOptions, *, progress: Progress = SILENT) -> str:
    """``kvm`` or ``tcg`` for ``auto``; otherwise the requested accelerator.

    KVM is chosen only if the smallest guest reports its facts with it within 20 seconds. The answer is cached for each
    QEMU program and kernel of this machine.

    Raises:
        MissingError: no QEMU, kernel or busybox.
    """
    if requested != "auto":
        return requested
    if not _KVM.exists():
        return "tcg"
    key = _key(options)
    record = cache_directory() / "accelerators.json"
    known = _load(record)
    if key not in known:
        known[key] = "kvm" if _trial(options, progress) else "tcg"
        write_atomic(record, json.dumps(known, indent=2, sort_keys=True) + "\n")
    return known[key]


def _trial(options: BootOptions, progress: Progress) -> bool:
    spec = HostSpec(name="kvm-trial", nodes=(NumaNode(cpus=(0,), memory_kib=512 << 10),), nested=False)
    trial = replace(options, accel="kvm", time_limit=TRIAL_SECONDS, keep=None, check_kvm=False)
    return boot_probe(plan(spec), trial, progress=progress, attempts=1).verdict is HostVerdict.OK


def _key(options: BootOptions) -> str:
    program = options.qemu or str(find_program(DEFAULT.program) or "")
    try:
        stamp = Path(program).stat()
    except OSError:
        return program
    return f"{program} {stamp.st_size} {int(stamp.st_mtime)} on {os.uname().release}"


def _load(record: Path) -> dict[str, str]:
    try:
        found = json.loads(record.read_text())
    except (OSError, ValueError):
        return {}
    return {k: v for k, v in found.items() if v in ("kvm", "tcg")} if isinstance(found, dict) else {}
