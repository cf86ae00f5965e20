"""The check of one VM: which machine type, whether its state loads, what prevents that, what differs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from libvirtxml.findings import Finding

from virtsmith.abi.collect.session import BinaryFacts
from virtsmith.abi.diff.allowances import AllowanceUse
from virtsmith.abi.diff.compare import compare_dumps
from virtsmith.abi.diff.sets import with_loads
from virtsmith.abi.dump.dump import Machine, dump_guest
from virtsmith.abi.dump.dumping import DumpPlan, make_dumps
from virtsmith.abi.dump.model import Comparison, Dump, Impact, Load, LoadResult
from virtsmith.abi.dump.store import DumpStore, load_dump
from virtsmith.abi.machine.guest import StoppedMachine
from virtsmith.abi.migrate.row import locate
from virtsmith.abi.migrate.transfer import LoadAnswer
from virtsmith.abi.sources.binary import Emulator
from virtsmith.abi.vm import remedies
from virtsmith.abi.vm.hardware import Hardware
from virtsmith.abi.vm.machine import choose, read_types, shared
from virtsmith.abi.vm.remedies import Attempt, Remedy
from virtsmith.abi.vm.stack import StackJob, StackReport
from virtsmith.abi.vm.trial import Culprit, CulpritSearch, Refusal, Trial, settle
from virtsmith.core.parallel import Executor, Job, in_order, run_jobs
from virtsmith.core.parallel.jobs import R
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import ExternalError
from virtsmith.qemu.process import Qemu


class Verdict(StrEnum):
    """The answer for one VM and one direction."""

    LOADS = "loads"
    """All that a guest sees of it was tried, and loads."""
    LOADS_WITHOUT = "loads-without"
    """It loads without the parts that were not tried."""
    FAILS = "fails"
    CANNOT_GO = "cannot-go"
    """The target lacks its machine type, or one of its devices."""
    NOT_SUCH_A_VM = "not-such-a-vm"
    """The source does not start it."""
    BLOCKED = "blocked"
    """It cannot be migrated, whatever the target is."""
    NOT_JUDGED = "not-judged"
    """A QEMU crashed or hung."""


@dataclass(frozen=True, slots=True)
class VmReport:
    """The result for one VM that is to move from one QEMU to another.

    ``loads`` are real, in both directions; ``culprits`` are the devices that prevent it from loading in the target;
    ``comparison`` is of its own hardware. With an ``obstacle`` nothing was tried, and ``advice`` is what to do.
    ``refusals`` are devices without which the rest was tried, because one of the two QEMUs has no such device.
    """

    machine: str
    source: Emulator
    target: Emulator
    remarks: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    hardware: Hardware | None = None
    loads: tuple[Load, ...] = ()
    culprits: tuple[Culprit, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    comparison: Comparison | None = None
    unexplained: str = ""
    """Why it does not load even without the culprits."""
    obstacle: str = ""
    advice: str = ""
    stack: StackReport | None = None
    """The move between two libvirts, if both sides have one."""
    uses: tuple[AllowanceUse, ...] = ()
    """The use of the allowances for the comparison."""

    @property
    def allowance_findings(self) -> list[Finding]:
        """Return findings about the allowances themselves: expired, or covering nothing."""
        return [found for use in self.uses if (found := use.to_finding())]

    @property
    def is_fine(self) -> bool:
        """Whether all of it was tried and loads, and all differences that a guest can notice are allowed."""
        differences = self.comparison.standing if self.comparison is not None else ()
        return self.verdict is Verdict.LOADS and not any(difference.impact.matters for difference in differences)

    @property
    def verdict(self) -> Verdict:
        """The answer in one word: what the libvirts say, where they were asked and answer."""
        blocked = (self.hardware is not None and self.hardware.blockers) or (
            self.there and all(load.result is LoadResult.REFUSED for load in self.there)
        )
        if self.obstacle:
            return Verdict.CANNOT_GO
        if blocked:
            return Verdict.BLOCKED
        return self._of_qemu if self.stack is None else self._of_libvirt(self.stack)

    @property
    def _of_qemu(self) -> Verdict:
        """The answer where only QEMU was asked."""
        left_out = self.hardware.left_out if self.hardware is not None else ()
        died = any(load.result is LoadResult.DIED for load in self.there)
        answers = (
            (any(refusal.emulator == self.source for refusal in self.refusals), Verdict.NOT_SUCH_A_VM),
            (bool(self.refusals), Verdict.CANNOT_GO),
            (died, Verdict.NOT_JUDGED),
            (not self.loads_there, Verdict.FAILS),
            (bool(left_out), Verdict.LOADS_WITHOUT),
        )
        return next((verdict for holds, verdict in answers if holds), Verdict.LOADS)

    def _of_libvirt(self, stack: StackReport) -> Verdict:
        """The answer of the libvirts; what they move may still have a state in which its hardware does not load."""
        answers = (
            (not stack.is_judged, Verdict.NOT_JUDGED),
            (stack.never_started, Verdict.NOT_SUCH_A_VM),
            (not stack.works and bool(self.refusals), Verdict.CANNOT_GO),
            (not stack.works or not self.loads_there, Verdict.FAILS),
            (bool(stack.without), Verdict.LOADS_WITHOUT),
        )
        return next((verdict for holds, verdict in answers if holds), Verdict.LOADS)

    @property
    def there(self) -> list[Load]:
        """The loads in the requested direction."""
        return [load for load in self.loads if load.saved_by == self.source.binary.key]

    @property
    def loads_there(self) -> bool:
        """Whether what was tried of the VM really loads in the target, in every state that was tried."""
        return bool(self.there) and all(load.result is LoadResult.OK for load in self.there)

    def rules_for(self, device: str) -> list[str]:
        """Return the rules by which the static comparison predicts that a device's state does not load."""
        found = self.comparison.differences if self.comparison is not None else ()
        return sorted({remedy.rule for remedy in found if remedy.impact is Impact.BREAK and device in remedy.path})

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        place = self.hardware.place if self.hardware is not None else str
        return {
            "machine": self.machine,
            "from": self.source.binary.key,
            "to": self.target.binary.key,
            "verdict": self.verdict.value,
            "obstacle": self.obstacle,
            "advice": self.advice,
            "remarks": list(self.remarks),
            "notes": list(self.hardware.notes) if self.hardware is not None else [],
            "left_out": [
                {"path": part.path, "reason": part.reason}
                for part in (self.hardware.left_out if self.hardware is not None else ())
            ],
            "blockers": list(self.hardware.blockers) if self.hardware is not None else [],
            "refusals": [
                {
                    "device": refusal.device,
                    "what": refusal.what,
                    "qemu": refusal.emulator.binary.key,
                    "reason": refusal.reason,
                }
                for refusal in self.refusals
            ],
            "loads_there": self.loads_there if self.loads else None,
            "loads": [load.to_dict() for load in self.loads],
            "unexplained": self.unexplained,
            "culprits": [
                {
                    "device": culprit.device,
                    "what": place(culprit.device),
                    "error": culprit.error,
                    "booted": culprit.booted,
                    "rules": self.rules_for(culprit.device),
                }
                for culprit in self.culprits
            ],
            "remedies": [
                {
                    "device": remedy.device,
                    "change": remedy.change,
                    "live": remedy.live,
                    "works": remedy.works,
                    "reason": remedy.reason,
                }
                for remedy in self.remedies
            ],
            "comparison": self.comparison.to_dict() if self.comparison is not None else None,
            "stack": self.stack.to_dict() if self.stack is not None else None,
        }


