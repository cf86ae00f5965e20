"""The result of a comparison in one word, with the methods that led to it and what they leave open.

No word here is "compatible". Without differences that matter, static methods have found nothing, and real loads have
succeeded under the conditions that they were made in: that is what is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from virtsmith.abi.diff.compare import at_least
from virtsmith.abi.diff.rule_file import load_rules
from virtsmith.abi.dump.model import Comparison, Impact, LoadResult


class VerdictWord(StrEnum):
    """What a comparison comes to, worst first."""

    BREAKS = "breaks"
    """A real load failed, or a rule says that it will."""
    CHANGES = "changes"
    """A running guest may see another machine."""
    AFTER_REBOOT = "changes-after-reboot"
    """A guest sees the changes when it next starts."""
    UNJUDGED = "not-judged"
    """No difference that matters in what was compared, but something could not be compared."""
    NOTHING_FOUND = "nothing-found"
    """The methods that ran found no difference that matters."""


_WORDS = {Impact.BREAK: VerdictWord.BREAKS, Impact.GUEST: VerdictWord.CHANGES, Impact.REBOOT: VerdictWord.AFTER_REBOOT}
_STATES = {False: "untouched", True: "after firmware ran"}
_SAID = 160
"""How much of QEMU's words a verdict quotes."""
FAILURES = (LoadResult.FAILED, LoadResult.DIED)
_CONDITIONAL = "ABI-VMSTATE-CONDITIONAL"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison comes to."""

    word: VerdictWord
    methods: tuple[str, ...]
    """What was done to find out."""
    open: tuple[str, ...]
    """What these methods cannot tell, and what could not be compared."""
    contradictions: tuple[str, ...] = ()
    """Where static comparison and real loads do not say the same: never passed over in silence."""
    allowed: int = 0
    """How many differences that matter do not count, since somebody has allowed them."""

    @property
    def text(self) -> str:
        """One line for people."""
        tail = f"; open: {'; '.join(self.open)}" if self.open else ""
        beside = f", leaving aside {self.allowed} allowed" if self.allowed else ""
        text = f"{_SENTENCES[self.word]}{beside} (by {', '.join(self.methods) or 'nothing'}{tail})"
        return "; but ".join([text, *self.contradictions])

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "word": self.word.value,
            "methods": list(self.methods),
            "open": list(self.open),
            "contradictions": list(self.contradictions),
            "allowed": self.allowed,
        }


_SENTENCES = {
    VerdictWord.BREAKS: "migration breaks",
    VerdictWord.CHANGES: "a running guest may notice",
    VerdictWord.AFTER_REBOOT: "a guest notices after a restart",
    VerdictWord.UNJUDGED: "could not be judged in full",
    VerdictWord.NOTHING_FOUND: "no difference that matters was found",
}


def judge(comparison: Comparison) -> Verdict:
    """Say what a comparison comes to.

    Allowances take differences out of account, and nothing else: that a state really did not load is a fact, which no
    file about expected differences can know better, and so are sections that nobody could compare.
    """
    failed = any(load.result in FAILURES for load in comparison.loads)
    impacts = {difference.impact for difference in comparison.standing}
    word = next((word for impact, word in _WORDS.items() if impact in impacts), None)
    if failed:
        word = VerdictWord.BREAKS
    if word is None:
        unknown = [section for section in comparison.unjudged if load_rules().can_matter(section)]
        word = VerdictWord.UNJUDGED if unknown or not comparison.compared else VerdictWord.NOTHING_FOUND
    allowed = sum(difference.allowed is not None and difference.impact.matters for difference in comparison.differences)
    return Verdict(
        word, tuple(_methods(comparison)), tuple(_open(comparison)), tuple(iter_contradictions(comparison)), allowed
    )


def iter_contradictions(comparison: Comparison) -> Iterator[str]:
    """Yield a sentence for each contradiction between the differences of a comparison and its real loads."""
    foretold = sorted({difference.rule for difference in comparison.differences if difference.impact is Impact.BREAK})
    ok = {_STATES[load.booted] for load in comparison.loads if load.result is LoadResult.OK}
    bad = [load for load in comparison.loads if load.result in (LoadResult.FAILED, LoadResult.DIED)]
    if foretold and ok:
        tail = ", and not " + " and ".join(sorted({_STATES[load.booted] for load in bad})) if bad else ""
        states = " and ".join(sorted(ok))
        yield f"{', '.join(foretold)} foretells a break, and the state of this machine did load {states}{tail}"
    if bad and not foretold:
        devices = ", ".join(sorted({load.device or "an unnamed part" for load in bad}))
        yield f"no rule foretells it, and real state does not load ({devices}): the comparison has a gap here"


def is_failing(comparisons: Iterable[Comparison], least: Impact) -> bool:
    """Whether something has at least an impact and is not allowed, does not load, or could not be judged."""
    return any(
        at_least(comparison.standing, least) or judge(comparison).word in (VerdictWord.BREAKS, VerdictWord.UNJUDGED)
        for comparison in comparisons
    )


def worst_of(verdicts: Sequence[Verdict]) -> VerdictWord:
    """The worst of several words; "not judged" if there is none."""
    words = list(VerdictWord)
    return min((verdict.word for verdict in verdicts), key=words.index, default=VerdictWord.UNJUDGED)


def _methods(comparison: Comparison) -> list[str]:
    methods = []
    if comparison.compared:
        methods.append(f"static comparison of {', '.join(comparison.compared)}")
    if comparison.loads:
        counts = Counter(load.result.value for load in comparison.loads)
        results = ", ".join(f"{counts[result]} {result}" for result in LoadResult if counts[result])
        said = next((load.error for load in comparison.loads if load.result in FAILURES and load.error), "")
        said = f" ({' '.join(said.split())[:_SAID]})" if said else ""
        methods.append(f"{len(comparison.loads)} real loads: {results}{said}")
    return methods


def _open(comparison: Comparison) -> list[str]:
    open_questions = []
    if comparison.machine is not None and not comparison.loads:
        open_questions.append("no real load was made")
    if any(load.result is LoadResult.REFUSED for load in comparison.loads):
        open_questions.append(f"QEMU {comparison.a.version} would not save this machine at all")
    conditional = (
        0 if comparison.loads else sum(difference.rule == _CONDITIONAL for difference in comparison.differences)
    )
    if conditional:
        open_questions.append(f"{conditional} parts of device state are sent under conditions that only a load shows")
    by_reason: dict[str, list[str]] = {}
    for section, reason in comparison.unjudged.items():
        by_reason.setdefault(reason, []).append(section)
    open_questions += [f"{', '.join(sections)} not compared: {reason}" for reason, sections in by_reason.items()]
    return open_questions
