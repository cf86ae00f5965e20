"""Trying one version: with a command, with a domain and a step of the check, or with a pytest test."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from virtsmith.ark import daemon
from virtsmith.ark.bisect.search import Mark
from virtsmith.ark.install import launcher
from virtsmith.ark.layout import InstalledVersion
from virtsmith.ark.use import variables
from virtsmith.core.ownership import scratch_directory
from virtsmith.core.run import require_program, start
from virtsmith.errors import ExternalError, MissingError

if TYPE_CHECKING:
    from virtsmith.ark.check.domain import CheckedDomain
    from virtsmith.ark.check.steps import Until

_SKIP = 125
_ABORT = 128
_QEMU, _URI = "QEMU", "VIRTSMITH_URI"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a try says: the mark, the exit status of the test if it has one, and the reason if it is not good."""

    mark: Mark
    status: int | None = None
    reason: str = ""


class Aborted(ExternalError):
    """The test asked, by its exit status, not to go on."""


class Trial(Protocol):
    """A way to try a version; ``partners`` are the applications of which one takes part even if none is named."""

    partners: ClassVar[tuple[str, ...]]

    def question(self) -> Mapping[str, Any]:
        """Everything that the verdict depends on besides the version, as JSON data."""
        ...

    def run(self, version: InstalledVersion, other: InstalledVersion | None) -> Verdict:
        """Try a version, together with one of the other application if there is one.

        Raises:
            Aborted: the test asked not to go on.
            ExternalError: the test cannot be run.
        """
        ...


@dataclass(frozen=True, slots=True)
class CommandTrial:
    """A command whose exit status is the verdict, as ``git bisect run`` reads it.

    0 is good, 125 cannot be judged, 128 and more end the bisection, all others are bad. ``target`` is the one of QEMU's
    whose emulator it gets, by default this machine's; ``output`` is the file descriptor that its output goes to.
    """

    partners: ClassVar[tuple[str, ...]] = ("qemu",)
    words: tuple[str, ...]
    target: str = ""
    output: int = subprocess.DEVNULL

    def question(self) -> Mapping[str, Any]:
        """The command, and the content of the files that it names."""
        require_program(self.words[0], hint="write the test after --, as in -- ./test.sh")
        contents = {word: _digest(Path(word)) for word in self.words if Path(word).is_file()}
        return {"command": list(self.words), "target": self.target, "files": contents}

    def run(self, version: InstalledVersion, other: InstalledVersion | None) -> Verdict:
        """Run it with ``QEMU`` and, where a libvirt takes part, ``VIRTSMITH_URI`` in its environment."""
        with _surroundings(version, other, self.target) as environment:
            status = _run(self.words, environment, self.output)
        if status == 0:
            return Verdict(Mark.GOOD, 0)
        if status == _SKIP:
            return Verdict(Mark.SKIPPED, status, f"the test ended with status {status}")
        if status < 0 or status >= _ABORT:
            how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
            raise Aborted(f"the test {how} with {version.name}", hint="the log is kept: run the same command to go on")
        return Verdict(Mark.BAD, status, f"the test ended with status {status}")


@dataclass(frozen=True, slots=True)
class DomainTrial:
    """A domain that must get through a step of the check; one that does not get to the step cannot be judged.

    ``until`` is a check that has the step, ``emulated`` as in `virtsmith.ark.check.cell.CheckPlan`.
    """

    partners: ClassVar[tuple[str, ...]] = ("libvirt", "qemu")
    domain: CheckedDomain
    step: str
    until: Until
    emulated: bool | None

    @classmethod
    def make(cls, domain: CheckedDomain, step: str, accelerator: str = "auto") -> DomainTrial:
        """Return the trial of a domain and a step of the check; ``accelerator`` as in `check_domain`."""
        from virtsmith.ark.check.matrix import find_emulation  # noqa: PLC0415 - slow to import
        from virtsmith.ark.check.steps import Until  # noqa: PLC0415

        until = next(until for until in Until if step in until.steps)
        return cls(domain, step, until, find_emulation(domain, accelerator))

    def question(self) -> Mapping[str, Any]:
        """The document and the step."""
        text = hashlib.sha256(self.domain.text).hexdigest()
        return {"domain": self.domain.name, "sha256": text, "step": self.step, "emulated": self.emulated}

    def run(self, version: InstalledVersion, other: InstalledVersion | None) -> Verdict:
        """Run the steps of the check on the two versions."""
        from virtsmith.ark.check.cell import CheckPlan, run_cell  # noqa: PLC0415 - slow to import
        from virtsmith.ark.check.steps import StepResult  # noqa: PLC0415

        if other is None:
            raise MissingError("a domain needs a libvirt and a QEMU")
        libvirt, qemu = (version, other) if version.app == "libvirt" else (other, version)
        cell = run_cell(libvirt, qemu, CheckPlan(self.domain, self.emulated, self.until))
        decisive = cell.decisive
        at = next(step for step in cell.steps if step.name == self.step)
        if at.result is StepResult.OK:
            return Verdict(Mark.GOOD)
        reason = f"{decisive.name} {decisive.result.value}: {decisive.reason}"
        is_judged = at is decisive and decisive.result in (StepResult.REFUSED, StepResult.FAILED)
        return Verdict(Mark.BAD if is_judged else Mark.SKIPPED, None, reason)


