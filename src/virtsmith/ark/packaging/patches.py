"""Patches that let old releases build on new systems, chosen by version.

The header of a patch file says which versions it is for: ``Ark-Versions: 1.4.0..2.5.1``.
"""

from __future__ import annotations

import re
from pathlib import Path

from libvirtxml.files import read_bytes
from libvirtxml.versions import Version, VersionRange

from virtsmith.ark.catalogue.table import Release
from virtsmith.errors import InputError, UsageError

_NAME = re.compile(r"\w[\w.+-]*")  # it is written into the spec file
_HEADER = re.compile(rb"^Ark-Versions:[ \t]*(\S+)[ \t]*$", re.MULTILINE)
_FIRST_CHANGE = re.compile(rb"^(?:diff |--- )", re.MULTILINE)


def find_patches(directory: Path, release: Release) -> list[Path]:
    """Return the patches in ``directory/APP`` for a release, in the order of their names.

    A release that names its patches in the catalogue gets those instead, in the order named.

    Raises:
        InputError: a patch does not say which versions it is for, or a named one is missing.
    """
    own = directory / release.app
    odd = [path for path in own.glob("*.patch") if not _NAME.fullmatch(path.name)]
    if odd:
        raise InputError("the name of a patch may have letters, digits and ._+- only", source=str(odd[0]))
    if release.patches:
        named = [own / name for name in release.patches.split()]
        missing = [path for path in named if not path.is_file()]
        if missing:
            raise InputError(f"{release.app} {release.version} needs this patch", source=str(missing[0]))
        return named
    return [path for path in sorted(own.glob("*.patch")) if Version.parse(release.version) in _versions(path)]


def _versions(path: Path) -> VersionRange:
    data = read_bytes(path)
    start = _FIRST_CHANGE.search(data)
    header = _HEADER.search(data, 0, start.start() if start else len(data))
    if header is None:
        raise InputError("no line 'Ark-Versions: LOW..HIGH' before the first change", source=str(path))
    try:
        return VersionRange.parse(header[1].decode(errors="replace"))
    except UsageError as error:
        raise InputError(str(error), source=str(path)) from error
