"""Finding a QEMU by name: a version of the ark, a program, or a recording."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from libvirtxml.files import sha256

from virtsmith.abi.dump.model import Binary
from virtsmith.abi.sources.replay import load_recording
from virtsmith.ark.layout import Ark, InstalledVersion
from virtsmith.ark.requests import VersionRequest, require_installed
from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.run import find_program
from virtsmith.errors import InputError, MissingError, UsageError
from virtsmith.qemu.version import qemu_release

PROGRAM = "qemu-system-x86_64"
RECORDING = ".replies"
_WORDS = "write qemu@VERSION, system, or a path"


@dataclass(frozen=True, slots=True)
class Emulator:
    """A QEMU that can be queried: a program to start, or a recording of its replies."""

    binary: Binary
    program: str = ""
    recording: Path | None = None


def find_emulator(text: str, ark: Ark | None = None) -> Emulator:
    """Return the QEMU that an argument of the command line refers to.

    ``qemu@10.0`` is a version of the ark, ``system`` the program on the search path, anything else a path: of a
    program, or of a recording, which ends in ``.replies``.

    Raises:
        NotInstalled, MissingError: it is not installed.
        InputError: the file does not exist, or the recording cannot be read.
        NotQemu: the program is not a QEMU.
    """
    if text == "qemu" or text.startswith("qemu@"):
        return of_installed(require_installed(ark or Ark.open(), VersionRequest.parse(text)))
    if text == "system":
        found = find_program(PROGRAM)
        if found is None:
            raise MissingError(f"program not found: {PROGRAM}", hint="apt install qemu-system-x86, or use qemu@VERSION")
        return of_program(found, ark)
    path = Path(text)
    if not _is_file(path):
        raise InputError("no such file", source=text, hint=_WORDS)
    if path.suffix == RECORDING:
        return of_recording(path)
    if not os.access(path, os.X_OK):
        raise InputError("neither a program nor a recording (*.replies)", source=text, hint=_WORDS)
    return of_program(path.absolute(), ark)


def find_programs(words: Iterable[str], progress: Progress = SILENT) -> list[Emulator]:
    """Return the QEMUs that arguments refer to, which must be programs, each once.

    Raises:
        UsageError: one is a recording, which cannot be started.
        VirtsmithError: as `find_emulator`.
    """
    found: dict[str, Emulator] = {}
    for word in words:
        emulator = find_emulator(word)
        if emulator.recording is not None:
            raise UsageError(f"{word} is a recording: only a program can be started")
        if emulator.binary.sha256 in found:
            progress.warn(f"{word} is the same program as an earlier one")
        found.setdefault(emulator.binary.sha256, emulator)
    return list(found.values())


def of_installed(version: InstalledVersion) -> Emulator:
    """Return the QEMU of an installed version."""
    program = version.launcher(PROGRAM)
    release = qemu_release(program)
    return Emulator(Binary(release.version, release.package or version.id, version.program_sha256), str(program))


def of_program(path: Path, ark: Ark | None = None) -> Emulator:
    """Return the QEMU at a path; a launcher of the ark gives the QEMU that it starts."""
    for version in (ark or Ark.open()).installed("qemu"):
        if path.is_relative_to(version.path):
            return of_installed(version)
    release = qemu_release(path)
    return Emulator(Binary(release.version, release.package, sha256(path)), str(path))


def of_recording(path: Path) -> Emulator:
    """Return the QEMU that a recording was made of."""
    return Emulator(load_recording(path).binary, recording=path)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # the name is too long or contains NUL
        return False
