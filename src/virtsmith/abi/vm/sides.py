"""The two sides of a move, as users name them: a QEMU, a libvirt with a QEMU, or a distribution."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from virtsmith.abi.sources.binary import Emulator, find_emulator, of_installed
from virtsmith.ark.catalogue.targets import Targets
from virtsmith.ark.layout import Ark
from virtsmith.ark.migrate.pair import InstalledPair
from virtsmith.errors import UsageError

_HINT = "write debian-12, libvirt@9.0+qemu@7.2, qemu@7.2, system or a path"


@dataclass(frozen=True, slots=True)
class Side:
    """What a VM runs on: a QEMU, and with ``pair`` the libvirt that manages it."""

    emulator: Emulator
    pair: InstalledPair | None = None


def find_side(text: str, ark: Ark) -> Side:
    """Return what an argument of the command line means.

    Raises:
        UsageError: it is none of the forms, or a distribution whose versions are not known.
        VirtsmithError: what it names is not installed, or is a recording.
    """
    if "=" not in text and (text.startswith("qemu") or text == "system" or Path(text).exists()):
        emulator = find_emulator(text, ark)
        if emulator.recording is not None:
            raise UsageError(f"{text} is a recording: only a program can be started")
        return Side(emulator)
    pair = InstalledPair.find(ark, text.replace("+", "/") if text.startswith("libvirt@") else _of_target(text))
    return Side(of_installed(pair.qemu), pair)


def _of_target(text: str) -> str:
    """Return the pair of versions of a distribution."""
    found = Targets().choose([text])
    if len(found) != 1:
        names = ", ".join(target.name for target in found[:5])
        raise UsageError(f"{text} is not one distribution but {len(found)}: {names}", hint=_HINT)
    target = found[0]
    if not target.libvirt or not target.qemu:
        raise UsageError(f"the versions of {target.name} are not known", hint=_HINT)
    return f"libvirt@{target.libvirt}/qemu@{target.qemu}"
