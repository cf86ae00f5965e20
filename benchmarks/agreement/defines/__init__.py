"""Domains that libvirt refuses to define, whatever their schema says, judged by real definitions.

The judges are libvirt's test driver, its parser and the checks that are common to all drivers, and what libvirt's own
tests expect of its QEMU driver. The domains of the first are those that nothing was learned from, with single
deletions, repetitions and odd values.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress

from libvirtxml import Domain, parse
from libvirtxml.definition import find_objections

from benchmarks.agreement import Row
from benchmarks.agreement._domains import domains, is_held_out
from benchmarks.agreement._judge import JudgeMissing
from benchmarks.agreement._libvirts import libvirts
from benchmarks.agreement.defines import _refused

_QUESTIONS = {True: "does libvirt define this domain?", False: "does libvirt define this mutant of a domain?"}


def rows(seconds: float = 240) -> Iterator[Row]:
    """Two rows for libvirt's own tests, and two for each libvirt: documents as they are, and mutants."""
    yield from _refused.rows()
    from benchmarks.agreement.defines.learn import Judge, judged

    held_out = [text for text in domains() if is_held_out(text)]
    counts: dict[tuple[str, bool], list[int]] = {}
    with ExitStack() as stack:
        judges = []
        for server in stack.enter_context(libvirts()):
            with suppress(JudgeMissing):
                judges.append(stack.enter_context(Judge(*server)))
        for key, _, text, answers in judged(held_out, judges, samples=2, seconds=seconds, seed=2):
            domain = parse(text, Domain)
            for judge, answer in zip(judges, answers, strict=True):
                if answer is not None:
                    defines = not find_objections(domain, judge.release, driver="")
                    count = counts.setdefault((judge.release, not key), [0, 0, 0, 0])
                    count[0] += 1
                    count[1] += defines and bool(answer)
                    count[2] += not defines and not answer
                    count[3] += bool(answer)
    for (release, is_whole), (cases, wrong_yes, wrong_no, refused) in counts.items():
        yield Row(_QUESTIONS[is_whole], f"libvirt {release}", cases, wrong_yes, wrong_no, f"{refused:,} refused")
    if not counts:
        yield Row(_QUESTIONS[True], "libvirt", 0, note="no corpus, or python3-libvirt is not installed")
