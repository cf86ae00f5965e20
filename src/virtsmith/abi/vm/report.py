"""The result for one VM, for readers: sentences first, then tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from virtsmith.abi.diff.tables import allowed_table, differences_table, group
from virtsmith.abi.diff.verdict import iter_contradictions
from virtsmith.abi.dump.model import Impact, LoadResult
from virtsmith.abi.migrate.report import STATES, explain
from virtsmith.abi.vm.check import Verdict, VmReport
from virtsmith.abi.vm.stack import StackReport
from virtsmith.ark.migrate.passage import Way
from virtsmith.report.table import Cell, Table, Tone


def headline(report: VmReport, name: str) -> str:
    """Return the result in one sentence."""
    stack, source, target = report.stack, report.source.binary.version, report.target.binary.version
    way = f"QEMU {source} to {target}"
    if report.obstacle:
        return f"{name} cannot move from {way}: {report.obstacle}"
    if stack is not None:
        way = f"{stack.source.name} to {stack.target.name}"
    sentence = _SENTENCES[report.verdict](report, way, stack.source.name if stack is not None else f"QEMU {source}")
    return f"{name} ({report.machine}) {sentence}"


def _loads_it(report: VmReport, way: str, _source: str) -> str:
    if report.stack is not None:
        return f"moves from {way}: it was really {_ways(report.stack)}"
    return f"loads: its state was really saved and loaded, {_states(report)}, from {way}"


def _loads_without(report: VmReport, way: str, _source: str) -> str:
    if report.stack is not None:
        return f"moves from {way}, with stand-ins that a guest notices: it was really {_ways(report.stack)}"
    tried = f"its state was really saved and loaded, {_states(report)}, from {way}"
    return f"loads without {_left_out(report)}: the rest of {tried}"


def _fails(report: VmReport, way: str, _source: str) -> str:
    if report.stack is not None:
        return f"does NOT move from {way}: {report.stack.reason or 'the state of its hardware does not load'}"
    return f"does NOT load from {way}: a real attempt failed"


def _not_judged(report: VmReport, way: str, _source: str) -> str:
    reason = report.stack.reason if report.stack is not None else ""
    return f"cannot be judged from {way}: {reason or 'a QEMU crashed or hung'}"


def _not_such_a_vm(report: VmReport, _way: str, source: str) -> str:
    reason = report.stack.reason if report.stack is not None else ""
    return f"is not a VM of {source}, which does not start it: {reason or _refused(report)}"


_SENTENCES: Mapping[Verdict, Callable[[VmReport, str, str], str]] = {
    Verdict.LOADS: _loads_it,
    Verdict.LOADS_WITHOUT: _loads_without,
    Verdict.FAILS: _fails,
    Verdict.CANNOT_GO: lambda report, way, _source: f"cannot go from {way}: {_refused(report)}",
    Verdict.NOT_SUCH_A_VM: _not_such_a_vm,
    Verdict.BLOCKED: lambda report, _way, _source: f"cannot be migrated at all: {_blocked(report)}",
    Verdict.NOT_JUDGED: _not_judged,
}
"""What is said of a VM, a way and a source, by verdict."""


def _states(report: VmReport) -> str:
    return " and ".join(STATES[load.booted] for load in report.there)


def _ways(stack: StackReport) -> str:
    return " and ".join(_WAYS[passage.way] for passage in stack.passages)


_WAYS = {Way.SAVE: "saved and restored", Way.P2P: "migrated live"}
_SHOWN = 4
"""How many parts a sentence names."""


def _refused(report: VmReport) -> str:
    return "; ".join(f"{refusal.what} ({refusal.reason})" for refusal in report.refusals)


def _blocked(report: VmReport) -> str:
    blockers = report.hardware.blockers if report.hardware is not None else ()
    return blockers[0] if blockers else f"QEMU {report.source.binary.version} refuses"


def _left_out(report: VmReport) -> str:
    paths = [part.path.removeprefix("/domain/") for part in report.hardware.left_out] if report.hardware else []
    more = len(paths) - _SHOWN
    return ", ".join(paths[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def sentences(report: VmReport) -> Iterator[str]:
    """Yield sentences besides the tables."""
    if report.advice:
        yield f"what to do: {report.advice}"
    if report.refusals and report.loads:
        result = "loads" if report.loads_there else "does not load either"
        yield f"what remains without these devices {result}"
    yield from report.remarks
    if report.comparison is not None:
        yield from iter_contradictions(report.comparison)
    if report.unexplained:
        yield f"it also fails for another reason: {report.unexplained.splitlines()[0]}"
    if report.culprits and not report.unexplained and report.hardware is not None:
        names = ", ".join(report.hardware.place(culprit.device) for culprit in report.culprits)
        yield f"devices that fail to load: {names}"
    stuck = [
        culprit
        for culprit in report.culprits
        if not any(r.works and r.device == culprit.device for r in report.remedies)
    ]
    if stuck and report.hardware is not None:
        names = ", ".join(report.hardware.place(culprit.device) for culprit in stuck)
        yield f"no attempt makes these load: {names}"


def tables(report: VmReport) -> list[Table]:
    """Return tables of loads, culprits, remedies that work, and differences of the VM's hardware that matter."""
    found: list[Table] = []
    if report.stack is not None:
        found += _stack(report.stack)
    if report.loads:
        found.append(_loads(report))
    if report.culprits:
        found.append(_culprits(report))
    working = [remedy for remedy in report.remedies if remedy.works]
    if working:
        found.append(_remedies(report))
    groups = group([report.comparison], Impact.REBOOT) if report.comparison is not None else []
    standing = [row for row in groups if row.allowed is None]
    allowed = [row for row in groups if row.allowed is not None]
    found += [differences_table(standing, "Differences in this VM's hardware")] if standing else []
    found += [allowed_table(allowed, "Allowed")] if allowed else []
    return found


