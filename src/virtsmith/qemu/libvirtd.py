"""A private libvirt daemon: own configuration, sockets and logs below one folder, beside any other daemon."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from libvirtxml.files import write_atomic

from virtsmith.core.ownership import release
from virtsmith.core.run import Argument, CompletedProcess, run, start
from virtsmith.errors import ExternalError

_LIBVIRTD_CONF = """\
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_rw_perms = "0700"
log_level = 3
log_outputs = "3:file:{log}"
"""
_QEMU_ROOT_CONF = """\
user = "root"
group = "root"
"""
_QEMU_CONF = """\
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
dynamic_ownership = 0
remember_owner = 0
"""
_LOG_LINE = re.compile(
    r"^[\d-]+ [\d:.]+\+0000: \d+: (?P<level>error|warning) : (?P<place>\S+) : (?P<text>.*)$", re.MULTILINE
)


_children: dict[int, subprocess.Popen[bytes]] = {}
"""Daemons that this process started: they outlive it, but while it lives it must take note of their end."""


class DaemonFailed(ExternalError):
    """A daemon ended, or did not answer in time; the message ends with what it last logged."""


@dataclass(frozen=True, slots=True)
class DaemonPaths:
    """Where a daemon keeps things, relative to its folder; ``log_inside`` is the log's path as the daemon sees it."""

    mode: str
    configuration: str
    socket: str
    log: str
    log_inside: str
    guest_logs: str


SYSTEM = DaemonPaths(
    "system",
    "etc/libvirt",
    "run/libvirt/libvirt-sock",
    "var/log/libvirt/libvirtd.log",
    "/var/log/libvirt/libvirtd.log",
    "var/log/libvirt/qemu",
)
SESSION = DaemonPaths(
    "session",
    "config/libvirt",
    "run/session/libvirt/libvirt-sock",
    "cache/libvirt/libvirtd.log",
    "/.state/cache/libvirt/libvirtd.log",
    "cache/libvirt/qemu/log",
)


