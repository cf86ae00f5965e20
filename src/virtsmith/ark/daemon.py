"""Libvirt daemons of the ark: any number at once, each a libvirt with the QEMU that it should find."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from virtsmith.ark.install import launcher
from virtsmith.ark.layout import Ark, InstalledVersion, NotInstalled
from virtsmith.core.dirs import state_dir
from virtsmith.core.run import run
from virtsmith.errors import ExternalError, UsageError
from virtsmith.qemu.libvirtd import PrivateDaemon

_DAEMON = "/usr/sbin/libvirtd"
_PROGRAMS = ("/usr/sbin", "/usr/bin")
"""Before the host's directories, which may be inside an ark."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,99}")


@dataclass(frozen=True, slots=True)
class DaemonStatus:
    """The state of one daemon."""

    name: str
    pid: int | None
    uri: str
    directory: Path
    log: Path


def daemons_directory() -> Path:
    """Where daemons keep their configuration, guests, sockets and logs."""
    return state_dir() / "ark/daemons"


def default_name(libvirt: InstalledVersion, qemu: InstalledVersion | None) -> str:
    """The name of the daemon for a pair of versions."""
    return "-".join(f"{version.app}-{version.version or version.id}" for version in (libvirt, qemu) if version)


def make(libvirt: InstalledVersion, qemu: InstalledVersion | None, directory: Path) -> PrivateDaemon:
    """Return the daemon of a libvirt with private directories in ``directory``.

    It sees ``qemu`` at ``/usr/bin/qemu-system-*``, ``/usr/bin/kvm`` and ``/usr/libexec/qemu-kvm``.

    Raises:
        ExternalError: the directory cannot be created.
        NotInstalled: this libvirt has no daemon.
    """
    virsh = (str(libvirt.launcher("virsh")),)
    if not libvirt.root.is_dir():
        raise NotInstalled(
            f"{libvirt.name} was built from source and keeps its state below {libvirt.path}",
            hint=f"start {libvirt.path}/sbin/libvirtd",
        )
    environment = {
        **os.environ,
        launcher.STATE_VARIABLE: str(directory),
        "PATH": os.pathsep.join([*_PROGRAMS, os.environ.get("PATH", "")]),
    }
    if qemu:
        environment[launcher.EMULATORS_VARIABLE] = str(
            qemu.path.resolve() / "bin"
        )  # a link may lead out of what it sees
    directory.parent.mkdir(parents=True, exist_ok=True)
    run([*virsh, "--version"], env=environment, timeout=60)  # the launcher creates the private directories
    path = libvirt.path.resolve()
    start = launcher.command(Ark(path.parents[1]), path / "root", _DAEMON, directory)
    return PrivateDaemon(directory, tuple(start), virsh, environment)


def start(libvirt: InstalledVersion, qemu: InstalledVersion | None = None, name: str = "") -> DaemonStatus:
    """Start the daemon of a libvirt, which keeps running when this program ends.

    Args:
        libvirt: the libvirt.
        qemu: the QEMU that it finds first.
        name: the name of the daemon; by default derived from the versions.

    Raises:
        NotInstalled: this libvirt has no daemon.
        ExternalError: it does not start.
    """
    title = name or default_name(libvirt, qemu)
    made = make(libvirt, qemu, directory_of(title))
    made.up()
    made.release()
    return status(title)


def stop(name: str) -> bool:
    """Stop a daemon; return whether it was running.

    Raises:
        UsageError: it does not exist.
    """
    return known(name).down()


def directory_of(name: str) -> Path:
    """Return the directory of a daemon by name.

    Raises:
        UsageError: the name cannot be that of a directory.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"not a valid name for a daemon: {name!r}", hint="use letters, digits and ._+~-")
    return daemons_directory() / name


def known(name: str) -> PrivateDaemon:
    """Return an existing daemon by name.

    Raises:
        UsageError: it does not exist.
    """
    directory = directory_of(name)
    if not directory.is_dir():
        names = ", ".join(sorted(path.name for path in daemons_directory().glob("*"))) or "none"
        raise UsageError(f"no such daemon: {name}", hint=f"existing daemons: {names}")
    return PrivateDaemon(directory, (), (), {})


def iter_status() -> Iterator[DaemonStatus]:
    """Yield the daemons that have been started and not been deleted since."""
    for directory in sorted(daemons_directory().glob("*/etc")):
        yield status(directory.parent.name)


def status(name: str) -> DaemonStatus:
    """Return the status of one daemon.

    Raises:
        UsageError: it does not exist.
    """
    daemon = known(name)
    return DaemonStatus(name, daemon.pid(), daemon.uri, daemon.directory, daemon.log)


def forget(name: str) -> None:
    """Delete everything that a stopped daemon keeps: its guests' definitions, logs, configuration.

    Raises:
        UsageError: it is running, or it does not exist.
        ExternalError: a file cannot be deleted.
    """
    daemon = known(name)
    if daemon.pid():
        raise UsageError(f"daemon {name} is running", hint="stop it first")
    try:
        shutil.rmtree(daemon.directory)
    except OSError as error:
        raise ExternalError(f"cannot delete {daemon.directory}: {(error.strerror or '').lower()}") from error
