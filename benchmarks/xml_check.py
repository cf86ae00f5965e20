"""``virtsmith xml check``: the whole command, and what of it is our own work beyond start-up and parsing."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from libvirtxml import (
    Devices,
    DiskFile,
    DiskFileSource,
    DiskTarget,
    Domain,
    InterfaceNetwork,
    InterfaceNetworkSource,
)
from libvirtxml._impl.parse import parse_tree
from libvirtxml.acceptance import check

MOST_OWN_MS = 15.0
MOST_COMMAND_MS = 150.0


def sample() -> bytes:
    """A domain with a dozen devices, as libvirt writes it."""
    text = (
        "<domain type='kvm'><name>web</name><uuid>c7a5fdbd-cdaf-9455-926a-d65c16db1809</uuid>"
        "<memory unit='KiB'>4194304</memory><vcpu placement='static'>4</vcpu>"
        "<os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type><boot dev='hd'/></os><features><acpi/></features>"
        "<cpu mode='host-passthrough' check='none' migratable='on'/><clock offset='utc'/><devices>"
        "<controller type='pci' index='0' model='pcie-root'/><memballoon model='virtio'/>"
        "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm></devices></domain>"
    )
    domain = Domain.parse(text)
    devices = domain.devices or Devices()
    for i, letter in enumerate("abcdef"):
        disk = DiskFile(
            device="disk",
            source=DiskFileSource(file=f"/images/{letter}.qcow2"),
            target=DiskTarget(dev=f"vd{letter}", bus="virtio"),
        )
        devices.disks.append(disk)
        devices.interfaces.append(InterfaceNetwork(source=InterfaceNetworkSource(network=f"net{i}")))
    return domain.to_xml().encode()


def _processor_time() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(item.ru_utime + item.ru_stime for item in used)


def _milliseconds(call: Callable[[], object], count: int = 9) -> float:
    """The median processor time of calls, programs that they run included: other load on the machine counts little."""
    times = []
    for _ in range(count):
        start = _processor_time()
        call()
        times.append(_processor_time() - start)
    return 1000 * statistics.median(times)


OWN = """
import sys, time
from libvirtxml import acceptance
data = open(sys.argv[1], "rb").read()
from libvirtxml._impl.parse import parse_tree
parse_tree(data)
start = time.process_time()
acceptance.check(data, "7.0..12.8")
print(1000 * (time.process_time() - start))
"""


def main() -> int:
    data = sample()
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "web.xml"
        path.write_bytes(data)
        command = [sys.executable, "-m", "virtsmith", "xml", "check", str(path), "--libvirt", "7.0..12.8"]
        whole = _milliseconds(lambda: subprocess.run(command, check=True, capture_output=True))
        start_up = _milliseconds(
            lambda: subprocess.run([sys.executable, "-m", "virtsmith", "--version"], check=True, capture_output=True)
        )
        runs = [
            subprocess.run([sys.executable, "-c", OWN, str(path)], check=True, capture_output=True, text=True)
            for _ in range(9)
        ]
    parsing = _milliseconds(lambda: [parse_tree(data) for _ in range(100)]) / 100
    own = statistics.median(float(run.stdout) for run in runs) - parsing
    again = _milliseconds(lambda: [check(data, "7.0..12.8") for _ in range(100)]) / 100
    print(f"processor time for {len(data)} bytes:")
    print(f"whole command {whole:.0f} ms (at most {MOST_COMMAND_MS:.0f}); start-up (--version) {start_up:.0f} ms")
    print(f"own work with the table of dates {own:.1f} ms (at most {MOST_OWN_MS:.0f}); others {again:.1f} ms")
    return int(whole > MOST_COMMAND_MS) + int(own > MOST_OWN_MS)
