"""The QEMUs that real tests of the guest ABI use: those of the suite's ark."""

import pytest

from helpers.suite_ark import QEMUS, provide
from virtsmith.abi.sources.binary import of_installed

each_version = pytest.mark.parametrize("version", QEMUS)


def require(*versions):
    """Some versions, by the beginning of their numbers; skips where one is missing."""
    return [of_installed(found) for found in provide(*(f"qemu@{version}" for version in versions))]


def require_two():
    """The oldest and the newest."""
    return require(QEMUS[0], QEMUS[-1])


def require_all():
    """All that the suite knows, by their full version."""
    return {emulator.binary.version: emulator for emulator in require(*QEMUS)}
