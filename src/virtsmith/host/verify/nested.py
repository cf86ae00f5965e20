"""Nested device assignment, verified by traffic: a nested guest gets an address through the card assigned to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from libvirtxml.files import read_bytes
from libvirtxml.findings import Finding, Severity

from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.run import require_program, run
from virtsmith.errors import MissingError, UsageError
from virtsmith.host.plan.topology import Endpoint, Plan
from virtsmith.host.run.boot import TIME_LIMIT, BootOptions, boot_probe
from virtsmith.host.run.probe.cpio import CpioEntry, pack, regular, symlink
from virtsmith.host.run.probe.kernel import Kernel, find_busybox, find_kernel
from virtsmith.host.run.probe.payload import script
from virtsmith.host.verify.verdict import HostVerdict, Verification
from virtsmith.host.verify.verify import verify_facts

NESTED_LIMIT = 400.0
"""Default time limit of a boot with a nested guest, in seconds."""
ADDRESS = "10.0.2.15"
"""The first address that QEMU's user network assigns."""
_MODULES = ("vfio_iommu_type1", "vfio_pci")
_FIRMWARE = ("bios-256k.bin", "kvmvapic.bin", "linuxboot_dma.bin")
_LIBRARY = re.compile(r"(?:^|=> )[ \t]*+(/\S++)", re.MULTILINE)


def choose_device(plan: Plan, kind: str = "auto") -> tuple[Endpoint, str]:
    """The card to assign, the last one of the host, and the address of its function.

    Args:
        plan: the host.
        kind: ``pf``, ``vf``, or ``auto``: a virtual function if the host has one.

    Raises:
        UsageError: the host has no such function.
    """
    cards = [
        endpoint for endpoint in plan.endpoints if endpoint.device.kind.is_nic and endpoint.device.model != "virtio"
    ]
    with_functions = [card for card in cards if card.device.vfs]
    if kind == "vf" or (kind == "auto" and with_functions):
        if not with_functions:
            raise UsageError(f"{plan.spec.name} has no card with virtual functions", hint="use --nested pf")
        return with_functions[-1], with_functions[-1].vf_addresses()[0]
    if not cards:
        raise UsageError(f"{plan.spec.name} has no e1000e or igb card to assign to a nested guest")
    return cards[-1], cards[-1].guest


def verify_nested(
    plan: Plan,
    options: BootOptions | None = None,
    *,
    kind: str = "auto",
    nested_qemu: str | None = None,
    booted: Plan | None = None,
    progress: Progress = SILENT,
) -> Verification:
    """Boot a host, verify it, assign one function to a nested guest and check that guest's traffic.

    Args:
        plan: the design; its IOMMU makes the assignment possible.
        options: how to boot the host itself.
        kind: ``pf``, ``vf`` or ``auto``.
        nested_qemu: the QEMU program to run in the host; by default the one on PATH.
        booted: another plan to boot instead of the design.
        progress: reports the phases.

    Raises:
        UsageError: the host has no IOMMU, or no such function.
        UnsupportedArchitecture: emulated CPUs of its architecture cannot nest.
        MissingError: no QEMU, kernel or busybox.
    """
    if plan.spec.iommu is None:
        raise UsageError(f"{plan.spec.name} has no IOMMU, so it cannot assign devices", hint='add: iommu = "intel"')
    plan.spec.architecture.require_nesting()
    options = options or BootOptions()
    endpoint, address = choose_device(plan, kind)
    kernel = options.kernel or find_kernel(progress=progress)
    limit = NESTED_LIMIT if options.time_limit == TIME_LIMIT else options.time_limit
    options = replace(options, kernel=kernel, check_kvm=True, time_limit=limit)
    progress.start("building the nested guest")
    program = Path(nested_qemu) if nested_qemu else require_program(plan.spec.architecture.program)
    extra = list(_payload(kernel, program, endpoint))
    progress.done()
    result = boot_probe(
        booted or plan, options, progress=progress, extra=extra, modules=_MODULES, words=[f"virtsmith.nested={address}"]
    )
    if result.facts is None:
        return Verification(plan.spec.name, result.verdict, boot=result)
    verified = verify_facts(plan, [result.facts], check_kvm=True, boot=result)
    found = list(judge_nested(endpoint, address, result.facts.data.get("nested", {})))
    return replace(
        verified,
        findings=(*verified.findings, *found),
        verdict=HostVerdict.DIFFERS if found else verified.verdict,
        checked=(*verified.checked, "nested assignment"),
    )


