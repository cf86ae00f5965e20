"""The UEFI of guests that need one: it comes with QEMU or the distribution, or is downloaded and not installed."""

from __future__ import annotations

import os
from pathlib import Path

from virtsmith.host.plan.architecture import Architecture
from virtsmith.host.run.probe.kernel import cache_directory
from virtsmith.host.run.probe.packages import unpack_package

_PACKAGE = "qemu-efi-{}"
_FILE = "usr/share/qemu-efi-{}/QEMU_EFI.fd"


def firmware_arguments(architecture: Architecture) -> list[str]:
    """The QEMU arguments for the firmware; none where QEMU brings its own.

    Raises:
        FetchFailed: it cannot be downloaded.
    """
    return ["-bios", str(find_firmware(architecture))] if architecture.needs_uefi else []


def find_firmware(architecture: Architecture) -> Path:
    """A UEFI: ``VIRTSMITH_FIRMWARE``, or that of a distribution whose guests have NUMA, downloaded.

    What is installed may be older and is not used.

    Raises:
        FetchFailed: it cannot be downloaded.
    """
    if given := os.environ.get("VIRTSMITH_FIRMWARE"):
        return Path(given)
    target = cache_directory() / f"firmware-{architecture.name}"
    unpack_package(architecture, _PACKAGE.format(architecture.name), target)
    return target / _FILE.format(architecture.name)