def _stack(stack: StackReport) -> list[Table]:
    tones = {"fine": Tone.GOOD, "refuses": Tone.BAD}
    rows = [
        [_WAYS[item.way], item.layer.value, Cell(item.answer, tones.get(item.answer, Tone.WARN)), item.words]
        for item in stack.layers()
    ]
    found = [Table.make(["way", "layer", "answer", "words"], rows, title="The whole stack")]
    remedies = [
        [remedy.change, Cell("works", Tone.GOOD) if remedy.works else Cell("fails", Tone.BAD), remedy.reason]
        for remedy in stack.remedies
    ]
    return [
        *found,
        *([Table.make(["change", "result", "words"], remedies, title="Versions tried")] if remedies else []),
    ]


def _loads(report: VmReport) -> Table:
    versions = {emulator.binary.key: emulator.binary.version for emulator in (report.source, report.target)}
    rows = [
        [
            f"{versions[load.saved_by]} to {versions[load.loaded_by]}",
            STATES[load.booted],
            Cell(load.result.value, Tone.GOOD if load.result is LoadResult.OK else Tone.BAD),
            explain(load).partition("\n")[0],
        ]
        for load in report.loads
    ]
    return Table.make(["from, to", "state", "result", "QEMU says"], rows, title="Real loads")


def _culprits(report: VmReport) -> Table:
    assert report.hardware is not None  # noqa: S101 - there are none without
    rows = [
        [
            report.hardware.place(culprit.device),
            culprit.device,
            ", ".join(report.rules_for(culprit.device)) or "-",
            culprit.error.partition("\n")[0],
        ]
        for culprit in report.culprits
    ]
    return Table.make(["device", "id", "rule", "QEMU says"], rows, title="Devices that do not load")


def _remedies(report: VmReport) -> Table:
    place = report.hardware.place if report.hardware is not None else str
    rows = [
        [
            place(remedy.device) if remedy.device else "the VM",
            remedy.change,
            "where it is loaded; the VM can keep running" if remedy.live else "before the VM is started again",
        ]
        for remedy in report.remedies
        if remedy.works
    ]
    return Table.make(["for", "change", "when"], rows, title="What avoids it (each was really tried)")