def judge_nested(endpoint: Endpoint, address: str, found: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare the nested guest's report with what proves the assignment: an address, three echoes, interrupts."""
    kind = endpoint.device.kind
    is_vf = address != endpoint.guest
    error = str(found.get("error", ""))
    expected = {
        "bound": "vfio-pci",
        "driver": kind.modules[-1] if is_vf else kind.modules[0],
        "lease": ADDRESS,
        "ping": "3",
        **({} if is_vf or endpoint.mac is None else {"mac": endpoint.mac}),
    }
    for key, value in expected.items():
        if found.get(key) != value:
            yield _finding(address, key, value, str(found.get(key) or "nothing"), explain_assignment(error))
            return
    if not str(found.get("irqs", "")).strip("0"):
        yield _finding(address, "irqs", "message-signalled interrupts", "none", "interrupt remapping does not work")


def explain_assignment(error: str) -> str:
    """Why an assignment failed, from the nested QEMU's error."""
    if "not viable" in error:
        return "other functions share its IOMMU group: use pcie-root-port, which has ACS (lint rule VH008)"
    if "Operation not permitted" in error:
        return "no interrupt remapping: set intremap, or unsafe-interrupts in the spec"
    return f"the nested QEMU reports: {error}" if error else "the card carried no traffic in the nested guest"


def _finding(address: str, key: str, expected: str, found: str, cause: str) -> Finding:
    return Finding("verify/nested", Severity.ERROR, f"{address} in the nested guest: {key}", cause, expected, found)


def _payload(kernel: Kernel, qemu: Path, endpoint: Endpoint) -> Iterator[CpioEntry]:
    yield regular("nested.sh", script("nested.sh"))
    yield regular("nested/vmlinuz", read_bytes(kernel.image, limited=False))
    yield regular("nested/initramfs", _guest_image(kernel, endpoint))
    yield from _qemu_files(qemu)


def _guest_image(kernel: Kernel, endpoint: Endpoint) -> bytes:
    loaded = kernel.load_order(list(endpoint.device.kind.modules))
    return pack(
        [
            regular("bin/busybox", read_bytes(find_busybox(), limited=False), executable=True),
            symlink("bin/sh", "busybox"),
            regular("init", script("nested-guest.sh"), executable=True),
            regular("lease.sh", script("lease.sh"), executable=True),
            regular("modules.list", "".join(f"{name}\n" for name, _data in loaded).encode()),
            *(regular(f"modules/{name}.ko", data) for name, data in loaded),
        ]
    )


def _qemu_files(program: Path) -> Iterator[CpioEntry]:
    """The emulator to run in the host, with its libraries and firmware, found as the loader finds them."""
    yield regular("nested/qemu", read_bytes(program, limited=False), executable=True)
    libraries = [Path(text) for text in _LIBRARY.findall(run(["ldd", program], allow=()).text)]
    if not libraries:
        raise MissingError(f"{program} is not a program with libraries", hint="give one with --nested-qemu")
    for library in libraries:
        name = "loader" if library.name.startswith("ld-linux") else library.name
        yield regular(f"nested/lib/{name}", read_bytes(library, limited=False), executable=True)
    directories = [
        Path(line.strip()) for line in run([program, "-L", "help"], allow=()).text.splitlines() if line.strip()
    ]
    for name in _FIRMWARE:
        found = next((directory / name for directory in directories if (directory / name).is_file()), None)
        if found is None:
            raise MissingError(f"no firmware file {name} for the nested guest", hint="install seabios")
        yield regular(f"nested/share/{name}", read_bytes(found, limited=False))
