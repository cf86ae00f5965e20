"""Every command meets every fault of the machine: it says which file and why, and leaves nothing half-written.

The faults are real: file systems of their own in a private mount namespace, a process without privileges, few
descriptors. Where the machine does not allow that, the test says so and is skipped.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest
from helpers.ark_archive import BUSYBOX, Archive, fill_with_qemu, serving, signing
from helpers.every_command import INVOCATIONS, arguments, environment, make_workplace
from helpers.suite_ark import missing

from virtsmith.errors import ExitCode

pytestmark = [pytest.mark.slow, pytest.mark.real]

DOCUMENTED = {int(code) for code in ExitCode} - {ExitCode.BUG, ExitCode.INTERRUPTED}
OLD = b"what was there before\n"
UNPRIVILEGED = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
"""What makes root an ordinary owner of its files."""


@dataclass(frozen=True)
class Fault:
    """One fault, and how to start a program so that it meets it.

    Attributes:
        shell: what a shell does in a mount namespace of its own before it starts the program; `$W` is the workplace.
        prefix: programs that start the program.
        variables: changes to the environment; None unsets.
        redirect: redirections of the shell.
        to_file: whether results go to a file.
        reason: what a message about it must say, if the command fails with `ExitCode.EXTERNAL`.
        name: of the workplace.
        is_full: whether a file system is full, so that nothing new may stay behind.
    """

    shell: str = ""
    prefix: tuple[str, ...] = ()
    variables: dict[str, str | None] = field(default_factory=dict)
    redirect: str = ""
    to_file: bool = True
    reason: str = ""
    name: bytes = b"w"


def full(spare):
    """A file system that holds the workplace and has room for little more."""
    return Fault(
        'mv "$W" "$W.seen" && mkdir "$W" && mount -t tmpfs none "$W" && cp -a "$W.seen/." "$W" && '
        f'mount -o remount,size=$(($(df -k --output=used "$W" | tail -1) + {spare}))k "$W"',
        reason="no space left on device",
    )


KEEP = 'if [ -d "$W.seen" ]; then rm -rf "$W.seen"; cp -a "$W" "$W.seen"; umount "$W"; fi'
"""Copies what a file system of the namespace holds to where it can be seen after the namespace has gone."""
READ_ONLY = 'mount --bind "$W" "$W" && mount -o remount,ro,bind "$W"'
FAULTS = {
    "disk full": full(0),
    "disk nearly full": full(16),
    "stdout full": Fault(redirect=">/dev/full", to_file=False, reason="no space left on device"),
    "stderr full": Fault(redirect="2>/dev/full"),
    "stdout closed": Fault(redirect=">&-", to_file=False, reason="closed"),
    "stderr closed": Fault(redirect="2>&-"),
    "stdin closed": Fault(redirect="<&-"),
    "reader gone": Fault(redirect="| true", to_file=False),
    "read-only file system": Fault(READ_ONLY, reason="read-only file system"),
    "no permission": Fault(
        'find "$W" -type d -exec chmod 0555 {} + ; find "$W" -type f -exec chmod a-w {} +',
        tuple(UNPRIVILEGED),
        reason="permission denied",
    ),
    "home missing": Fault(variables={"HOME": "/proc/nowhere"}, reason="no such file or directory"),
    "no home": Fault(variables={"HOME": None}),
    "directories of nobody": Fault(
        variables={f"XDG_{kind}_HOME": "/proc/nowhere" for kind in ("CACHE", "DATA", "STATE", "CONFIG")},
        reason="no such file or directory",
    ),
    "no temporary directory": Fault(variables={"TMPDIR": "/proc/nowhere"}),
    "few open files": Fault(prefix=("prlimit", "--nofile=10:10"), reason="too many open files"),
    "very few open files": Fault(prefix=("prlimit", "--nofile=7:7"), reason="too many open files"),
    "locale C": Fault(
        variables={"LC_ALL": "C", "LANG": None, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, to_file=False
    ),
    "no locale": Fault(variables={"LC_ALL": None, "LANG": None}, to_file=False),
    "unknown locale": Fault(variables={"LC_ALL": "xx_YY.KOI8-Z"}, to_file=False),
    "names that are not UTF-8": Fault(name=b"w-\xff\xe4"),
    "names in locale C": Fault(
        name=b"w-\xff\xe4", variables={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ),
    "no TERM": Fault(variables={"TERM": None}, to_file=False),
    "strange TERM": Fault(variables={"TERM": "no-such-terminal"}, to_file=False),
    "no PATH": Fault(variables={"PATH": "/proc/nowhere"}),
    "clock in the past": Fault(variables={"FAKETIME": "@1971-01-01 00:00:00"}),
    "clock in the future": Fault(variables={"FAKETIME": "@2037-12-31 00:00:00"}),
    "clock that jumps": Fault(variables={"FAKETIME": "+0 x100000"}),
}


@cache
def faketime():
    """The library that fakes the time, where it is installed or `VIRTSMITH_TEST_FAKETIME` names it."""
    named = os.environ.get("VIRTSMITH_TEST_FAKETIME")
    found = [Path(named)] if named else sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    return str(found[0]) if found else None


@cache
def has_namespaces():
    done = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False)
    return done.returncode == 0


def require(fault):
    if "mount" in fault.shell and not (shutil.which("unshare") and has_namespaces()):
        pytest.skip("no mount namespace can be made here: that takes root")
    if fault.prefix and not shutil.which(fault.prefix[0]):
        pytest.skip(f"{fault.prefix[0]} is not installed")
    if fault.prefix == tuple(UNPRIVILEGED) and os.getuid() != 0:
        pytest.skip("only root's files can be taken from it by giving up its capabilities")
    if "FAKETIME" in fault.variables and not faketime():
        pytest.skip("libfaketime is not installed")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A workplace whose ark has a version, and the words that install it."""
    place = tmp_path_factory.mktemp("f")
    here = make_workplace(place / "source")
    if not (BUSYBOX and shutil.which("gpg") and shutil.which("gpgv")):
        yield here, "qemu@9.8 --mirror http://127.0.0.1:9/"
        return
    with signing() as signer:
        archive = fill_with_qemu(Archive(place / "archive", signer))
        with serving(archive.directory) as server:
            words = f"qemu@debian:sid --mirror {server.url} --keyring {archive.keyring} --trust {archive.fingerprint}"
            command = [sys.executable, "-m", "virtsmith", *arguments(here, "ark install", to_file=False, install=words)]
            subprocess.run(command, env=environment(here, "ark install", here / "ark"), check=True, capture_output=True)
            yield here, words


