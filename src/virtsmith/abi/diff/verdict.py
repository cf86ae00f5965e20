"""The verdict on a comparison, with the methods behind it and the questions they leave open.

No verdict is "compatible". Without differences that matter, static methods have found nothing, and real loads have
succeeded under the conditions of the tests: that is what the verdict says.
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
    """The verdict on a comparison, worst first."""

    BREAKS = "breaks"
    """A real load failed, or a rule predicts that it will."""
    CHANGES = "changes"
    """A running guest may see another machine."""
    AFTER_REBOOT = "changes-after-reboot"
    """A guest sees the changes after its next start."""
    UNJUDGED = "not-judged"
    """No difference that matters was found, but something could not be compared."""
    NOTHING_FOUND = "nothing-found"
    """The methods used found no difference that matters."""


_WORDS = {Impact.BREAK: VerdictWord.BREAKS, Impact.GUEST: VerdictWord.CHANGES, Impact.REBOOT: VerdictWord.AFTER_REBOOT}
_STATES = {False: "untouched", True: "after firmware ran"}
_SAID = 160
"""The number of characters of QEMU's message that a verdict quotes."""
FAILURES = (LoadResult.FAILED, LoadResult.DIED)
_CONDITIONAL = "ABI-VMSTATE-CONDITIONAL"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a comparison, with its reasons."""

    word: VerdictWord
    methods: tuple[str, ...]
    """The methods used."""
    open: tuple[str, ...]
    """The questions that these methods cannot answer, and what could not be compared."""
    contradictions: tuple[str, ...] = ()
    """Contradictions between the static comparison and real loads."""
    allowed: int = 0
    """The number of differences that matter but are allowed."""

    @property
    def text(self) -> str:
        """Return the verdict as one line of text."""
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
    """Return the verdict on a comparison.

    Allowances exclude only differences. Failed loads and sections that could not be compared always count: they are
    facts that no file of expected differences can change.
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
    predicted = sorted({difference.rule for difference in comparison.differences if difference.impact is Impact.BREAK})
    ok = {_STATES[load.booted] for load in comparison.loads if load.result is LoadResult.OK}
    bad = [load for load in comparison.loads if load.result in (LoadResult.FAILED, LoadResult.DIED)]
    if predicted and ok:
        tail = ", and not " + " and ".join(sorted({_STATES[load.booted] for load in bad})) if bad else ""
        states = " and ".join(sorted(ok))
        yield f"{', '.join(predicted)} predicts a break, and the state of this machine did load {states}{tail}"
    if bad and not predicted:
        devices = ", ".join(sorted({load.device or "an unnamed part" for load in bad}))
        yield f"no rule predicts it, and real state does not load ({devices}): the comparison has a gap here"


def is_failing(comparisons: Iterable[Comparison], least: Impact) -> bool:
    """Whether a difference has at least an impact and is not allowed, a load failed, or something is unjudged."""
    return any(
        at_least(comparison.standing, least) or judge(comparison).word in (VerdictWord.BREAKS, VerdictWord.UNJUDGED)
        for comparison in comparisons
    )


def worst_of(verdicts: Sequence[Verdict]) -> VerdictWord:
    """Return the worst of several verdicts; "not judged" if there is none."""
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
