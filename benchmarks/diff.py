"""Semantic diff and minimal edit: large domains, and the commands beside an empty start of the interpreter."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_SAMPLE = Path(__file__).parents[1] / "library" / "tests" / "xml_helpers" / "samples" / "domain.xml"
_DEVICES = 500
_PASSES = 7
_DISK = """<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/{i}.qcow2'/>
<target dev='sd{i}' bus='scsi'/><alias name='scsi{s}'/><address type='drive' target='{i}' unit='{i}'/></disk>"""
_INTERFACE = """<interface type='bridge'><mac address='52:54:00:00:{h:02x}:{l:02x}'/><source bridge='br0'/>
<target dev='vnet{s}'/><model type='virtio'/><address type='pci' bus='0x{l:02x}' slot='0x01'/></interface>"""
_CONTROLLER = """<controller type='pci' index='{i}' model='pcie-root-port'>
<target chassis='{i}' port='0x{i:x}'/></controller>"""
_CHANNEL = """<channel type='unix'><source mode='bind' path='/{i}'/><target type='virtio' name='org.{i}'/></channel>"""


def main() -> int:
    from libvirtxml import diff, edit, parse

    old, new = parse(_domain(shift=0)), parse(_domain(shift=3))
    missed = 0
    for profile in ("all", "config", "abi"):
        seconds = _least(lambda profile=profile: diff(old, new, profile))  # type: ignore[misc]
        missed += _show(f"diff of two domains of {_DEVICES} devices, {profile}", seconds, 0.200)
    small = parse(_SAMPLE)
    missed += _show("diff of a typical domain", _least(lambda: diff(small, parse(_SAMPLE))), 0.015)

    def change() -> None:
        editing = edit(_SAMPLE.read_bytes())
        editing.document.name = "other"
        editing.finish()

    _show("edit of a typical domain", _least(change), None)
    empty = _least(lambda: _run("-c", "pass"), _time_of_children)
    command = _least(lambda: _run("-m", "virtsmith", "xml", "diff", str(_SAMPLE), str(_SAMPLE)), _time_of_children)
    return missed + _show(f"virtsmith xml diff (python alone: {empty * 1000:.0f} ms)", command, 0.150)


def _time_of_children() -> float:
    """Processor time: on a machine that others use too, the clock on the wall measures them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=False, stdout=subprocess.DEVNULL)


def _least(task: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> float:
    best = float("inf")
    for _ in range(_PASSES):
        start = clock()
        task()
        best = min(best, clock() - start)
    return best


def _show(name: str, seconds: float, target: float | None) -> int:
    verdict = "" if target is None else f"  target {target * 1000:.0f} ms: {'met' if seconds <= target else 'MISSED'}"
    print(f"{name:<58} {seconds * 1000:8.1f} ms{verdict}")
    return int(target is not None and seconds > target)


def _domain(shift: int) -> str:
    """A large domain; with a shift its runtime values differ, and its devices come in another order."""
    kinds = (_DISK, _INTERFACE, _CONTROLLER, _CHANNEL)
    devices = [kinds[i % 4].format(i=i, s=i + shift, h=i // 256, l=i % 256) for i in range(_DEVICES)]
    if shift:
        random.Random(shift).shuffle(devices)
    return f"<domain type='kvm'><name>large</name><devices>{''.join(devices)}</devices></domain>"