@dataclass(frozen=True, slots=True)
class DumpJob:
    """Dumps a VM's own hardware."""

    emulator: Emulator
    hardware: Hardware
    machine: Machine
    known: BinaryFacts
    label: str
    accel: str

    def __call__(self) -> Dump:
        """Run the job."""
        argv = self.hardware.command_line(locate(self.emulator), self.accel)
        return dump_guest(
            lambda: StoppedMachine(Qemu(argv, qtest=True), {}),
            self.emulator,
            self.machine,
            self.known,
            label=self.label,
            accel=self.accel,
        )

    def __str__(self) -> str:
        return f"hardware in {self.emulator.binary.version}"


@dataclass(slots=True)
class TrialOptions:
    """How to try a VM: the executor of jobs, the store of dumps, and the states."""

    executor: Executor
    store: DumpStore
    states: tuple[bool, ...] = (False, True)
    accel: str = "tcg"
    progress: Progress = field(default=SILENT)

    def run(self, hardware: Hardware, source: Emulator, target: Emulator) -> VmReport:
        """Try a VM's hardware.

        Raises:
            ExternalError: a QEMU cannot be queried.
        """
        types = [read_types(emulator, self.accel) for emulator in (source, target)]
        choice = choose(hardware.machine, *types)
        report = VmReport(choice.name, source, target, choice.remarks, obstacle=choice.obstacle, advice=choice.advice)
        if choice.obstacle:
            return report
        settled = settle(hardware.of_type(choice.name), [source, target], self.accel)
        hardware, paths = settled.hardware, settled.paths
        report = replace(report, hardware=hardware, refusals=settled.refusals)
        if not settled.is_startable:
            return report
        label = f"vm-{hashlib.sha256(repr((hardware.options, hardware.devices)).encode()).hexdigest()[:8]}"
        there = Trial(source, target, hardware, hardware, self.states, self.accel)
        back = replace(there, saver=target, loader=source)
        loads = self._loads([there, back], label)
        report = replace(report, loads=tuple(loads))
        comparison = self._compare(hardware, source, target, label)
        report = replace(report, comparison=with_loads(comparison, loads))
        if report.loads_there:
            return report
        [(culprits, unexplained)] = self._all([CulpritSearch(there, paths)])
        devices = [culprit.device for culprit in culprits]
        names = shared(choice.name, *types)
        attempts = [attempt for device in devices for attempt in remedies.for_device(device, devices, there)]
        attempts += remedies.for_machine(list(dict.fromkeys([*names[:1], *names[-1:]])), there)
        attempts += [remedies.without(devices, there)] if devices else []
        return replace(
            report, culprits=tuple(culprits), unexplained=unexplained, remedies=tuple(self._try_remedies(attempts))
        )

    def run_stack(self, job: StackJob) -> StackReport:
        """Move a VM between two libvirts.

        Raises:
            ExternalError: the job itself failed.
        """
        return self._all([job])[0]

    def _loads(self, trials: Sequence[Trial], label: str) -> list[Load]:
        """Return one load per direction and state."""
        single = [replace(trial, states=(booted,)) for trial in trials for booted in self.states]
        verdicts: list[list[LoadAnswer]] = self._all(single)
        return [
            Load(
                trial.saved.machine,
                label,
                self.accel,
                trial.saver.binary.key,
                trial.loader.binary.key,
                trial.states[0],
                verdict.result,
                verdict.device,
                verdict.error,
            )
            for trial, [verdict] in zip(single, verdicts, strict=True)
        ]

    def _compare(self, hardware: Hardware, source: Emulator, target: Emulator, label: str) -> Comparison:
        """Dump the hardware under both QEMUs and compare."""
        made = list(
            make_dumps([source, target], DumpPlan((), (), self.accel), self.store, self.executor, self.progress)
        )
        jobs: list[DumpJob] = []
        for result, emulator in zip(made, (source, target), strict=True):
            if result.path is None:
                raise ExternalError(f"QEMU {emulator.binary.version} cannot be dumped: {result.error}")
            dump = load_dump(result.path)
            machine = Machine.of(dump, hardware.machine)
            jobs.append(DumpJob(emulator, hardware, machine, BinaryFacts.of(dump), label, self.accel))
        old, new = self._all(jobs)
        return compare_dumps(old, new)

    def _try_remedies(self, attempts: Sequence[Attempt]) -> list[Remedy]:
        """Return the results, without changes on both sides if the change on the loading side is enough."""
        found: list[Remedy] = self._all(attempts)
        enough = {(remedy.device, remedy.change) for remedy in found if remedy.live and remedy.works}
        return [remedy for remedy in found if remedy.live or (remedy.device, remedy.change) not in enough]

    def _all(self, jobs: Sequence[Job[R]]) -> list[R]:
        """Return the results of jobs in order.

        Raises:
            ExternalError: a job failed.
        """
        results: list[R] = []
        for outcome in in_order(run_jobs(self.executor, jobs, task="trials", progress=self.progress)):
            if outcome.result is None:
                raise ExternalError(f"{jobs[outcome.number]}: {outcome.error}")
            results.append(outcome.result)
        return results
