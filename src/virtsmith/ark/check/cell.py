"""One cell of the matrix: one libvirt, one QEMU, one domain, step by step."""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from virtsmith.ark import daemon
from virtsmith.ark.check.domain import CheckedDomain
from virtsmith.ark.check.outlook import find_schema_reason
from virtsmith.ark.check.steps import BEFORE_ANY_GUEST, CheckCell, Step, StepResult, Until, with_rest
from virtsmith.ark.layout import InstalledVersion, NotInstalled
from virtsmith.ark.stand_ins.needs import Lack
from virtsmith.ark.stand_ins.place import StandInPlace
from virtsmith.core.drafts import write_draft
from virtsmith.core.ownership import scratch_directory
from virtsmith.core.run import ProgramFailed
from virtsmith.errors import VirtsmithError
from virtsmith.qemu.libvirtd import PrivateDaemon

LOOPBACK = "tcp://127.0.0.1"
"""Where QEMU sends a migration; otherwise libvirt would need the machine's name."""
STEP_LIMIT = 90
"""Time limit of one step, in seconds."""
_NO_KVM = "accelerator: emulation, because KVM of this machine does not run it"
_SCHEMA = "failed to validate against schema"
_UNKNOWN_CAUSE = "the cause is unknown"
_NOISE = re.compile(
    r"Unable to get system bus|dmidecode|End of file while reading data|cgroup controller|udev device|Unable to find"
    r"|Failed to probe capabilities"
)


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """What is done with a domain in every cell.

    ``emulated``: without KVM; None: with it, and without where it does not work. ``as_is``: without stand-ins.
    """

    domain: CheckedDomain
    emulated: bool | None = None
    until: Until = Until.SAVE
    as_is: bool = False


def run_cell(libvirt: InstalledVersion, qemu: InstalledVersion, plan: CheckPlan) -> CheckCell:
    """Run a domain on one pair of versions, with a daemon of its own that is removed afterwards.

    Where something is missing that the domain needs, the steps are also run without that: if they succeed then, the
    versions were not to blame, and the result is `StepResult.ENVIRONMENT`.
    """
    parent = daemon.daemons_directory().parent / "check"
    parent.mkdir(parents=True, exist_ok=True)
    # a client must reach a socket in the second one, so its name is short
    with scratch_directory(parent=parent) as directory, scratch_directory() as there:
        made: PrivateDaemon | None = None
        other: PrivateDaemon | None = None
        try:
            qemu.launcher(plan.domain.emulator)
            made = daemon.make(libvirt, qemu, directory / "d")
            made.up()
            if plan.until is Until.MIGRATE:
                other = daemon.make(libvirt, qemu, there / "d")
                other.up()
            return _Cell(libvirt, qemu, plan, made, other or made, directory).run()
        except NotInstalled as error:
            remedy = f"virtsmith ark install {qemu.name} --target {plan.domain.target}"
            reason = str(Lack(f"{qemu.name} has no {plan.domain.emulator}", remedy)) if made is None else str(error)
            return lost_cell(libvirt, qemu, plan, reason, result=StepResult.ENVIRONMENT)
        except (VirtsmithError, OSError) as error:
            return lost_cell(libvirt, qemu, plan, str(error))
        finally:
            for started in filter(None, (made, other)):
                started.kill_guests()
                started.down()


def lost_cell(
    libvirt: InstalledVersion, qemu: InstalledVersion, plan: CheckPlan, reason: str, *, result: StepResult | None = None
) -> CheckCell:
    """The cell of a pair that could not be tried: an error, if no other result is given."""
    names = plan.until.steps
    step = Step(names[0], result or StepResult.ERROR, 0.0, reason)
    return CheckCell(libvirt.name, qemu.name, with_rest([step], names))


