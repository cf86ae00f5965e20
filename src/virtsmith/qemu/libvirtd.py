"""A private libvirt daemon, with its own configuration, sockets and logs below one directory."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from libvirtxml.files import write_atomic

from virtsmith.core.ownership import release
from virtsmith.core.run import Argument, CompletedProcess, run, start
from virtsmith.errors import ExternalError

_LIBVIRTD_CONF = """\
host_uuid = "{host}"
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
"""Daemons that this process started. They may outlive it, but until then it must reap them when they end."""


class DaemonFailed(ExternalError):
    """A daemon ended, or did not answer in time; the message ends with its last log entry."""


@dataclass(frozen=True, slots=True)
class DaemonPaths:
    """The paths of a daemon, relative to its directory; ``log_inside`` is the log's path as the daemon sees it."""

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
    """A daemon, running or not: a system daemon for root, a session daemon for other users.

    ``directory`` contains all files of the daemon, and the command line ``start`` starts it so that it sees them at the
    usual paths; ``virsh`` is the command line of the client of the same version. ``environment`` is used for both, and
    for every QEMU that the daemon starts.
    """

    directory: Path
    start: tuple[str, ...]
    virsh: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def places(self) -> DaemonPaths:
        """The paths of files below ``directory``."""
        return SYSTEM if os.geteuid() == 0 else SESSION

    @property
    def socket(self) -> Path:
        """The socket that clients connect to."""
        return self.directory / self.places.socket

    @property
    def log(self) -> Path:
        """The daemon's own log."""
        return self.directory / self.places.log

    @property
    def uri(self) -> str:
        """The connection URI for other clients, such as those of the host's libvirt."""
        return f"qemu+unix:///{self.places.mode}?socket={self.socket}"

    def up(self, timeout: float = 30) -> None:
        """Start the daemon, unless it is already running, and wait until it answers.

        Raises:
            DaemonFailed: it ended, or did not answer within ``timeout`` seconds.
        """
        if self.pid():
            return
        try:
            self._configure()
            self.socket.unlink(missing_ok=True)
        except OSError as error:
            raise DaemonFailed(f"cannot prepare {self.directory}: {(error.strerror or str(error)).lower()}") from error
        with (self.directory / "output.log").open("wb") as output:
            process = start(self.start, stdout=output, stderr=output, env=self.environment, new_session=True)
        _children[process.pid] = process
        record = {"pid": process.pid, "started": _start_time(process.pid)}
        write_atomic(self.directory / "daemon.json", json.dumps(record) + "\n")
        deadline = time.monotonic() + timeout
        while not (self.answers() and self._serves(deadline - time.monotonic())):
            if process.poll() is not None:
                raise DaemonFailed(f"the daemon ended at once: {self._last_words()}", hint=f"its log is {self.log}")
            if time.monotonic() > deadline:
                self.down()
                raise DaemonFailed(f"the daemon did not answer within {timeout:g} seconds: {self._last_words()}")
            time.sleep(0.02)

    def release(self) -> None:
        """Let the running daemon outlive this program."""
        if pid := self.pid():
            release(pid)

    def down(self, timeout: float = 10) -> bool:
        """Stop the daemon, and kill it if it does not stop within ``timeout`` seconds; return whether it was running.

        Its guests keep running, as when any libvirt daemon is stopped.
        """
        pid = self.pid()
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + timeout
        while self.pid() == pid:
            if pid in _children:
                _children[pid].poll()  # otherwise it would remain as a zombie
            if time.monotonic() > deadline:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        if child := _children.pop(pid, None):
            child.wait()
        (self.directory / "daemon.json").unlink(missing_ok=True)
        return True

    def kill_guests(self) -> None:
        """Kill every QEMU that this daemon started and that is still running."""
        for directory in (self.directory / "run", self.directory / "config"):
            for path in directory.glob("**/qemu/**/*.pid"):
                with suppress(OSError, ValueError):
                    pid = int(path.read_text())
                    if b"qemu" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        os.kill(pid, signal.SIGKILL)

    def pid(self) -> int | None:
        """Return the daemon's process id, or None if it is not running."""
        try:
            record = json.loads((self.directory / "daemon.json").read_bytes())
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
                )  # the real path may be too long for a socket
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True

    def _serves(self, timeout: float) -> bool:
        """Whether the QEMU driver works: it starts after the socket is there, and may fail."""
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
        """Return the current size of the log, as a position for `errors_since`."""
        try:
            return self.log.stat().st_size
        except OSError:
            return 0

    def errors_since(self, position: int) -> list[str]:
        """Return the errors logged after a position, in order and without repetitions."""
        try:
            with self.log.open("rb") as file:
                file.seek(position)
                text = file.read().decode(errors="replace")
        except OSError:
            return []
        return list(dict.fromkeys(match["text"] for match in _LOG_LINE.finditer(text) if match["level"] == "error"))

    def guest_log(self, name: str, lines: int = 12) -> str:
        """Return the last lines of the QEMU log of a guest."""
        path = self.directory / self.places.guest_logs / f"{Path(name).name}.log"
        try:
            return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def _configure(self) -> None:
        configuration = self.directory / self.places.configuration
        for directory in (configuration, self.log.parent, self.socket.parent):
            directory.mkdir(parents=True, exist_ok=True)
        write_atomic(
            configuration / "libvirtd.conf", _LIBVIRTD_CONF.format(host=self._host(), log=self.places.log_inside)
        )
        write_atomic(configuration / "qemu.conf", standalone_conf())

    def _host(self) -> uuid.UUID:
        """Return the identity of the host: its own, because guests do not migrate to the host that they are on."""
        return uuid.uuid5(uuid.NAMESPACE_URL, self.directory.absolute().as_uri())

    def _last_words(self) -> str:
        errors = self.errors_since(0)
        if errors:
            return errors[-1]
        with suppress(OSError):
            lines = (self.directory / "output.log").read_text(errors="replace").strip().splitlines()
            if lines:
                return lines[-1]
        return "it logged nothing"


def standalone_conf() -> str:
    """Return a ``qemu.conf`` for a libvirt without systemd, D-Bus and virtlogd, for which it would otherwise wait."""
    return (_QEMU_ROOT_CONF if os.geteuid() == 0 else "") + _QEMU_CONF


def _start_time(pid: int) -> str | None:
    """Return the start time of a process, in clock ticks since boot; with the id it identifies the process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields: Sequence[str] = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]
