"""A boot of the probe guest with a program that stands in for QEMU."""

import json

import pytest

from helpers import stand_in
from virtsmith.host.plan.topology import plan
from virtsmith.host.run.boot import BootOptions, boot_probe
from virtsmith.host.run.probe.frame import wrap
from virtsmith.host.run.probe.kernel import Kernel
from virtsmith.host.spec.examples import example_spec

FRAME = wrap(json.dumps({"schema": 1, "kernel": "6", "nodes": [], "pci": []}).encode())
STARTED = ("console", b"virtsmith-probe: started\n")
PLAN = plan(example_spec("minimal"))


@pytest.fixture
def boot(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    busybox = tmp_path / "busybox"
    header = b"\x7fELF\x02" + bytes(27) + (64).to_bytes(8, "little") + bytes(14) + (56).to_bytes(2, "little")
    busybox.write_bytes(header + bytes(100))
    monkeypatch.setenv("VIRTSMITH_BUSYBOX", str(busybox))
    (tmp_path / "modules").mkdir()
    (tmp_path / "vmlinuz").write_bytes(b"kernel")
    kernel = Kernel(tmp_path / "vmlinuz", tmp_path / "modules")

    def run(*writes, limit=20.0, keep=None, **how):
        qemu = stand_in.make(tmp_path, *writes, **how)
        return boot_probe(PLAN, BootOptions(qemu=qemu, kernel=kernel, time_limit=limit, keep=keep))

    run.kernel = kernel
    run.directory = tmp_path
    return run