@dataclass(slots=True)
class _Cell:
    libvirt: InstalledVersion
    qemu: InstalledVersion
    plan: CheckPlan
    made: PrivateDaemon
    other: PrivateDaemon
    """The daemon to migrate to; the first one if there is nothing to migrate."""
    directory: Path
    _tries: int = 0

    def run(self) -> CheckCell:
        emulated = bool(self.plan.emulated)
        cell = self._try(emulated=emulated)
        if self.plan.as_is or cell.result is StepResult.OK:
            return cell
        if self.plan.emulated is None and self.plan.domain.kind == "kvm":
            other = self._try(emulated=True)
            if other.progress >= cell.progress:  # otherwise the machine's KVM would be what is judged
                cell, emulated = replace(other, stand_ins=(_NO_KVM, *other.stand_ins[1:])), True
        lacks = self.plan.domain.lacks(self.libvirt, self.qemu)
        if lacks and cell.result is not StepResult.OK:
            other = self._try(emulated=emulated, lacks=lacks)
            if other.progress > cell.progress:
                return self._without(cell, other, lacks)
        return cell

    def _without(self, cell: CheckCell, other: CheckCell, lacks: dict[str, Lack]) -> CheckCell:
        """The result for a domain that gets further without what is missing."""
        if other.result is StepResult.OK:
            step = replace(cell.decisive, result=StepResult.ENVIRONMENT, reason="; ".join(map(str, lacks.values())))
            number = cell.progress
            return replace(cell, steps=(*cell.steps[:number], step, *cell.steps[number + 1 :]))
        notes = tuple(f"{name}: left out, since {lack.what}" for name, lack in lacks.items())
        return replace(other, stand_ins=(*notes, *other.stand_ins))

    def _try(self, *, emulated: bool, lacks: dict[str, Lack] | None = None) -> CheckCell:
        """Run all steps once."""
        domain, self._tries = self.plan.domain, self._tries + 1
        maker: Path | None = None
        with suppress(NotInstalled):
            maker = self.qemu.launcher("qemu-img")
        place = StandInPlace(self.directory / f"stand-ins{self._tries}", maker)
        if self.plan.as_is:
            given = tried = domain.as_it_is(emulated=emulated)
        else:
            given = domain.as_defined(place, emulated=emulated, lacks=lacks)
            tried = domain.with_stand_ins(place, emulated=emulated, lacks=lacks)
        documents = {name: self.made.directory / f"{name}.xml" for name in ("given", "tried")}
        write_draft(documents["given"], given)
        write_draft(documents["tried"], tried)
        names, steps = self.plan.until.steps, list[Step]()
        command_line: tuple[str, ...] = ()
        kind = "qemu" if emulated else domain.kind
        try:
            for name in names:
                step, said = self._step(name, self._commands(name, kind, documents))
                steps.append(step)
                if step.result is not StepResult.OK:
                    break
                if name == "to-native":
                    command_line = self._shown(said, place)
        finally:
            self._clear()
        notes = tuple(note.replace(str(self.directory), "...") for note in place.notes)
        return CheckCell(self.libvirt.name, self.qemu.name, with_rest(steps, names), notes, command_line)

    def _commands(self, name: str, kind: str, documents: dict[str, Path]) -> list[list[str | os.PathLike[str]]]:
        """The virsh commands of a step, in order."""
        guest, saved, tried = self.plan.domain.name, self.made.directory / "guest.save", documents["tried"]
        emulator = ["--emulatorbin", self.plan.domain.path, "--arch", self.plan.domain.architecture]
        paused = [] if self.plan.as_is else ["--paused"]
        commands: dict[str, list[list[str | os.PathLike[str]]]] = {
            "capabilities": [["domcapabilities", *emulator, "--virttype", kind]],
            "define": [["define", "--validate", documents["given"]], ["undefine", guest]],
            "to-native": [["define", tried], ["domxml-to-native", "qemu-argv", tried]],
            "start": [["start", guest, *paused]],
            "save": [["save", guest, saved]],
            "restore": [["restore", saved, *paused]],
            "migrate": [["migrate", "--live", "--p2p", guest, self.other.uri, "--migrateuri", LOOPBACK]],
            "destroy": [["destroy", guest]],
        }
        return commands[name]

    def _step(self, name: str, commands: Sequence[Sequence[str | os.PathLike[str]]]) -> tuple[Step, str]:
        """Run a step; return its result, and what its last command printed."""
        made = self.other if name == "destroy" else self.made
        position, started = made.log_size(), time.monotonic()
        said, printed, is_ok = "", "", True
        try:
            for command in commands:
                done = made.command(*command, timeout=STEP_LIMIT)
                said, printed, is_ok = done.stderr_text, done.text, done.status == 0
                if not is_ok:
                    break
        except ProgramFailed as error:
            said, is_ok = f"error: {error}", False
        seconds = time.monotonic() - started
        if is_ok:
            return Step(name, StepResult.OK, seconds), printed
        errors = [line for line in made.errors_since(position) if not _NOISE.search(line)]
        guest = made.guest_log(self.plan.domain.name) if name not in BEFORE_ANY_GUEST else ""
        result = StepResult.REFUSED if name in BEFORE_ANY_GUEST else StepResult.FAILED
        reason, words = _reason(said, errors), [*errors, *([guest] if guest else [])]
        if _SCHEMA in reason and (known := find_schema_reason(self.plan.domain.text, self.libvirt.version or "")):
            reason, words = f"its schema refuses {known}", [reason, *words]
        return Step(name, result, seconds, reason, "\n".join(words)), printed

    def _clear(self) -> None:
        """Remove the guest and its definition, for the next attempt."""
        for made in (self.made, self.other):
            clear(made, self.plan.domain.name)

    def _shown(self, printed: str, place: StandInPlace) -> tuple[str, ...]:
        """QEMU's command line as words, without the names of temporary files."""
        text = printed.replace(str(place.directory), "STAND-INS").replace(str(self.made.directory), "DAEMON")
        try:
            return tuple(shlex.split(text))
        except ValueError:
            return (text.strip(),)


def clear(made: PrivateDaemon, name: str) -> None:
    """Remove a guest and its definition from a daemon, if it has them."""
    for words in (["destroy", name], ["undefine", name, "--nvram", "--managed-save"], ["undefine", name]):
        with suppress(VirtsmithError):
            if made.command(*words, timeout=STEP_LIMIT).status == 0 and words[0] == "undefine":
                return


def _reason(said: str, logged: Sequence[str]) -> str:
    """The cause: what virsh printed, or, where that says nothing, what the daemon logged."""
    errors = [" ".join(part.split()) for part in re.split(r"^error: ", said, flags=re.MULTILINE)[1:]]
    useful = [line for line in errors if _UNKNOWN_CAUSE not in line]
    if len(errors) > 1 and useful and useful[-1] is errors[-1]:
        return errors[-1]
    return logged[0] if logged else (errors[-1] if errors else said.strip() or "no reason was given")
