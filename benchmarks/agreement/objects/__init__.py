"""Networks, pools, volumes, filters, secrets and interfaces that libvirt refuses, judged by real definitions.

The judges are the drivers of private daemons, and libvirt's test driver where a daemon needs programs that are not
there. The documents are those that nothing was learned from, with single deletions, repetitions and odd values.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from libvirtxml import parse
from libvirtxml.definition import find_objections

from benchmarks.agreement import Row
from benchmarks.agreement.defines.learn import judged
from benchmarks.agreement.objects._kinds import KINDS, Judge, class_of, documents, is_held_out, prepared, servers
from virtsmith.qemu.libvirtd import PrivateDaemon


def rows(seconds: float = 240) -> Iterator[Row]:
    """Two rows for each kind and libvirt: documents as they are, and their mutants."""
    with servers() as made:
        for kind in KINDS if made else ():
            yield from _rows_of(kind, made, seconds)
        if not made:
            yield Row("does libvirt define this network, pool, ...?", "libvirt", 0, note="no libvirt in the ark")


def _rows_of(kind: str, made: list[PrivateDaemon], seconds: float) -> Iterator[Row]:
    held_out, cls = [text for text in documents(kind) if is_held_out(text)], class_of(kind)
    counts: dict[tuple[bool, str], list[int]] = {}
    with ExitStack() as stack:
        judges = [stack.enter_context(Judge(server, kind)) for server in made]
        cases = judged(held_out, judges, samples=4, seconds=seconds, seed=2, prepare=prepared, cls=cls)
        for key, _, text, answers in cases:
            document = parse(text, cls)
            for judge, answer in zip(judges, answers, strict=True):
                if answer is not None:
                    defines = not find_objections(document, judge.release)
                    count = counts.setdefault((bool(key), judge.release), [0, 0, 0, 0])
                    count[0] += 1
                    count[1] += defines and bool(answer)
                    count[2] += not defines and not answer
                    count[3] += bool(answer)
    for (is_mutant, release), (cases_, wrong_yes, wrong_no, refused) in sorted(counts.items()):
        what = f"mutant of a {kind}" if is_mutant else kind
        question = f"does libvirt define this {what}?"
        yield Row(question, f"libvirt {release}", cases_, wrong_yes, wrong_no, f"{refused:,} refused")
