"""Two private daemons, and a guest that moves from one to the other."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from virtsmith.ark import daemon
from virtsmith.ark.check.cell import LOOPBACK, clear
from virtsmith.ark.migrate.pair import InstalledPair
from virtsmith.ark.migrate.passage import Passage, PassageResult, Way
from virtsmith.core.drafts import write_draft
from virtsmith.core.ownership import scratch_directory
from virtsmith.core.run import Argument
from virtsmith.errors import ExternalError, VirtsmithError
from virtsmith.qemu.libvirtd import PrivateDaemon

_SECONDS = 120
_BOOT_SECONDS = 1.0
"""How long a guest runs before it moves, so that its firmware has set up the devices."""


class StepFailed(ExternalError):
    """A virsh command of a migration failed; the message is what it printed."""


@dataclass(frozen=True, slots=True)
class MigrationPair:
    """Two running daemons, ``source`` and ``target``, that a guest can move between.

    What they share is in ``directory``: images and saved states, at one path for both.
    """

    origin: InstalledPair
    destination: InstalledPair
    source: PrivateDaemon
    target: PrivateDaemon
    directory: Path

    def virsh(self, made: PrivateDaemon, *words: Argument) -> str:
        """Run one virsh command in a daemon and return what it prints.

        Raises:
            StepFailed: it fails.
        """
        done = made.command(*words, timeout=_SECONDS)
        if done.status:
            lines = [line.removeprefix("error: ") for line in done.stderr_text.splitlines() if line.strip()]
            raise StepFailed(" ".join(lines[-1:]) or f"virsh {words[0]} failed without a reason")
        return done.text

    def move(self, name: str, way: Way) -> None:
        """Move a running guest from the source to the target.

        Raises:
            StepFailed: it does not arrive.
        """
        if way is Way.SAVE:
            saved = self.directory / "guest.save"
            self.virsh(self.source, "save", name, saved)
            self.virsh(self.target, "restore", saved)
            return
        # the target's daemon is named by its socket; the stream must not need this machine's name
        words: list[Argument] = ["migrate", "--live", "--p2p", name, self.target.uri]
        match way:
            case Way.TUNNELLED:
                words.append("--tunnelled")
            case Way.UNIX:
                words += ["--migrateuri", f"unix://{self.directory / 'stream'}"]
            case _:
                words += ["--migrateuri", LOOPBACK]
        self.virsh(self.source, *words)

    def running_version(self, made: PrivateDaemon, name: str) -> str:
        """Ask the QEMU of a running guest for its version, with QMP.

        Raises:
            StepFailed: it does not answer.
        """
        said = self.virsh(made, "qemu-monitor-command", name, '{"execute": "query-version"}')
        try:
            version = json.loads(said)["return"]["qemu"]
            return f"{version['major']}.{version['minor']}.{version['micro']}"
        except (ValueError, KeyError, TypeError) as error:
            raise StepFailed(f"QEMU answers query-version with {said.strip()[:200]}") from error


@contextmanager
def migration_pair(origin: InstalledPair, destination: InstalledPair, directory: Path) -> Iterator[MigrationPair]:
    """Start two daemons that guests can migrate between; they and their guests are removed afterwards.

    Raises:
        ExternalError: a daemon does not start.
    """
    with ExitStack() as stack:
        made: list[PrivateDaemon] = []
        for name, pair in (("a", origin), ("b", destination)):
            started = daemon.make(pair.libvirt, pair.qemu, directory / name)
            stack.callback(_end, started)
            started.up()
            made.append(started)
        shared = directory / "s"
        shared.mkdir(exist_ok=True)
        source, target = made
        yield MigrationPair(origin, destination, source, target, shared)


def travel(pair: MigrationPair, name: str, document: bytes, ways: Sequence[Way]) -> Iterator[Passage]:
    """Define and start a guest on the source, and move it, once for each way."""
    for way in ways:
        yield _passage(pair, name, document, way)
        for made in (pair.source, pair.target):
            clear(made, name)
        shutil.rmtree(pair.directory / "stream", ignore_errors=True)
        for leftover in ("stream", "guest.save"):
            with suppress(OSError):
                (pair.directory / leftover).unlink()


def _passage(pair: MigrationPair, name: str, document: bytes, way: Way) -> Passage:
    path = pair.directory / "domain.xml"
    write_draft(path, document)
    positions = {id(made): made.log_size() for made in (pair.source, pair.target)}
    step, before, after, seconds = "define", "", "", 0.0
    try:
        pair.virsh(pair.source, "define", path)
        step = "start"
        pair.virsh(pair.source, "start", name)
        time.sleep(_BOOT_SECONDS)
        if pair.virsh(pair.source, "domstate", name).strip() != "running":  # it had nothing to boot from, and ended
            pair.virsh(pair.source, "start", name, "--paused")
        before = pair.running_version(pair.source, name)
        step, started = "migrate", time.monotonic()
        pair.move(name, way)
        seconds = time.monotonic() - started
        step = "look"
        after = pair.running_version(pair.target, name)
        expected = pair.destination.qemu.version
        result, reason = PassageResult.OK, ""
        if after != expected:
            result, reason = PassageResult.FAILED, f"it runs under QEMU {after}, not {expected}"
    except VirtsmithError as error:
        result = PassageResult.REFUSED if step == "define" else PassageResult.FAILED
        reason = str(error)
    words = {} if result is PassageResult.OK else _words(pair, name, positions)
    return Passage(pair.origin.name, pair.destination.name, way, result, step, seconds, before, after, reason, words)


def _words(pair: MigrationPair, name: str, positions: dict[int, int]) -> dict[str, str]:
    """What each layer said: both daemons, and both QEMUs."""
    found: dict[str, str] = {}
    for side, made in (("source", pair.source), ("target", pair.target)):
        found[f"{side} libvirt"] = "\n".join(made.errors_since(positions[id(made)]))
        found[f"{side} QEMU"] = made.guest_log(name)
    return {layer: text for layer, text in found.items() if text}


def _end(made: PrivateDaemon) -> None:
    made.kill_guests()
    made.down()


@contextmanager
def temporary_daemon(pair: InstalledPair) -> Iterator[PrivateDaemon]:
    """Start the daemon of a pair in a temporary directory; it and its guests are removed afterwards.

    Raises:
        ExternalError: it does not start.
    """
    with scratch_directory() as directory, ExitStack() as stack:
        made = daemon.make(pair.libvirt, pair.qemu, directory / "a")
        stack.callback(_end, made)
        made.up()
        yield made


@contextmanager
def temporary_pair(origin: InstalledPair, destination: InstalledPair) -> Iterator[MigrationPair]:
    """As `migration_pair`, in a temporary directory; its name is short, because a client must reach a socket in it."""
    with scratch_directory() as directory, migration_pair(origin, destination, directory) as made:
        yield made
