"""A VM moved between two libvirts as people move it: saved and restored, and live; a verdict for each layer.

The guest is the document itself, with stand-ins only for what it names of its host, so that libvirt's part of a
migration is tried: its check of the CPU, its check of the ABI, and the arguments that it gives QEMU.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from virtsmith.ark.check.domain import CheckedDomain
from virtsmith.ark.layout import Ark, InstalledVersion
from virtsmith.ark.migrate.pair import InstalledPair
from virtsmith.ark.migrate.passage import Passage, PassageResult, Way
from virtsmith.ark.migrate.run import DirectionJob

WAYS = (Way.SAVE, Way.P2P)
"""As by ``virsh save`` and ``restore``, and as by ``virsh migrate --live``."""


class Layer(StrEnum):
    """Who has a say in a migration, in the order in which they have it."""

    START = "start in the source"
    CPU = "libvirt's CPU check"
    ABI = "libvirt's ABI check"
    LIBVIRT = "libvirt"
    QEMU = "QEMU's load"
    GUEST = "the guest in the target"


_WORDS: tuple[tuple[Layer, re.Pattern[str]], ...] = (
    (Layer.CPU, re.compile(r"guest CPU doesn't match|CPU is incompatible|(?:extra|missing) features|Unknown CPU")),
    (Layer.ABI, re.compile(r"[Tt]arget .* does not match source|[Dd]omain .*(?:ABI|not match)")),
    (
        Layer.QEMU,
        re.compile(
            r"error while loading state|load of migration failed|Unknown savevm|Missing section footer|Unknown ramblock"
            r"|Size mismatch|migration failed|unexpectedly failed|qemu unexpectedly closed|is not a valid device"
            r"|not found in|Parameter '\w+' is unexpected|[Mm]igration .*(?:blocked|disabled)|non-migratable"
        ),
    ),
)
"""How the layers say that they refuse; what none of these matches is libvirt's own."""


_NOTICED = re.compile(r"left out|^(?:cpu|hostdev|input|firmware|tpm|video|cpu/topology)\b")
_UNNOTICED = re.compile(r"left out, since (?:it is about the host|guests are started paused)")
"""Stand-ins that a guest cannot notice although something is left out."""


@dataclass(frozen=True, slots=True)
class LayerVerdict:
    """The answer of one layer for one way: fine, refused, or not reached because an earlier one refused."""

    layer: Layer
    way: Way
    answer: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class StackRemedy:
    """Another version with which the move was tried, and whether it works."""

    change: str
    works: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StackReport:
    """The move of one VM between two libvirts."""

    source: InstalledPair
    target: InstalledPair
    passages: tuple[Passage, ...]
    stand_ins: tuple[str, ...]
    remedies: tuple[StackRemedy, ...] = ()

    @property
    def works(self) -> bool:
        """Whether it arrived by every way."""
        return bool(self.passages) and all(passage.result is PassageResult.OK for passage in self.passages)

    @property
    def is_judged(self) -> bool:
        """Whether every way could be tried; otherwise the versions are not to blame."""
        return all(passage.result is not PassageResult.ERROR for passage in self.passages)

    @property
    def never_started(self) -> bool:
        """Whether the source does not even start it."""
        return bool(self.passages) and all(passage.step in ("define", "start") for passage in self.passages)

    @property
    def without(self) -> tuple[str, ...]:
        """What a guest can notice and what was left out or replaced by something else."""
        return tuple(note for note in self.stand_ins if _NOTICED.search(note) and not _UNNOTICED.search(note))

    @property
    def reason(self) -> str:
        """What the first layer that refuses says; empty if none does."""
        return next((passage.reason for passage in self.passages if passage.result is not PassageResult.OK), "")

    def layers(self) -> Iterator[LayerVerdict]:
        """Yield the answer of every layer, for each way."""
        for passage in self.passages:
            yield from _layers(passage)

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "from": self.source.name,
            "to": self.target.name,
            "works": self.works if self.is_judged else None,
            "layers": [
                {"layer": item.layer.value, "way": item.way.value, "answer": item.answer, "words": item.words}
                for item in self.layers()
            ],
            "remedies": [
                {"change": remedy.change, "works": remedy.works, "reason": remedy.reason} for remedy in self.remedies
            ],
            "passages": [passage.to_dict() for passage in self.passages],
            "stand_ins": list(self.stand_ins),
        }


