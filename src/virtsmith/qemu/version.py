"""Which QEMU a program is."""

from __future__ import annotations

import re
from functools import cache

from libvirtxml.versions import Version

from virtsmith.core.run import ProgramFailed, run

_VERSION = re.compile(r"QEMU emulator version (\d+(?:\.\d+)+)")


@cache
def qemu_version(program: str) -> Version | None:
    """The version a QEMU program reports; None where it cannot be read from its answer.

    Raises:
        ProgramMissing: there is no such program.
    """
    try:
        answer = run([program, "--version"], timeout=30).text
    except ProgramFailed:
        return None
    match = _VERSION.search(answer)
    return Version.parse(match[1]) if match else None
