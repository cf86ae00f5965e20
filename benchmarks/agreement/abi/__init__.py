"""Differences that libvirt refuses in a running or restored guest, judged by libvirt's own check of two domains."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress

from libvirtxml import Change, diff
from libvirtxml._impl.diff.stability import VOLATILE
from libvirtxml.versions import Version

from benchmarks.agreement import Row
from benchmarks.agreement._domains import domains, is_held_out
from benchmarks.agreement._judge import JudgeMissing
from benchmarks.agreement._libvirts import libvirts
from benchmarks.agreement.abi.judge import Judge

_QUESTION = "does libvirt refuse this one difference in a running or restored guest?"


def rows(seconds: float = 240) -> Iterator[Row]:
    """A row for each libvirt; the domains are those that nothing was learned from."""
    held_out = [text for text in domains() if is_held_out(text)]
    with ExitStack() as stack:
        judges = []
        for server in stack.enter_context(libvirts()):
            with suppress(JudgeMissing):
                judges.append(stack.enter_context(Judge(*server)))
        if not held_out or not judges:
            note = "python3-libvirt is not installed" if held_out else "VIRTSMITH_CORPUS names no documents"
            yield Row(_QUESTION, "libvirt", 0, note=note)
            return
        yield from _rows(held_out, judges, seconds)


def _rows(documents: list[bytes], judges: list[Judge], seconds: float) -> Iterator[Row]:
    from benchmarks.agreement.abi.learn import judged_edits

    counts = {judge.release: [0, 0, 0, 0] for judge in judges}
    for edited, objections in judged_edits(documents, judges, samples=8, seconds=seconds, seed=2):
        if edited.key in VOLATILE:
            continue
        changes = diff(edited.old, edited.new, "abi")
        for (release, count), objection in zip(counts.items(), objections, strict=True):
            if objection is not None:
                answer = any(is_refused(change, release) for change in changes)
                count[0] += 1
                count[1] += answer and not objection
                count[2] += bool(objection) and not answer
                count[3] += bool(objection)
    for release, (cases, wrong_yes, wrong_no, refused) in counts.items():
        note = f"{refused:,} refused; single edits of domains that the table was not learned from"
        yield Row(_QUESTION, f"libvirt {release}, virDomainDefCheckABIStability", cases, wrong_yes, wrong_no, note)


def is_refused(change: Change, release: str) -> bool:
    """Whether a release refuses a change, by this project's answer."""
    since = change.refused_since
    return bool(change.refused) and (not since or Version.parse(since) <= Version.parse(release))
