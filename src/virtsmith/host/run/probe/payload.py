"""Builds the initramfs of a probe guest."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from libvirtxml.files import read_bytes

from virtsmith.host.run.probe.cpio import CpioEntry, character_device, directory, pack, regular, symlink
from virtsmith.host.run.probe.kernel import Kernel


def build_initramfs(kernel: Kernel, busybox: Path, modules: Iterable[str], extra: Iterable[CpioEntry] = ()) -> bytes:
    """The root file system: busybox, the probe, and the modules in the order to load them.

    It is not compressed: decompression in an emulated guest takes longer than copying by the firmware.
    """
    loaded = kernel.load_order(list(modules))
    entries = [
        regular("bin/busybox", read_bytes(busybox, limited=False), executable=True),
        symlink("bin/sh", "busybox"),
        directory("dev"),
        character_device("dev/console", 5, 1),
        regular("init", script("init.sh"), executable=True),
        regular("probe.sh", script("probe.sh")),
        regular("modules.list", "".join(f"{name}\n" for name, _data in loaded).encode()),
        *(regular(f"modules/{name}.ko", data) for name, data in loaded),
        *extra,
    ]
    return pack(entries)


def script(name: str) -> bytes:
    """A shell script that comes with the probe."""
    return (files("virtsmith.host.run.probe") / name).read_bytes()