@dataclass(frozen=True, slots=True)
class PrivateDaemon:
    """One daemon, running or not: a system daemon for root, a session daemon for everybody else.

    ``folder`` holds all that the daemon has, and ``start`` is the command line that starts it so that it finds these
    folders at their usual places; ``virsh`` is that of the client of the same version. ``environment`` is used for
    both, and for every QEMU that the daemon starts.
    """

    folder: Path
    start: tuple[str, ...]
    virsh: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def places(self) -> DaemonPaths:
        """Where things are below ``folder``."""
        return SYSTEM if os.geteuid() == 0 else SESSION

    @property
    def socket(self) -> Path:
        """The socket that clients connect to."""
        return self.folder / self.places.socket

    @property
    def log(self) -> Path:
        """The daemon's own log."""
        return self.folder / self.places.log

    @property
    def uri(self) -> str:
        """The address for clients outside, such as the libvirt of the host."""
        return f"qemu+unix:///{self.places.mode}?socket={self.socket}"

    def up(self, timeout: float = 30) -> None:
        """Start the daemon and wait until it answers; one that runs already is left alone.

        Raises:
            DaemonFailed: it ended, or did not answer within ``timeout`` seconds.
        """
        if self.pid():
            return
        try:
            self._configure()
            self.socket.unlink(missing_ok=True)
        except OSError as error:
            raise DaemonFailed(f"cannot prepare {self.folder}: {(error.strerror or str(error)).lower()}") from error
        with (self.folder / "output.log").open("wb") as output:
            process = start(self.start, stdout=output, stderr=output, env=self.environment, new_session=True)
        _children[process.pid] = process
        record = {"pid": process.pid, "started": _start_time(process.pid)}
        write_atomic(self.folder / "daemon.json", json.dumps(record) + "\n")
        deadline = time.monotonic() + timeout
        while not (self.answers() and self._serves(deadline - time.monotonic())):
            if process.poll() is not None:
                raise DaemonFailed(f"the daemon ended at once: {self._last_words()}", hint=f"its log is {self.log}")
            if time.monotonic() > deadline:
                self.down()
                raise DaemonFailed(f"the daemon did not answer within {timeout:g} seconds: {self._last_words()}")
            time.sleep(0.02)

    def release(self) -> None:
        """Let the running daemon live on after this program."""
        if pid := self.pid():
            release(pid)

    def down(self, timeout: float = 10) -> bool:
        """Stop the daemon, and kill it when it does not stop within ``timeout`` seconds; return whether it ran.

        Guests of it go on, as they do when any libvirt daemon is stopped.
        """
        pid = self.pid()
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + timeout
        while self.pid() == pid:
            if pid in _children:
                _children[pid].poll()  # or it would stay as a zombie
            if time.monotonic() > deadline:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        if child := _children.pop(pid, None):
            child.wait()
        (self.folder / "daemon.json").unlink(missing_ok=True)
        return True

    def kill_guests(self) -> None:
        """Kill every QEMU that this daemon started and that still runs."""
        for folder in (self.folder / "run", self.folder / "config"):
            for path in folder.glob("**/qemu/**/*.pid"):
                with suppress(OSError, ValueError):
                    pid = int(path.read_text())
                    if b"qemu" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        os.kill(pid, signal.SIGKILL)

    def pid(self) -> int | None:
        """The daemon's process id, or None when it does not run."""
        try:
            record = json.loads((self.folder / "daemon.json").read_bytes())
            pid, started = int(record["pid"]), record["started"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return pid if started is not None and _start_time(pid) == started else None

    def answers(self) -> bool:
        """Whether something accepts connections on the daemon's socket."""
        try:
            descriptor = os.open(self.socket.parent, os.O_PATH | os.O_DIRECTORY)
        except OSError:
            return False
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(
                    f"/proc/self/fd/{descriptor}/{self.socket.name}"
                )  # real paths may be too long for a socket
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True

    def _serves(self, timeout: float) -> bool:
        """Whether the QEMU driver is there: it starts after the socket, and may fail."""
        with suppress(ExternalError):
            return self.command("uri", timeout=max(timeout, 1)).status == 0
        return False

    def command(self, *words: Argument, timeout: float = 120) -> CompletedProcess:
        """Run one virsh command, whatever its exit status.

        Raises:
            ProgramFailed: it did not end within ``timeout`` seconds.
        """
        argv = [*self.virsh, "-q", "-c", f"qemu:///{self.places.mode}", *words]
        return run(argv, env=self.environment, timeout=timeout, allow=())

    def log_size(self) -> int:
        """The log's present size: remember it, to ask for what comes after with `errors_since`."""
        try:
            return self.log.stat().st_size
        except OSError:
            return 0

    def errors_since(self, position: int) -> list[str]:
        """The errors logged after a position, each once, in order."""
        try:
            with self.log.open("rb") as file:
                file.seek(position)
                text = file.read().decode(errors="replace")
        except OSError:
            return []
        return list(dict.fromkeys(match["text"] for match in _LOG_LINE.finditer(text) if match["level"] == "error"))

    def guest_log(self, name: str, lines: int = 12) -> str:
        """The last lines of the log of one guest's QEMU."""
        path = self.folder / self.places.guest_logs / f"{Path(name).name}.log"
        try:
            return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def _configure(self) -> None:
        configuration = self.folder / self.places.configuration
        for folder in (configuration, self.log.parent, self.socket.parent):
            folder.mkdir(parents=True, exist_ok=True)
        write_atomic(configuration / "libvirtd.conf", _LIBVIRTD_CONF.format(log=self.places.log_inside))
        write_atomic(configuration / "qemu.conf", standalone_conf())

    def _last_words(self) -> str:
        errors = self.errors_since(0)
        if errors:
            return errors[-1]
        with suppress(OSError):
            lines = (self.folder / "output.log").read_text(errors="replace").strip().splitlines()
            if lines:
                return lines[-1]
        return "it said nothing"


def standalone_conf() -> str:
    """A ``qemu.conf`` for a libvirt without systemd, D-Bus and virtlogd, which otherwise waits for them."""
    return (_QEMU_ROOT_CONF if os.geteuid() == 0 else "") + _QEMU_CONF


def _start_time(pid: int) -> str | None:
    """When a process began, in clock ticks since boot: tells it from a later one with the same id."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields: Sequence[str] = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]