@dataclass(frozen=True, slots=True)
class StackJob:
    """A job that moves a VM from one libvirt to another, and looks for versions with which it works if it does not."""

    source: InstalledPair
    target: InstalledPair
    domain: CheckedDomain
    others: tuple[InstalledPair, ...]
    """Other pairs to try as the target, in order; the first that works ends the search."""
    kvm: bool

    def __call__(self) -> StackReport:
        """Run the job."""
        passages, notes = self._move(self.target, WAYS)
        report = StackReport(self.source, self.target, tuple(passages), tuple(notes))
        if report.works or report.never_started or not report.is_judged:
            return report
        failed = tuple(passage.way for passage in passages if passage.result is PassageResult.FAILED)
        return StackReport(self.source, self.target, tuple(passages), tuple(notes), tuple(self._remedies(failed[:1])))

    def _remedies(self, ways: Sequence[Way]) -> Iterator[StackRemedy]:
        for kind in ("libvirt", "qemu"):
            for pair in self.others:
                same = pair.qemu.id == self.target.qemu.id
                if same is not (kind == "libvirt"):
                    continue
                change = f"{pair.libvirt.name if same else pair.qemu.name} in the target"
                (passage, *_), _ = self._move(pair, ways)
                works = passage.result is PassageResult.OK
                yield StackRemedy(change, works, "" if works else passage.reason)
                if works:
                    break

    def _move(self, target: InstalledPair, ways: Sequence[Way]) -> tuple[list[Passage], list[str]]:
        return DirectionJob(self.source, target, self.domain, tuple(ways), emulated=not self.kvm)()

    def __str__(self) -> str:
        return f"{self.source.name} to {self.target.name}"


def make_job(document: bytes, source: InstalledPair, target: InstalledPair, *, kvm: bool, ark: Ark) -> StackJob:
    """Return the job for a document; newer libvirts and QEMUs of the ark are what it tries as remedies.

    Raises:
        InputError: it has no name.
    """
    domain = CheckedDomain.parse(document, "<domain>")
    newer_libvirt = [InstalledPair(version, target.qemu) for version in _newer(ark, target.libvirt)]
    newer_qemu = [InstalledPair(target.libvirt, version) for version in _newer(ark, target.qemu)]
    return StackJob(source, target, domain, (*newer_libvirt, *newer_qemu), kvm)


def _newer(ark: Ark, version: InstalledVersion) -> list[InstalledVersion]:
    found = [
        other
        for other in ark.installed(version.app)
        if other.order > version.order and not other.problem and other.root.is_dir()
    ]
    return sorted(found, key=lambda other: other.order)


def _layers(passage: Passage) -> Iterator[LayerVerdict]:
    blamed = _blamed(passage)
    passed = True
    for layer in Layer:
        if layer is Layer.LIBVIRT and blamed is not layer:
            continue
        answer = "refuses" if layer is blamed else "fine" if passed else "not reached"
        if passage.result is PassageResult.ERROR:
            answer = "not judged"
        yield LayerVerdict(layer, passage.way, answer, passage.reason if layer is blamed else "")
        passed = passed and layer is not blamed


def _blamed(passage: Passage) -> Layer | None:
    """Return the layer that refused; None if none did."""
    if passage.result is PassageResult.OK:
        return None
    if passage.step in ("define", "start"):
        return Layer.START
    if passage.step == "look":
        return Layer.GUEST
    said = "\n".join([passage.reason, *passage.words.values()])
    for layer, words in _WORDS:
        if words.search(passage.reason):
            return layer
    return next((layer for layer, words in _WORDS if words.search(said)), Layer.LIBVIRT)