@dataclass(frozen=True, slots=True)
class PytestTrial:
    """A test for pytest that uses the fixtures ``ark_qemu``, ``ark_libvirt`` or ``ark_libvirtd``.

    A failure is bad. A test that is skipped, or whose fixtures fail, cannot be judged. ``node`` names the test as
    pytest does, ``ark`` is the directory with the versions.
    """

    partners: ClassVar[tuple[str, ...]] = ()
    node: str
    ark: Path
    output: int = subprocess.DEVNULL

    def question(self) -> Mapping[str, Any]:
        """The test, and the content of its file."""
        file = Path(self.node.partition("::")[0])
        return {"pytest": self.node, "sha256": _digest(file) if file.is_file() else None}

    def run(self, version: InstalledVersion, other: InstalledVersion | None) -> Verdict:
        """Run it in a pytest of its own."""
        options = [word for item in (version, other) if item for word in (f"--ark-{item.app}", item.id)]
        with scratch_directory() as directory:
            report = directory / "report.xml"
            argv = [sys.executable, "-m", "pytest", self.node, "--ark", str(self.ark), *options]
            status = _run([*argv, f"--junit-xml={report}"], os.environ, self.output)
            if status not in (0, 1):
                raise Aborted(f"pytest ended with status {status}: it could not run {self.node}")
            return _judge_tests(report, status)


def _judge_tests(report: Path, status: int) -> Verdict:
    from lxml import etree  # noqa: PLC0415 - slow to import

    cases = list(etree.parse(report).iter("testcase"))
    for kind, mark in (("failure", Mark.BAD), ("error", Mark.SKIPPED)):
        if (found := next((case.find(kind) for case in cases if case.find(kind) is not None), None)) is not None:
            return Verdict(mark, status, " ".join((found.get("message") or kind).split()))
    skipped = [found for case in cases if (found := case.find("skipped")) is not None]
    if len(skipped) == len(cases):
        words = skipped[0].get("message") or "" if skipped else "no test ran"
        return Verdict(Mark.SKIPPED, status, f"skipped: {words}")
    return Verdict(Mark.GOOD, status)


@contextmanager
def _surroundings(version: InstalledVersion, other: InstalledVersion | None, target: str) -> Iterator[dict[str, str]]:
    """The environment of a test: the versions first on ``PATH``, and a daemon if a libvirt takes part."""
    pair = {item.app: item for item in (version, other) if item}
    environment = {**os.environ, **variables(list(pair.values()), os.environ, building=False)}
    libvirt, qemu = pair.get("libvirt"), pair.get("qemu")
    if qemu:
        environment[_QEMU] = str(qemu.launcher(f"qemu-system-{target}" if target else qemu.program))
    if libvirt is None:
        yield environment
        return
    with scratch_directory() as directory:  # its name is short, because clients must reach a socket in it
        made = daemon.make(libvirt, qemu, directory / "d")
        try:
            made.up()
            yield {**environment, _URI: made.uri, launcher.STATE_VARIABLE: str(made.directory)}
        finally:
            made.kill_guests()
            made.down()


def _run(words: Sequence[str], environment: Mapping[str, str], output: int) -> int:
    process = start(words, stdout=output, stderr=output, env=environment)
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
