"""Where static comparison and real loads do not say the same: never passed over in silence."""

from __future__ import annotations

from collections.abc import Iterator

from virtsmith.abi.migrate.report import STATES
from virtsmith.abi.model import Comparison, Impact, LoadResult


def contradictions(comparison: Comparison) -> Iterator[str]:
    """Yield a sentence for each contradiction between the differences of a comparison and its real loads."""
    foretold = [each for each in comparison.differences if each.impact is Impact.BREAK]
    ok = [load for load in comparison.loads if load.result is LoadResult.OK]
    bad = [load for load in comparison.loads if load.result in (LoadResult.FAILED, LoadResult.DIED)]
    if foretold and ok:
        rules = ", ".join(sorted({each.rule for each in foretold}))
        states = " and ".join(sorted({STATES[load.booted] for load in ok}))
        tail = "; it did not when " + " and ".join(sorted({STATES[load.booted] for load in bad})) if bad else ""
        yield (
            f"{rules} foretells a break, but the state of this machine did load when {states}{tail}: "
            "the rule holds for states that these were not"
        )
    if bad and not foretold:
        devices = ", ".join(sorted({load.device or "an unnamed part" for load in bad}))
        yield f"no rule foretells it, but real state does not load ({devices}): the static comparison has a gap here"
