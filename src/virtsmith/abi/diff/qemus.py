"""Comparison of whole QEMUs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from virtsmith.abi.diff.allowances import Allowance, Review, review
from virtsmith.abi.diff.gather import DEFAULT_DEVICES, NO_REQUEST, DumpRequest, can_start, gather_dumps
from virtsmith.abi.diff.sets import DumpSet, compare_sets, iter_pairs
from virtsmith.abi.dump.model import Comparison, Load
from virtsmith.abi.migrate.trials import try_migrations
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import UsageError


def compare_qemus(
    sources: Sequence[str],
    request: DumpRequest = NO_REQUEST,
    *,
    pairs: str = "chain",
    both_ways: bool = False,
    migrate: bool = False,
    loads: Iterable[Load] = (),
    allowances: Sequence[Allowance] = (),
    progress: Progress = SILENT,
) -> Review:
    """Compare the same machine types of two or more QEMUs; a guest moves from the first to the second.

    Args:
        sources: ``qemu@10.0`` of the ark, ``system``, paths of programs, recordings, dumps or directories of dumps, or
            a version with existing dumps.
        request: which machine types, devices and accelerator; how to make missing dumps.
        pairs: for more than two: each with the next (``chain``), the ``first`` with all others, or ``all``, both ways.
        both_ways: also judge the opposite direction.
        migrate: also make real loads between the QEMUs.
        loads: earlier real loads, which the verdicts take into account.
        allowances: differences that were reviewed and are accepted; see `virtsmith.abi.load_allowances`.
        progress: receives the progress.

    Returns:
        The comparisons, per pair and machine type, and of the QEMUs themselves, with allowed differences marked.

    Raises:
        UsageError: there are not two QEMUs, or they have none of what is requested in common.
        VirtsmithError: a QEMU cannot be found or started, or a dump cannot be read.

    Example:
        >>> from virtsmith.abi import DumpRequest, compare_qemus, judge
        >>> found = compare_qemus(["qemu@10.0", "qemu@11.1"], DumpRequest(machines=["pc-q35-9.2"]))  # doctest: +SKIP
        >>> [str(judge(comparison).word) for comparison in found.comparisons]  # doctest: +SKIP
        ['no difference that matters was found']
    """
    sets = gather_dumps(sources, request, progress=progress)
    if len(sets) < 2:
        raise UsageError("one QEMU cannot be compared", hint="name two: QEMUs, dumps, or a directory of them")
    made = [*loads, *(_make_loads(sources, request, progress) if migrate else ())]
    comparisons = compare_sets(_pairs(sets, pairs, both_ways=both_ways), request.choice, made, progress)
    if not _anything(comparisons, chosen=bool(request.machines or request.devices)):
        raise UsageError("these QEMUs have no dump of the same machine type, devices and accelerator in common")
    return review(comparisons, allowances)


def _pairs(sets: Sequence[DumpSet], mode: str, *, both_ways: bool) -> list[tuple[DumpSet, DumpSet]]:
    chosen = list(iter_pairs(sets, mode))
    return chosen + [(b, a) for a, b in chosen] if both_ways and mode != "all" else chosen


def _make_loads(sources: Sequence[str], request: DumpRequest, progress: Progress) -> list[Load]:
    """Return real loads between the sources that can be started."""
    programs = list(dict.fromkeys(source for source in sources if can_start(source)))
    if len(programs) < 2:
        raise UsageError("real loads need two QEMUs that can be started", hint="name them like qemu@10.0, not as dumps")
    matrix = try_migrations(
        programs,
        machines=request.machines,
        devices=request.devices or DEFAULT_DEVICES,
        accels=(request.accel or "tcg",),
        fresh=request.fresh,
        jobs=request.jobs,
        progress=progress,
    )
    return matrix.tried


def _anything(comparisons: Sequence[Comparison], *, chosen: bool) -> bool:
    """Whether anything requested was compared; binaries do not count if machine types were chosen."""
    if any(comparison.machine is not None for comparison in comparisons):
        return True
    return (
        any(comparison.differences for comparison in comparisons)
        if chosen
        else any(comparison.compared for comparison in comparisons)
    )
