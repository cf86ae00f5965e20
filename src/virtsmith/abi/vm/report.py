"""The result for one VM, for readers: sentences first, then tables."""

from __future__ import annotations

from collections.abc import Iterator

from virtsmith.abi.diff.tables import allowed_table, differences_table, group
from virtsmith.abi.diff.verdict import iter_contradictions
from virtsmith.abi.dump.model import Impact, LoadResult
from virtsmith.abi.migrate.report import STATES, explain
from virtsmith.abi.vm.check import VmReport
from virtsmith.report.table import Cell, Table, Tone


def headline(report: VmReport, name: str) -> str:
    """Return the result in one sentence."""
    way = f"QEMU {report.source.binary.version} to {report.target.binary.version}"
    if report.obstacle:
        return f"{name} cannot move from {way}: {report.obstacle}"
    states = " and ".join(STATES[load.booted] for load in report.there)
    if report.loads_there:
        return f"{name} ({report.machine}) loads: its state was really saved and loaded, {states}, from {way}"
    if all(load.result is LoadResult.REFUSED for load in report.there):
        return f"{name} ({report.machine}) cannot be migrated at all: QEMU {report.source.binary.version} refuses"
    return f"{name} ({report.machine}) does NOT load from {way}: a real attempt failed"


def sentences(report: VmReport) -> Iterator[str]:
    """Yield sentences besides the tables."""
    if report.advice:
        yield f"what to do: {report.advice}"
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