class Runner:
    """Runs commands under a fault, each in a copy of the workplace."""

    def __init__(self, place, source, fault):
        self.place, (self._source, self._install), self.fault = place, source, fault
        self.here = Path(os.fsdecode(os.fsencode(place) + b"/" + fault.name))

    @property
    def _seen(self):
        return self.here.with_name(f"{self.here.name}.seen")

    def run(self, name):
        """Run a command and return what is wrong with how it ended."""
        for path in (self.here, self._seen):
            shutil.rmtree(path, ignore_errors=True)
        unused = {"tree": INVOCATIONS[name].tree, "schemas": INVOCATIONS[name].tree, "ark": INVOCATIONS[name].ark}
        skipped = [part for part, is_used in unused.items() if not is_used]
        shutil.copytree(self._source, self.here, symlinks=True, ignore=shutil.ignore_patterns(*skipped))
        output = self.here / INVOCATIONS[name].output
        if self.fault.to_file and INVOCATIONS[name].output:
            output.write_bytes(OLD)
        before = self._files()
        done = subprocess.run(self._command(name), env=self._environment(name), capture_output=True, check=False)
        self._end_hosts()
        if self._seen.exists():
            shutil.rmtree(self.here)
            self._seen.rename(self.here)
        errors = done.stderr.decode(errors="replace")
        return [*self._judge(done.returncode, errors), *self._judge_files(name, before)]

    def _command(self, name):
        words = arguments(self.here, name, to_file=self.fault.to_file, install=self._install)
        stdin = INVOCATIONS[name].stdin
        run = 'cd "$W" && "$@" ' + (f"< {stdin} " if stdin else "") + self.fault.redirect
        run = f"set -o pipefail; {run}" if "|" in run else run
        script = f"{self.fault.shell} && ({run}); code=$?; {KEEP}; exit $code" if self.fault.shell else run
        isolated = ["unshare", "-m", "--propagation", "private"] if "mount" in self.fault.shell else []
        program = [*self.fault.prefix, sys.executable, "-m", "virtsmith", *words]
        return [*isolated, shutil.which("bash"), "-c", script, "bash", *program]

    def _environment(self, name):
        variables = environment(self.here, name, self._source / "ark") | {"W": str(self.here)}
        if "FAKETIME" in self.fault.variables:
            variables |= {"LD_PRELOAD": faketime() or "", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        changed = {**variables, **self.fault.variables}
        return {name: value for name, value in changed.items() if value is not None}

    def _end_hosts(self):
        command = [sys.executable, "-m", "virtsmith", "host", "down", "--all"]
        if (self.here / "hosts/new/host.json").exists():
            variables = environment(self.here, "host down", self._source / "ark")
            subprocess.run(command, env=variables, check=False, capture_output=True)

    def _judge(self, code, errors):
        if code == ExitCode.BUG or "a bug in virtsmith" in errors or "Traceback" in errors:
            yield f"{code}: {errors}"
        elif code not in DOCUMENTED:
            yield f"exit code {code}: {errors}"
        if code == ExitCode.EXTERNAL and "2>" not in self.fault.redirect:
            message = next((line for line in errors.splitlines() if line.startswith("error: ")), "")
            if self.fault.reason and self.fault.reason in errors.lower():
                if not re.search(r"/|standard output|<stdin>|cannot run", message):
                    yield f"names no file: {errors}"
            elif not message:
                yield f"no message: {errors!r}"

    def _judge_files(self, name, before):
        invocation = INVOCATIONS[name]
        allowed = [invocation.output, *invocation.writes]
        for path in sorted(self._files() - before):
            if not any(fnmatch(path, pattern) for pattern in allowed):
                yield f"left behind: {path}"
        output = self.here / invocation.output
        if self.fault.to_file and invocation.output and not is_whole(output.read_bytes() if output.exists() else OLD):
            yield f"half-written: {output.name}: {output.read_bytes()[-60:]!r}"

    def _files(self):
        walked = (Path(place, name) for place, _, names in os.walk(self.here) for name in names)  # some may vanish
        found = (path.relative_to(self.here) for path in walked if path.is_file())
        skipped = ("home", ".git", "tmp")
        return {str(path) for path in found if path.parts[0] not in skipped and "__pycache__" not in path.parts}


def is_whole(data):
    """Whether a file is what it was, or ends as results do."""
    return data == OLD or data.endswith((b"\n", b"\0"))


SHARE = 24
"""How many commands there are for each that meets a fault in the suite; `make faults` tries all."""


def chosen(fault):
    """All commands; in the suite a few that do not boot, so that each command meets some of the faults."""
    every = os.environ.get("VIRTSMITH_TEST_FAULTS") == "all"
    first = list(FAULTS).index(fault)
    for place, (command, invocation) in enumerate(INVOCATIONS.items()):
        if invocation.slow and (not every or missing("qemu@7.2") or missing("libvirt@9.0")):
            continue
        if every or (place + first) % SHARE == 0:
            yield command


@pytest.mark.parametrize("name", FAULTS)
def test_every_command_meets(name, source, tmp_path):
    fault = FAULTS[name]
    require(fault)
    runner = Runner(tmp_path, source, fault)
    bad = {}
    for command in chosen(name):
        if faults := runner.run(command):
            bad[command] = faults
            print(f"{name}: {command}: {faults}", flush=True)
    shutil.rmtree(runner.here, ignore_errors=True)
    assert bad == {}, "\n".join(f"{command}: {fault}" for command, faults in bad.items() for fault in faults)
