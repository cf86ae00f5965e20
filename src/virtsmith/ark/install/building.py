"""What a build against an installed libvirt needs: pkg-config files and the libraries to link with."""

from __future__ import annotations

import re
from pathlib import Path

from libvirtxml.versions import Version

from virtsmith.core.drafts import write_draft

_FAMILY = re.compile(r"libvirt.*\.so(\.\d+)*")
_VARIABLE = re.compile(r"^([\w.]+)\s*=\s*/usr(?=/|$)", re.MULTILINE)
_C_LIBRARY = re.compile(rb"GLIBC_(\d+\.\d+(?:\.\d+)?)\0")
"""In a library's table of the versions that it requires."""


def offer(draft: Path, target: Path) -> None:
    """Fill ``lib`` of a version that is being created in ``draft`` and will be moved to ``target``.

    ``lib/pkgconfig`` gets the packages' own files, in which every variable that is a path leads into the version;
    ``lib`` gets links to libvirt's libraries only, since the C library of another distribution must never be on the
    host's search path.
    """
    root = draft / "root"
    for path in sorted(root.glob("usr/lib/**/pkgconfig/libvirt*.pc")):
        directory = draft / "lib/pkgconfig"
        directory.mkdir(parents=True, exist_ok=True)
        write_draft(directory / path.name, _VARIABLE.sub(rf"\g<1>={target}/root/usr", path.read_text()))
    for path in sorted(root.glob("usr/lib/*/libvirt*.so*")):
        if _FAMILY.fullmatch(path.name):
            (draft / "lib").mkdir(exist_ok=True)
            (draft / "lib" / path.name).symlink_to(Path("..", path.relative_to(draft)))


def required_c_library(version: Path) -> Version | None:
    """Return the version of the GNU C library that a version's libraries need; None if it has none."""
    found = [
        Version.parse(word.decode())
        for path in version.glob("lib/libvirt*.so.0")
        for word in _C_LIBRARY.findall(path.read_bytes())
    ]
    return max(found, default=None)
