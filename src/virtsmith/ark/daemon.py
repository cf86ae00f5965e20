"""Libvirt daemons of the ark: any number at once, each a libvirt with the QEMU that it is to find."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from virtsmith.ark import use
from virtsmith.ark.install.launcher import STATE_VARIABLE
from virtsmith.ark.layout import InstalledVersion, NotInstalled
from virtsmith.core.dirs import state_dir
from virtsmith.core.run import run
from virtsmith.errors import ExternalError, UsageError
from virtsmith.qemu.libvirtd import PrivateDaemon

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,99}")


@dataclass(frozen=True, slots=True)
class DaemonStatus:
    """What there is to say about one daemon."""

    name: str
    pid: int | None
    uri: str
    folder: Path
    log: Path


def daemons_folder() -> Path:
    """Where daemons keep their configuration, guests, sockets and logs."""
    return state_dir() / "ark/daemons"


def default_name(libvirt: InstalledVersion, qemu: InstalledVersion | None) -> str:
    """The name of the daemon for a pair of versions."""
    return "-".join(f"{version.app}-{version.version or version.id}" for version in (libvirt, qemu) if version)


def make(libvirt: InstalledVersion, qemu: InstalledVersion | None, folder: Path) -> PrivateDaemon:
    """Return the daemon of a libvirt with private folders in ``folder``, where ``qemu`` comes first on its path.

    Raises:
        ExternalError: the folder cannot be made.
        NotInstalled: this libvirt has no daemon.
    """
    found = [version for version in (qemu, libvirt) if version]
    environment = {**os.environ, **use.variables(found, os.environ, building=False), STATE_VARIABLE: str(folder)}
    virsh = (str(libvirt.launcher("virsh")),)
    if libvirt.root.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        run([*virsh, "--version"], env=environment, timeout=60)  # the launcher makes the private folders
        return PrivateDaemon(folder, (str(libvirt.launcher("libvirtd")),), virsh, environment)
    raise NotInstalled(
        f"{libvirt.name} was built from source and keeps its state below {libvirt.path}",
        hint=f"start {libvirt.path}/sbin/libvirtd",
    )


def start(libvirt: InstalledVersion, qemu: InstalledVersion | None = None, name: str = "") -> DaemonStatus:
    """Start the daemon of a libvirt, which goes on when this program ends.

    Args:
        libvirt: the libvirt.
        qemu: the QEMU that it finds first.
        name: of the daemon; by default made of the versions.

    Raises:
        NotInstalled: this libvirt has no daemon.
        ExternalError: it does not start.
    """
    title = name or default_name(libvirt, qemu)
    made = make(libvirt, qemu, folder_of(title))
    made.up()
    made.release()
    return status(title)


def stop(name: str) -> bool:
    """Stop a daemon; return whether it ran.

    Raises:
        UsageError: there is none.
    """
    return known(name).down()


def folder_of(name: str) -> Path:
    """Return the folder of a daemon by name.

    Raises:
        UsageError: the name is none for a folder.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"not a name for a daemon: {name!r}", hint="use letters, digits and ._+~-")
    return daemons_folder() / name


def known(name: str) -> PrivateDaemon:
    """Return an existing daemon by name, to be asked or stopped.

    Raises:
        UsageError: there is none.
    """
    folder = folder_of(name)
    if not folder.is_dir():
        names = ", ".join(sorted(path.name for path in daemons_folder().glob("*"))) or "none"
        raise UsageError(f"no such daemon: {name}", hint=f"there are: {names}")
    return PrivateDaemon(folder, (), (), {})


def iter_status() -> Iterator[DaemonStatus]:
    """Yield the daemons that were started at some time and not forgotten."""
    for folder in sorted(daemons_folder().glob("*/etc")):
        yield status(folder.parent.name)


def status(name: str) -> DaemonStatus:
    """Return the status of one daemon.

    Raises:
        UsageError: there is none.
    """
    daemon = known(name)
    return DaemonStatus(name, daemon.pid(), daemon.uri, daemon.folder, daemon.log)


def forget(name: str) -> None:
    """Delete all that a stopped daemon has: its guests' definitions, logs, configuration.

    Raises:
        UsageError: it runs, or there is none.
        ExternalError: something of it cannot be deleted.
    """
    daemon = known(name)
    if daemon.pid():
        raise UsageError(f"daemon {name} is running", hint="stop it first")
    try:
        shutil.rmtree(daemon.folder)
    except OSError as error:
        raise ExternalError(f"cannot delete {daemon.folder}: {(error.strerror or '').lower()}") from error
