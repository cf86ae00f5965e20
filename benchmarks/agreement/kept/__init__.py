"""What libvirt keeps of domains that it defines, judged by real definitions.

The judge is what libvirt's test driver stored, compared with what was asked for by the profile ``requested`` of `diff`.
The domains are those that nothing was learned from, as they are and with single removals, repetitions and odd values;
what the mutant's document itself lost before is not counted again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, suppress

from libvirtxml import ChangeKind, Domain, LibvirtXMLError, diff, parse, to_xpath
from libvirtxml.definition import find_losses, find_objections

from benchmarks.agreement import Row
from benchmarks.agreement._domains import domains, is_held_out
from benchmarks.agreement._judge import JudgeMissing
from benchmarks.agreement._libvirts import libvirts
from benchmarks.agreement.defines.learn import judged
from benchmarks.agreement.kept.judge import Judge

_QUESTIONS = {True: "is this part of a domain not kept?", False: "is this part of a mutant of a domain not kept?"}
_CONDITION = re.compile(r"\[(?:[^\[\]']|'[^']*')*\]")


def rows(seconds: float = 240) -> Iterator[Row]:
    """Two rows for each libvirt: documents as they are, and mutants. A case is a part that either side names."""
    held_out = [text for text in domains() if is_held_out(text)]
    counts: dict[tuple[str, bool], list[int]] = {}
    with ExitStack() as stack:
        judges = []
        for server in stack.enter_context(libvirts()):
            with suppress(JudgeMissing):
                judges.append(stack.enter_context(Definer(*server)))
        before: dict[str, tuple[set[str], set[str]]] = {}
        for key, _, text, _ in judged(held_out, judges, samples=2, seconds=seconds, seed=5):
            for judge in judges:
                if judge.kept and not find_objections(text, judge.release, driver=""):
                    lost, named = lost_places(text, judge.kept), named_places(text, judge.release)
                    if not key:
                        before[judge.release] = lost, named
                    known = before.get(judge.release, (set(), set())) if key else (set(), set())
                    _count(counts.setdefault((judge.release, not key), [0, 0, 0, 0]), lost - known[0], named - known[1])
    for (release, is_whole), (cases, wrong_yes, wrong_no, parts) in counts.items():
        note = f"{parts:,} parts lost, {(parts - wrong_no) / max(parts, 1):.0%} of them named"
        yield Row(_QUESTIONS[is_whole], f"libvirt {release}", cases, wrong_yes, wrong_no, note)
    if not counts:
        yield Row(_QUESTIONS[True], "libvirt", 0, note="no corpus, or python3-libvirt is not installed")


class Definer(Judge):
    """A judge of what is kept that answers as one of definitions, and remembers what was stored last."""

    kept: str | None = None

    def ask(self, question: str) -> str | None:
        """An empty text if the document is defined, as `judged` expects."""
        self.kept = super().ask(question)
        return "" if self.kept else "refused"


def _count(count: list[int], lost: set[str], named: set[str]) -> None:
    missed = {place for place in lost if not any(_is_near(place, other) for other in named)}
    alarms = {place for place in named if not any(_is_near(place, other) for other in lost)}
    count[0] += len(lost) + len(alarms)
    count[1] += len(alarms)
    count[2] += len(missed)
    count[3] += len(lost)


def _is_near(one: str, other: str) -> bool:
    """Whether two places are the same, or one is in the other."""
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def lost_places(text: str, kept: str) -> set[str]:
    """The places of what did not come back, or came back as something else; which of several like it does not count."""
    domain = parse(text, Domain)
    kinds = (ChangeKind.REMOVED, ChangeKind.CHANGED)
    return {_place(domain, change.path) for change in diff(domain, kept, "requested") if change.kind in kinds}


def _place(domain: Domain, path: str) -> str:
    with suppress(LibvirtXMLError):
        return _CONDITION.sub("", to_xpath(domain, path))
    return path


def named_places(text: str, release: str) -> set[str]:
    return {_CONDITION.sub("", loss.path) for loss in find_losses(text, release) or ()}
