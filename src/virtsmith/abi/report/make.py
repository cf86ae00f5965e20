"""The data of a report on QEMUs given by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from virtsmith.abi.diff.allowances import Allowance, Review, review
from virtsmith.abi.diff.gather import NO_REQUEST, DumpRequest, gather_dumps
from virtsmith.abi.diff.rule_file import load_rules
from virtsmith.abi.diff.sets import ITSELF, DumpSet, compare_sets, iter_pairs
from virtsmith.abi.dump.model import Load
from virtsmith.abi.report.data import build_report
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import UsageError

TITLE = "Guest ABI of machine types"


@dataclass(frozen=True, slots=True)
class QemuReport:
    """A report: its data, for `virtsmith.abi.render_report`, the comparisons, and the QEMUs compared."""

    data: dict[str, Any]
    review: Review
    compared: Sequence[DumpSet]


def report_qemus(
    sources: Iterable[str],
    request: DumpRequest = NO_REQUEST,
    *,
    loads: Iterable[Load] = (),
    allowances: Sequence[Allowance] = (),
    title: str = TITLE,
    progress: Progress = SILENT,
) -> QemuReport:
    """Compare every pair of QEMUs, both ways, and follow their machine types; recordings add to the life-cycle.

    Args:
        sources: as for `virtsmith.abi.gather_dumps`.
        request: which machine types and devices; how to make missing dumps.
        loads: real loads to include.
        allowances: differences that were reviewed and are accepted.
        title: of the page.
        progress: receives the progress.

    Raises:
        UsageError: none of the sources has a dump of a machine type.
        VirtsmithError: as `virtsmith.abi.gather_dumps`.
    """
    sets = gather_dumps(sources, request, progress=progress)
    compared = [dump_set for dump_set in sets if any(key.machine for key in dump_set.dumps)]
    if not compared:
        raise UsageError("none of these has a dump of a machine type", hint="make some: virtsmith abi dump")
    reviewed = review(compare_sets(iter_pairs(compared, "all"), request.choice, loads, progress), allowances)
    lists = [dump for dump_set in sets if (dump := dump_set.find(ITSELF)) is not None]
    rules = [rule.as_rule() for rule in load_rules().rules]
    return QemuReport(build_report(title, reviewed.comparisons, lists, rules), reviewed, compared)
