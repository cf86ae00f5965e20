"""One cell of the matrix: one libvirt, one QEMU, one domain, step by step."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from virtsmith.ark import daemon
from virtsmith.ark.check.domain import CheckedDomain
from virtsmith.ark.layout import InstalledVersion
from virtsmith.core.drafts import write_draft
from virtsmith.core.ownership import scratch_directory
from virtsmith.core.run import ProgramFailed
from virtsmith.errors import VirtsmithError
from virtsmith.qemu.libvirtd import PrivateDaemon

STEP_LIMIT = 90
"""Time limit of one step, in seconds."""


class StepResult(StrEnum):
    """The result of a step or a cell."""

    OK = "ok"
    REFUSED = "refused"
    """Libvirt refused before any guest ran."""
    FAILED = "failed"
    """It was tried and failed."""
    ERROR = "error"
    """It could not be judged."""
    NOT_REACHED = "not-reached"
    """An earlier step did not succeed."""


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one step; ``log`` is what daemon and QEMU wrote meanwhile."""

    name: str
    result: StepResult
    seconds: float = 0.0
    reason: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class CheckCell:
    """One libvirt with one QEMU: the steps in order."""

    libvirt: str
    qemu: str
    steps: tuple[Step, ...]

    @property
    def decisive(self) -> Step:
        """The step that did not succeed, or the last one."""
        return next((step for step in self.steps if step.result is not StepResult.OK), self.steps[-1])

    @property
    def result(self) -> StepResult:
        """The result of the whole cell."""
        return self.decisive.result

    @property
    def seconds(self) -> float:
        """The duration of all steps."""
        return sum(step.seconds for step in self.steps)

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        steps = [
            {"name": s.name, "result": s.result.value, "seconds": round(s.seconds, 3), "reason": s.reason, "log": s.log}
            for s in self.steps
        ]
        return {"libvirt": self.libvirt, "qemu": self.qemu, "result": self.result.value, "steps": steps}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> CheckCell:
        """Read what `to_dict` returned.

        Raises:
            ValueError, KeyError, TypeError: it is something else.
        """
        steps = tuple(Step(**{**step, "result": StepResult(step["result"])}) for step in data["steps"])
        if not steps:
            raise ValueError("a cell without steps")
        return cls(data["libvirt"], data["qemu"], steps)


STEPS = ("capabilities", "define", "to-native", "start", "save", "restore", "destroy")
_BEFORE_ANY_GUEST = STEPS[:3]
_UNKNOWN_CAUSE = "the cause is unknown"
_NOISE = re.compile(
    r"Unable to get system bus|dmidecode|End of file while reading data|cgroup controller|udev device|Unable to find"
    r"|Failed to probe capabilities"
)


def run_cell(libvirt: InstalledVersion, qemu: InstalledVersion, domain: CheckedDomain, *, emulated: bool) -> CheckCell:
    """Run a domain on one pair of versions, with a daemon of its own that is removed afterwards."""
    parent = daemon.daemons_directory().parent / "check"
    parent.mkdir(parents=True, exist_ok=True)
    with scratch_directory(parent=parent) as directory:
        started = time.monotonic()
        made: PrivateDaemon | None = None
        try:
            emulator = str(qemu.launcher(domain.emulator))
            made = daemon.make(libvirt, qemu, directory / "d")
            made.up()
            steps = _run_steps(made, domain, emulator, emulated=emulated)
        except (VirtsmithError, OSError) as error:
            failed = Step(STEPS[0], StepResult.ERROR, time.monotonic() - started, str(error))
            steps = _with_rest([failed])
        finally:
            if made:
                made.kill_guests()
                made.down()
        return CheckCell(libvirt.name, qemu.name, tuple(steps))


def lost_cell(libvirt: InstalledVersion, qemu: InstalledVersion, reason: str) -> CheckCell:
    """The cell of a pair that could not be tried."""
    return CheckCell(libvirt.name, qemu.name, tuple(_with_rest([Step(STEPS[0], StepResult.ERROR, 0.0, reason)])))


def _run_steps(made: PrivateDaemon, domain: CheckedDomain, emulator: str, *, emulated: bool) -> list[Step]:
    document, saved = made.directory / "domain.xml", made.directory / "guest.save"
    write_draft(document, domain.made_for(emulator, emulated=emulated))
    kind = "qemu" if emulated else domain.kind
    commands: dict[str, Sequence[str | os.PathLike[str]]] = {
        "capabilities": [
            "domcapabilities",
            "--emulatorbin",
            emulator,
            "--arch",
            domain.architecture,
            "--virttype",
            kind,
        ],
        "define": ["define", "--validate", document],
        "to-native": ["domxml-to-native", "qemu-argv", document],
        "start": ["start", domain.name],
        "save": ["save", domain.name, saved],
        "restore": ["restore", saved],
        "destroy": ["destroy", domain.name],
    }
    steps: list[Step] = []
    for name in STEPS:
        step = _run_step(made, domain, name, commands[name])
        steps.append(step)
        if step.result is not StepResult.OK:
            break
    return _with_rest(steps)


def _with_rest(steps: list[Step]) -> list[Step]:
    return steps + [Step(name, StepResult.NOT_REACHED) for name in STEPS[len(steps) :]]


def _run_step(made: PrivateDaemon, domain: CheckedDomain, name: str, command: Sequence[str | os.PathLike[str]]) -> Step:
    position, started = made.log_size(), time.monotonic()
    try:
        done = made.command(*command, timeout=STEP_LIMIT)
        said, is_ok = done.stderr_text, done.status == 0
    except ProgramFailed as error:
        said, is_ok = f"error: {error}", False
    seconds = time.monotonic() - started
    if is_ok:
        return Step(name, StepResult.OK, seconds)
    errors = [line for line in made.errors_since(position) if not _NOISE.search(line)]
    guest = made.guest_log(domain.name) if name not in _BEFORE_ANY_GUEST else ""
    result = StepResult.REFUSED if name in _BEFORE_ANY_GUEST else StepResult.FAILED
    log = "\n".join([*errors, *([guest] if guest else [])])
    return Step(name, result, seconds, _reason(said, errors), log)


def _reason(said: str, logged: Sequence[str]) -> str:
    """The cause: what virsh printed, or, where that says nothing, what the daemon logged."""
    errors = [" ".join(part.split()) for part in re.split(r"^error: ", said, flags=re.MULTILINE)[1:]]
    useful = [line for line in errors if _UNKNOWN_CAUSE not in line]
    if len(errors) > 1 and useful and useful[-1] is errors[-1]:
        return errors[-1]
    return logged[0] if logged else (errors[-1] if errors else said.strip() or "no reason was given")
