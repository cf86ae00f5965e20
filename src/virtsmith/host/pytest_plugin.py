"""pytest fixture ``virtual_host``: a running, verified virtual host for a project's own tests.

Example:
    def test_my_code_sees_three_nodes(virtual_host):
        host = virtual_host("numa3")
        assert len(host.facts.nodes) == 3
        assert host.run("cat /sys/devices/system/node/online") == "0-2"

A host is booted once per session, on first use, and ended with the session. Tests are skipped with the reason if the
host cannot be booted (no QEMU, no kernel) or if the QEMU lacks a feature it needs. ``VIRTSMITH_QEMU`` names another
QEMU: a program, or an installed version of the ark such as ``qemu@10.0``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from virtsmith.host.spec.model import HostSpec
    from virtsmith.host.testing import VirtualHost


@pytest.fixture(scope="session")
def virtual_host() -> Iterator[Callable[[str | Path | HostSpec], VirtualHost]]:
    """Boot virtual hosts on demand: call it with the name of an example, a spec file, or a `HostSpec`."""
    from virtsmith.ark.use import emulator_path  # noqa: PLC0415 - only where it is used
    from virtsmith.host.testing import HostPool, NotAsDesigned, NotBootable  # noqa: PLC0415

    pool = HostPool(emulator_path(os.environ.get("VIRTSMITH_QEMU")))

    def provide(design: str | Path | HostSpec) -> VirtualHost:
        try:
            return pool.get(design)
        except NotBootable as error:
            pytest.skip(str(error))
        except NotAsDesigned as error:
            pytest.fail(str(error))

    yield provide
    pool.close()
