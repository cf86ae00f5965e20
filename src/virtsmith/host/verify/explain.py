"""Explanations of what QEMU, libvirt and the firmware report, or fail to report, about a wrong topology."""

from __future__ import annotations

import re

_REFUSALS: tuple[tuple[str, bool, str], ...] = (
    (r"'([\w.-]+)' is not a valid device model name", True, "this QEMU has no device {0}"),
    (r"eim=on requires accel=kvm", True, "this QEMU has the extended interrupt mode only with KVM (lint rule VH014)"),
    (r"unsupported machine type|[Uu]se -machine help", True, "this QEMU has no such machine type"),
    (r"unable to find CPU model '([^']+)'", True, "this QEMU has no CPU model {0}"),
    (r"Property '[^']*\.([\w-]+)' not found", True, "a device of this QEMU has no property {0}"),
    (r"Bus (\d+) is already in use", False, "two expander buses have the number {0} (lint rule VH006)"),
    (r"Can't add chassis slot", False, "two root ports have the same chassis (lint rule VH005)"),
    (r"property 'size' of memory-backend-ram", False, "a NUMA node has no memory"),
    (r"hugetlbfs|/dev/hugepages", False, "the real host has no huge pages mounted"),
    (r"could not (?:open|load) (?:kernel file|initrd) '([^']+)': Permission denied", False,
     "libvirt's QEMU cannot read {0}: set VIRTSMITH_HOSTS to a directory that its user can access"),
    (r"failed to set MSR|Could not access KVM kernel module|failed to initialize kvm", False,
     "KVM does not work on this machine: use --accel tcg"),
)  # fmt: skip

_PASSING = re.compile(
    "no connection driver available|[Tt]imed out|monitor socket did not show up|failed to connect to monitor|"
    "[Cc]onnection reset|[Cc]annot recv data|End of file while reading data"
)
"""Errors of virsh if a daemon is not ready yet, or an emulator starts too slowly."""


def explain_refusal(errors: str) -> tuple[bool, str]:
    """Whether QEMU's error means that it lacks a feature, and the reason in one sentence."""
    for pattern, unsupported, words in _REFUSALS:
        if match := re.search(pattern, errors):
            return unsupported, words.format(*match.groups())
    lines = errors.strip().splitlines()
    errors_only = [
        line for line in lines if line.startswith("error:")
    ] or lines  # libvirt may warn of other things last
    return False, errors_only[-1] if errors_only else "QEMU ended without a message"


def is_passing(errors: str) -> bool:
    """Whether a start failed because the machine or libvirt was busy, so that another attempt may succeed."""
    return _PASSING.search(errors) is not None


def explain_silence(phase: str, firmware: str, looping: bool) -> str:
    """Why a guest went silent: what its firmware was doing, or how far the kernel got."""
    if looping:
        return "the firmware numbers buses in an endless loop: a bus range runs past 255 (lint rule VH002)"
    if firmware.rstrip().endswith("out of I/O address space"):
        return "the firmware is out of I/O address space: too many ports need it (VH007), or ACPI is off (VH010)"
    return {
        "emulator": "QEMU did not start the firmware",
        "firmware": "it stopped in the firmware",
        "kernel": "it stopped in the kernel, before the probe",
        "probe": "the probe started and sent no facts",
        "facts": "the facts are incomplete",
    }[phase]
