"""The version of a QEMU program, from the output of ``--version``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from libvirtxml.versions import Version

from virtsmith.core.run import run
from virtsmith.errors import ExternalError

_BANNER = re.compile(r"QEMU (?:PC )?emulator version (?P<version>\d+(?:\.\d+)+)(?: ?\((?P<package>[^()\n]*)\))?")
"""Releases of qemu-kvm and of Red Hat up to 1.5 call themselves ``QEMU PC emulator``."""
_SECONDS = 60


class NotQemu(ExternalError):
    """The output of ``--version`` is not that of a QEMU."""


class Release(NamedTuple):
    """The version that a QEMU reports."""

    version: str
    """The upstream version, such as ``1.5.3``."""
    package: str
    """The distribution's package, such as ``qemu-kvm-1.5.3-156.el7`` or ``Debian 1:10.0.13``; empty if not given."""

    @property
    def number(self) -> Version:
        """The upstream version as a comparable object."""
        return Version.parse(self.version)


def parse_banner(text: str) -> Release | None:
    """Return the release in the output of ``--version``; None if it is not that of a QEMU."""
    match = _BANNER.search(text)
    return Release(match["version"], (match["package"] or "").strip()) if match else None


def qemu_release(program: str | Path) -> Release:
    """Return the release of a QEMU program.

    Raises:
        ProgramMissing: the program is not installed.
        ProgramFailed: it failed.
        NotQemu: it is another program.
    """
    answer = run([program, "--version"], timeout=_SECONDS).text
    release = parse_banner(answer)
    if release is None:
        first = answer.strip().partition("\n")[0]
        raise NotQemu(f"{program} is not a QEMU: it calls itself {first or 'nothing'}")
    return release
