"""Long commands are killed at random moments: after the next command nothing runs, is locked or half-written.

`make kills` kills 200 times, those included that start emulators and libvirt daemons; the suite does it a few times.
`VIRTSMITH_TEST_KILLS` is how often, `VIRTSMITH_TEST_SEED` repeats a run.
"""

import fcntl
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers import surroundings
from helpers.every_command import catalogue, environment, make_workplace
from helpers.suite_ark import missing

from virtsmith.core import leftovers
from virtsmith.core.run import find_program

KILLS = int(os.environ.get("VIRTSMITH_TEST_KILLS", "8"))
SEED = int(os.environ.get("VIRTSMITH_TEST_SEED", "0")) or random.randrange(1, 1 << 30)
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
OLD = b"what was there before\n"
MARK = "VIRTSMITH_TEST_RUN"
"""Variable by which whatever a command has started is recognised."""
SETTLE = 20.0
"""Seconds within which all that a killed run has started must have ended: its supervisor asks before it kills."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not leftovers.can_see_processes(), reason="/proc is not mounted"),
]


@dataclass(frozen=True)
class Long:
    """A command that takes its time.

    Attributes:
        words: its command line.
        outputs: patterns of the files that it writes.
        needs: versions of the ark and programs.
        undo: what ends it where it goes on by design.
    """

    words: str
    outputs: tuple[str, ...] = ("out",)
    needs: tuple[str, ...] = ()
    undo: str = ""


STAND_IN = "--accel tcg --qemu {here}/qemu-stand-in --kernel {here}/vmlinuz --modules {here}/modules"
QUICK = {
    "verify": Long(f"host verify {{here}}/host.toml --json -o {{here}}/out {STAND_IN}"),
    "up": Long(f"host up {{here}}/host.toml --name new {STAND_IN}", (), undo="host down --all"),
    "twin": Long("host twin {here}/numactl.txt -o {here}/out"),
    "minimise": Long("po minimize {here}/many", ("many/*.po",)),
    "expand": Long("po expand {here}/mini --pot {here}/po/app.pot --to {here}/new", ("new/*.po",)),
    "pull": Long("po pull {here} --yes", ("po/*",)),
    "round trip": Long("xml roundtrip {here}/corpus --json -o {here}/out"),
    "import": Long("schema import {here}/schemas --version 99.0.0", ("tree/virtsmith/schema/data/*",)),
    "dump": Long("abi dump {here}/q.replies --dumps {here}/new", ("new/**/*",)),
    "report": Long("abi report {here}/dumps -o {here}/out", ("out", "out.json")),
}
REAL = {
    "real verify": Long("host verify minimal --accel tcg --json -o {here}/out", needs=("qemu-system-x86_64",)),
    "real up": Long("host up minimal --accel tcg", (), ("qemu-system-x86_64",), "host down --all"),
    "real dump": Long(
        "abi dump qemu@7.2 -m pc-q35-7.2 -m isapc -d virtio --dumps {here}/new", ("new/**/*",), ("qemu@7.2",)
    ),
    "real diff": Long(
        "abi diff qemu@7.2 qemu@10.0.13 -m pc-q35-7.2 -d none --fresh --dumps {here}/new --json -o {here}/out",
        ("out", "new/**/*"),
        ("qemu@7.2", "qemu@10.0.13"),
    ),
    "migrate": Long(
        "abi migrate qemu@7.2 qemu@10.0.13 -m pc-q35-7.2 -d none --json -o {here}/out",
        needs=("qemu@7.2", "qemu@10.0.13"),
    ),
    "vm": Long(
        "abi vm {here}/small.xml --from qemu@7.2 --to qemu@10.0.13 --json -o {here}/out",
        ("out", "dumps/**/*"),
        needs=("qemu@7.2", "qemu@10.0.13"),
    ),
    "check": Long(
        "ark check {here}/small.xml --libvirt 9.0 --qemu 7.2 --accel tcg --fresh --json -o {here}/out",
        needs=("qemu@7.2", "libvirt@9.0"),
    ),
    "daemon": Long(
        "ark daemon libvirt@9.0 start --qemu 7.2 --name new",
        (),
        ("qemu@7.2", "libvirt@9.0"),
        "ark daemon --name new stop",
    ),
}
LONG = {**QUICK, **(REAL if KILLS > 20 else {})}


def absent(need):
    return missing(need) if "@" in need else not find_program(need)


class Killer:
    """A workplace that every kill starts from again, and what each command writes when it is left alone."""

    def __init__(self, place, source):
        self.here, self._source = place / "w", source
        self.duration, self.written = {}, {}
        for name in LONG:
            self._reset()
            begin = time.monotonic()
            code = self.run(name).wait(600)
            self.duration[name] = time.monotonic() - begin
            assert code in (0, 1), f"{name}: {code}: {(self.here / 'stderr').read_text()}"
            self.written[name] = {path: path.read_bytes() for path in self.outputs(name)}
            self.end(name)

    def _reset(self):
        shutil.rmtree(self.here, ignore_errors=True)
        shutil.copytree(self._source, self.here, symlinks=True)

    def outputs(self, name):
        found = (path for pattern in LONG[name].outputs for path in self.here.glob(pattern))
        return [path for path in found if path.is_file()]

    def environment(self, name):
        variables = environment(self.here, "schema import" if name == "import" else "xml show", self.here / "ark")
        variables[MARK] = str(self.here)
        if name in REAL:
            del variables["VIRTSMITH_BUSYBOX"]
            variables["VIRTSMITH_ARK"] = str(surroundings.suite_ark())
        return variables

    def run(self, name, words=""):
        argv = [word.format(here=self.here) for word in (words or LONG[name].words).split()]
        with (self.here / "stderr").open("wb") as errors:
            return subprocess.Popen(
                [sys.executable, "-m", "virtsmith", *argv],
                env=self.environment(name),
                cwd=self.here,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )

    def end(self, name):
        """End what goes on by design; there may be nothing."""
        if LONG[name].undo:
            self.run(name, LONG[name].undo).wait(60)

    def kill(self, name, after, number, *, again):
        """Kill a command and return what is wrong after the next one."""
        self._reset()
        if "out" in LONG[name].outputs:
            (self.here / "out").write_bytes(OLD)
        before = self.files()
        process = self.run(name)
        time.sleep(after)
        process.send_signal(number)
        code = process.wait(60)
        faults = [] if code in (0, 1, -number, 128 + number) else [f"exit code {code}"]
        if b"bug" in (errors := (self.here / "stderr").read_bytes()) or b"Traceback" in errors:
            faults.append(errors.decode(errors="replace"))
        self.end(name)
        self.run(name, "clean --yes" if again else "po git-setup {here} --local").wait(60)
        deadline = time.monotonic() + SETTLE
        while (running := self.running()) and time.monotonic() < deadline:
            time.sleep(0.05)
        faults += [f"still runs: {line}" for line in running]
        faults += self.half_written(name) + self.locked()
        expected = before | {str(path.relative_to(self.here)) for path in self.written[name]}
        faults += [f"left behind: {file}" for file in sorted(self.files() - expected)]
        done = self.written[name].items() and all(path.exists() for path in self.written[name])
        if again and not done and (code := self.run(name).wait(600)) not in (0, 1):
            faults.append(f"again: {code}: {(self.here / 'stderr').read_text()}")
        self.end(name)
        return faults

    def files(self):
        """What is there, but for caches, git's own files, and what a daemon that is stopped has."""
        skipped = ("home", ".git", "stderr", ".gitattributes")
        found = [path.relative_to(self.here) for path in self.here.rglob("*")]
        files = {str(path) for path in found if not (self.here / path).is_dir() or path.parts[0] == "tmp"}
        return {file for file in files if file.split("/")[0] not in skipped and "__pycache__" not in file}

    def half_written(self, name):
        return [f"half-written: {path.name}" for path in self.outputs(name) if not self._is_whole(name, path)]

    def _is_whole(self, name, path):
        data, original = path.read_bytes(), self._source / path.relative_to(self.here)
        if data in (OLD, self.written[name].get(path)) or (original.exists() and data == original.read_bytes()):
            return True
        return data.endswith((b"}\n", b"</html>\n")) and path in self.written[name]  # it holds times

    def locked(self):
        for lock in (self.here / "ark/.ark").glob("lock*"):
            with lock.open() as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return [f"locked: {lock}"]
        return []

    def running(self):
        """Whatever has our mark, or names a file of ours: libvirt gives its emulators an environment of their own."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                marked = f"{MARK}={self.here}".encode() in (entry / "environ").read_bytes().split(b"\0")
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if words and (marked or str(self.here).encode() in words):
                found.append(f"{entry.name} {words.replace(bytes(1), b' ').decode(errors='replace')[:200]}")
        return found


@pytest.fixture(scope="module")
def killer(tmp_path_factory):
    lacking = {name: need for name, long in LONG.items() for need in long.needs if absent(need)}
    for name in lacking:
        del LONG[name]
    place = Path(os.path.realpath(tmp_path_factory.mktemp("k")))
    source = make_workplace(place / "source")
    for directory, texts in {"many": True, "mini": True}.items():
        (source / directory).mkdir()
        for number in range(60):
            (source / directory / f"l{number}.po").write_text(catalogue(translated=texts, count=200))
    (source / "corpus").mkdir()
    for number in range(300):
        shutil.copy(source / "web.xml", source / "corpus" / f"{number}.xml")
    probe = source / "home/.cache/virtsmith/probe"
    probe.mkdir(parents=True)
    for path in (surroundings.test_cache() / "probe").glob("*"):
        (probe / path.name).symlink_to(path)
    return Killer(place, source)


def test_after_a_kill_and_the_next_command_nothing_is_left(killer):
    chance = random.Random(SEED)
    bad = {}
    for count in range(KILLS):
        name, number = list(LONG)[count % len(LONG)], chance.choice(SIGNALS)
        after = chance.uniform(0, 1.05 * killer.duration[name])
        faults = killer.kill(name, after, number, again=chance.random() < 0.3)
        if faults:
            bad[f"{count} {name} {number.name} after {after:.2f} s of {killer.duration[name]:.2f}"] = faults
        if os.environ.get("VIRTSMITH_TEST_KILLS"):
            print(f"{count} {name} {number.name} {after:.2f}: {faults or 'nothing left'}", flush=True)
    assert bad == {}, f"repeat with VIRTSMITH_TEST_SEED={SEED}"
