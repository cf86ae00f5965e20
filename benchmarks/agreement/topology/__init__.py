"""Which topologies libvirt's QEMU driver defines, judged by real definitions in private daemons.

The documents are made here: memory devices, NUMA cells with caches and latencies, vCPUs, and controllers and devices at
every kind of place.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from libvirtxml import Domain
from libvirtxml.definition import find_objections

from benchmarks.agreement import Row
from benchmarks.agreement._libvirts import daemons, revive
from benchmarks.agreement.defines.learn import Judge
from benchmarks.agreement.topology.documents import documents

_QUESTION = "does libvirt define this topology?"
_OF_AN_EMULATOR = ("QEMU binary", "does not support machine type", "domain configuration does not support")
"""Words of refusals that depend on what one emulator can do, which documents do not say."""


def rows(seed: int = 1) -> Iterator[Row]:
    """A row for each libvirt of the ark from 9.0 on."""
    cases = dict(documents(seed))
    for release, refusals in ask(cases):
        wrong = [name for name in compare(cases, release, refusals) if refusals[name]]
        others = [name for name in compare(cases, release, refusals) if not refusals[name]]
        refused = sum(map(bool, refusals.values()))
        yield Row(_QUESTION, f"libvirt {release}", len(refusals), len(wrong), len(others), f"{refused:,} refused")


def ask(cases: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each libvirt's release, and what it says of each document; empty if it defines it.

    Documents that it refuses because of the emulator that it has are left out.
    """
    with tempfile.TemporaryDirectory(prefix="agree-") as directory:
        for daemon in daemons(Path(directory), oldest="9.0"):
            daemon.up()
            try:
                with Judge(daemon.uri, lambda daemon=daemon: revive(daemon)) as judge:  # type: ignore[misc]
                    answers = {name: judge.ask(text) for name, text in cases.items()}
                    yield judge.release, {name: said for name, said in answers.items() if _is_of_document(said)}
            finally:
                daemon.down()


def _is_of_document(said: str | None) -> bool:
    return said is not None and not any(words in said for words in _OF_AN_EMULATOR)


def compare(cases: dict[str, str], release: str, refusals: dict[str, str]) -> list[str]:
    """The cases of which the rules say something else than libvirt."""
    return [
        name
        for name, refusal in refusals.items()
        if bool(refusal) != bool(find_objections(Domain.parse(cases[name]), release))
    ]
