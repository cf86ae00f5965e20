"""The QEMUs that real tests of the guest ABI use: those of the ark."""

import pytest

from virtsmith.abi.sources.binary import of_installed
from virtsmith.ark.layout import Ark


def installed():
    """All of them, by version."""
    return {version.version: of_installed(version) for version in Ark.open().installed("qemu") if version.version}


def require(*versions):
    """Some versions, by the beginning of their numbers; skips where one is missing."""
    known = installed()
    found = []
    for wanted in versions:
        fitting = [emulator for version, emulator in known.items() if (version + ".").startswith(wanted + ".")]
        if not fitting:
            pytest.skip(f"QEMU {wanted} is not in the ark: virtsmith ark install qemu@{wanted}")
        found.append(fitting[-1])
    return found


def require_two():
    """The oldest and the newest; skips where there is only one."""
    known = list(installed().values())
    if len(known) < 2:
        pytest.skip("fewer than two QEMUs are in the ark: virtsmith ark install qemu@7.2 qemu@10.0")
    return known[0], known[-1]
