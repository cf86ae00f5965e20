"""Using installed versions: environments for programs and builds, and finding the program of a command line."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from virtsmith.ark.layout import Ark, InstalledVersion
from virtsmith.errors import UsageError

_SEARCHED = {
    "PATH": ("bin", "sbin"),
    "LD_LIBRARY_PATH": ("lib", "lib64"),
    "PKG_CONFIG_PATH": ("lib/pkgconfig", "lib64/pkgconfig"),
}


def variables(
    versions: Sequence[InstalledVersion], environment: Mapping[str, str], *, building: bool = True
) -> dict[str, str]:
    """Return the environment variables that put versions first on the search paths.

    ``PATH`` always; ``PKG_CONFIG_PATH`` and ``LD_LIBRARY_PATH`` when ``building``, for programs that are built
    against a libvirt of the ark. Directories that do not exist are left out; what was on a path before follows.
    """
    found: dict[str, str] = {}
    for name, directories in _SEARCHED.items():
        if name != "PATH" and not building:
            continue
        first = [
            str(path)
            for version in versions
            for directory in directories
            if (path := version.path / directory).is_dir()
        ]
        rest = environment.get(name, "")
        if first:
            found[name] = os.pathsep.join([*first, *([rest] if rest else [])])
    return found


def find_obstacles(versions: Sequence[InstalledVersion]) -> list[str]:
    """Return why programs that were built against some of these versions cannot use their libraries here."""
    from libvirtxml.versions import Version  # noqa: PLC0415 - `ark run` must start quickly

    from virtsmith.ark.install.building import required_c_library  # noqa: PLC0415

    name, _, text = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    here = Version.parse(text) if name == "glibc" and text else None
    return [
        f"the libraries of {version.name} need the GNU C library {needed}, and this machine has"
        f" {here or 'another C library'}: programs can use them with ark run --inside"
        for version in versions
        if (needed := required_c_library(version.path)) and (here is None or needed > here)
    ]


def emulator_path(named: str | None) -> str | None:
    """The program for a path, a name on PATH, or a version of the ark such as ``qemu@10.0``.

    Raises:
        NotInstalled: that version is not installed.
    """
    if named is None or not named.startswith("qemu@"):
        return named
    from virtsmith.ark.requests import VersionRequest, require_installed  # noqa: PLC0415 - `ark run` must start quickly

    return str(require_installed(Ark.open(), VersionRequest.parse(named)).launcher("qemu-system-x86_64"))


def command_line(
    ark: Ark, versions: Sequence[InstalledVersion], words: Sequence[str], *, inside: bool = False
) -> list[str]:
    """Return the command line that runs ``words`` with the given versions.

    A plain name is looked up in the first version, then in the next ones, then on the host. With ``inside`` any
    program runs within the first version's own file tree, so that it uses that libvirt's libraries with the C library
    they were built for.

    Raises:
        UsageError: the first version is a build from source, which has no file tree of its own.
    """
    program = words[0]
    if inside:
        from virtsmith.ark.install import launcher  # noqa: PLC0415 - `ark run` must start quickly

        version = versions[0]
        if not version.root.is_dir():
            raise UsageError(f"{version.name} was built from source: it has no file tree to run programs in")
        state = os.environ.get(launcher.STATE_VARIABLE)
        return [*launcher.command(ark, version.root, program, Path(state) if state else None), *words[1:]]
    if "/" not in program:
        for version in versions:
            for directory in ("bin", "sbin"):
                if (version.path / directory / program).exists():
                    return [str(version.path / directory / program), *words[1:]]
    return list(words)
