"""Virtual hosts: how long a design takes, and what verification costs beside the bare boot of the same guest.

The targets: the reference host is designed (numbered and written as XML) in 100 ms beyond start-up and one of 8 nodes
and 128 devices in 1 s; a verification takes at most 25 s, and at most 1.3 times the bare boot, in which the same QEMU
command line boots the same kernel with the same archive, loads the same drivers and powers off.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from virtsmith.errors import VirtsmithError
from virtsmith.host.plan.topology import Plan, plan
from virtsmith.host.run.boot import BootOptions, boot_argv, kernel_arguments, probe_modules
from virtsmith.host.run.probe.cpio import character_device, folder, pack, regular, symlink
from virtsmith.host.run.probe.kernel import find_busybox, find_kernel
from virtsmith.host.spec.examples import example_spec
from virtsmith.host.spec.model import Complex, Device, HostSpec, NumaNode
from virtsmith.host.verify.verdict import HostVerdict
from virtsmith.host.verify.verify import verify_boot
from virtsmith.qemu.guest import GuestFiles

_BARE_INIT = b"""#!/bin/busybox sh
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev
while read -r module; do busybox insmod /modules/$module.ko; done < /modules.list
busybox poweroff -f
"""
_ROUNDS = 3


def main() -> int:
    """Measure, print a line for each target, and return how many were missed."""
    missed = 0
    for name, limit, source in (("3 nodes, 9 devices", 0.1, '"numa3"'), ("8 nodes, 128 devices", 1.0, "LARGE")):
        seconds = design_seconds(source)
        missed += report(f"design of {name}", seconds, limit)
    try:
        bare, verified = boot_seconds(plan(example_spec("numa3")))
    except VirtsmithError as error:
        print(f"   no boots: {error}")
        return missed
    print(f"   bare boot {bare:.1f} s, verification {verified:.1f} s, ratio {verified / bare:.2f}")
    return missed + report("verification", verified, 25.0) + report("verification / bare boot", verified / bare, 1.3)


def report(name: str, value: float, limit: float) -> int:
    """Print a figure beside its target; return 1 if it was missed."""
    print(f"   {name}: {value:.3f} (target {limit:g}){'' if value <= limit else '  MISSED'}")
    return int(value > limit)


def large_spec() -> HostSpec:
    """A host of 8 nodes with 16 devices each."""
    devices = tuple(Device(model="virtio") for _ in range(16))
    return HostSpec(
        name="large",
        nodes=tuple(NumaNode(cpus=(n,), memory_kib=1 << 20, complexes=(Complex(devices=devices),)) for n in range(8)),
    )


def design_seconds(source: str) -> float:
    """CPU seconds from a started interpreter (nothing of ours imported) to the written XML; median of fresh runs."""
    code = (
        "import time; start = time.process_time()\n"
        "from virtsmith.host.build.domain import build_domain\n"
        "from virtsmith.host.plan.topology import plan\n"
        + (
            "from virtsmith.host.spec.examples import example_spec\nspec = example_spec('numa3')\n"
            if source != "LARGE"
            else "from benchmarks.host import large_spec\nspec = large_spec()\n"
        )
        + "text = build_domain(plan(spec)).to_xml()\nprint(time.process_time() - start)\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}

    def once() -> float:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, env=environment)
        return float(done.stdout)

    once()  # byte code is written by the first run, as an installation does it
    return statistics.median(once() for _ in range(5))


def boot_seconds(design: Plan) -> tuple[float, float]:
    """Median seconds of bare boots and of verifications, taken in turn."""
    bare, verified = [], []
    for _ in range(_ROUNDS):
        bare.append(bare_boot(design))
        start = time.monotonic()
        result = verify_boot(design, BootOptions(kernel=find_kernel()))
        verified.append(time.monotonic() - start)
        if result.verdict is not HostVerdict.OK:
            raise VirtsmithError(f"the host is not as designed: {result.verdict.meaning}")
    return statistics.median(bare), statistics.median(verified)


def bare_boot(design: Plan) -> float:
    """Seconds of one boot that does nothing but load the drivers."""
    kernel = find_kernel()
    modules = kernel.load_order(probe_modules(design))
    image = pack(
        [
            regular("bin/busybox", find_busybox().read_bytes(), executable=True),
            symlink("bin/sh", "busybox"),
            *(folder(name) for name in ("proc", "sys", "dev")),
            character_device("dev/console", 5, 1),
            regular("init", _BARE_INIT, executable=True),
            regular("modules.list", "".join(f"{name}\n" for name, _ in modules).encode()),
            *(regular(f"modules/{name}.ko", data) for name, data in modules),
        ]
    )
    with tempfile.TemporaryDirectory() as scratch:
        initramfs = Path(scratch) / "initramfs"
        initramfs.write_bytes(image)
        files = GuestFiles(Path(scratch))
        argv = boot_argv(
            design, BootOptions(), files, kernel=kernel, initramfs=initramfs, append=kernel_arguments(design)
        )
        start = time.monotonic()
        subprocess.run(argv, check=True, timeout=180, capture_output=True)
        return time.monotonic() - start
