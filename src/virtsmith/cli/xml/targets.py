"""``xml check`` and ``xml since`` for distributions: how their answers are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from virtsmith.cli.output import say, table_text, write_output

if TYPE_CHECKING:
    from libvirtxml.acceptance import Acceptance, Since

    from virtsmith.ark.catalogue.targets import Target
    from virtsmith.ark.check.targets import TargetVerdict
    from virtsmith.report.table import Table

_SHOWN = 3


def print_verdicts(found: Sequence[TargetVerdict], acceptance: Acceptance, name: str) -> None:
    """What is refused, with its place, then a table of targets."""
    for one in acceptance.refusals:
        if any(one in refused_by(acceptance, each) for each in found):
            place = f"{name}:{one.line}" if one.line else name
            write_output(f"{place}: {str(one).partition(': ')[2] if one.line else one}\n")
    write_output(table_text(_table(found, acceptance)))


def print_oldest(found: Sequence[TargetVerdict]) -> None:
    """The oldest target of each distribution that accepts; the others are told on standard error."""
    by_distribution: dict[str, list[TargetVerdict]] = {}
    for each in sorted(found, key=lambda one: one.target.order):
        by_distribution.setdefault(each.target.distribution or each.target.name, []).append(each)
    for distribution, verdicts in by_distribution.items():
        accepted = [place for place, one in enumerate(verdicts) if one.verdict == "accepted"]
        if not accepted:
            say(f"{distribution}: none is known to accept it")
            continue
        write_output(f"{verdicts[accepted[0]].target.name}\n")
        unsure = [one.target.name for one in verdicts[: accepted[0]] if one.verdict == "unknown"]
        if unsure:
            say(f"{distribution}: not known of {', '.join(unsure)}")


def refused_by(acceptance: Acceptance, one: TargetVerdict) -> list[Any]:
    """The refusals that hold for a target."""
    if one.libvirt != "refused":
        return []
    return [each for each in acceptance.refusals if each.accepted.judge(one.target.libvirt) == "refused"]


def _table(found: Sequence[TargetVerdict], acceptance: Acceptance) -> Table:
    from virtsmith.report.table import Cell, Table, Tone

    tones = {"accepted": Tone.GOOD, "refused": Tone.BAD, "unknown": Tone.WARN}
    rows = [
        [one.target.name, one.target.libvirt or "?", one.target.qemu or "?",
         Cell("not known" if one.verdict == "unknown" else one.verdict.value, tones[one.verdict.value]),
         _because(one, acceptance)]
        for one in found
    ]  # fmt: skip
    return Table.make(["target", "libvirt", "QEMU", "verdict", "because"], rows)


def _because(one: TargetVerdict, acceptance: Acceptance) -> str:
    """The reasons in short: refusals by their paths, since they are told in full above."""
    paths = [each.path for each in refused_by(acceptance, one)]
    more = [f"and {len(paths) - _SHOWN} more"] if len(paths) > _SHOWN else []
    others = one.reasons[len(paths) :]
    return "; ".join([*(f"libvirt: {path}" for path in paths[:_SHOWN]), *more, *others])


def as_data(found: Sequence[TargetVerdict]) -> list[dict[str, Any]]:
    """Verdicts as JSON data."""
    return [
        {
            "target": one.target.name, "libvirt": one.target.libvirt or None, "qemu": one.target.qemu or None,
            "verdict": one.verdict.value, "libvirt_verdict": one.libvirt.value if one.libvirt else None,
            "machine_type": one.machine.value if one.machine else None, "reasons": list(one.reasons),
        }
        for one in found
    ]  # fmt: skip


def firsts_as_data(since: Since, targets: Sequence[Target]) -> list[dict[str, Any]]:
    """The first release of each distribution that has a thing, as JSON data."""
    from virtsmith.ark.check.targets import first_of_each

    return [
        {"distribution": name, "first": first.name if first else None, "libvirt": first.libvirt if first else None,
         "unsure": unsure}
        for name, first, unsure in first_of_each(since, targets)
    ]  # fmt: skip


def print_firsts(since: Since, targets: Sequence[Target]) -> None:
    """The first release of each distribution that has a thing, one a line."""
    from virtsmith.report.table import Table

    notes = {True: "an older one may have it too", False: ""}
    rows = [
        [one["first"] or one["distribution"], one["libvirt"] or "none", notes[one["unsure"]]]
        for one in firsts_as_data(since, targets)
    ]
    write_output(table_text(Table.make(["first", "libvirt", ""], rows)))
