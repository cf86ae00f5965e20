"""Which QEMU a program is: the one place that reads what QEMU prints for ``--version``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from libvirtxml.versions import Version

from virtsmith.core.run import run
from virtsmith.errors import ExternalError

_BANNER = re.compile(r"QEMU (?:PC )?emulator version (?P<version>\d+(?:\.\d+)+)(?: ?\((?P<package>[^()\n]*)\))?")
"""``QEMU PC emulator`` is what releases up to 1.5 of qemu-kvm and of Red Hat call themselves."""
_SECONDS = 60


class NotQemu(ExternalError):
    """A program that does not answer ``--version`` as a QEMU does."""


class Release(NamedTuple):
    """What a QEMU says that it is."""

    version: str
    """The upstream version, such as ``1.5.3``."""
    package: str
    """The distribution's package, such as ``qemu-kvm-1.5.3-156.el7`` or ``Debian 1:10.0.13``; empty where unnamed."""

    @property
    def number(self) -> Version:
        """The upstream version, to be compared."""
        return Version.parse(self.version)


def parse_banner(text: str) -> Release | None:
    """The release that the output of ``--version`` names; None where it is not a QEMU's."""
    match = _BANNER.search(text)
    return Release(match["version"], (match["package"] or "").strip()) if match else None


def qemu_release(program: str | Path) -> Release:
    """The release of a QEMU program.

    Raises:
        ProgramMissing: there is no such program.
        ProgramFailed: it ended with an error.
        NotQemu: it is another program.
    """
    answer = run([program, "--version"], timeout=_SECONDS).text
    release = parse_banner(answer)
    if release is None:
        first = answer.strip().partition("\n")[0]
        raise NotQemu(f"{program} is not a QEMU: it calls itself {first or 'nothing'}")
    return release
