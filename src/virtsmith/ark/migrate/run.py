"""The migration of one domain, from its document to the results."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from virtsmith.ark.check.domain import CheckedDomain
from virtsmith.ark.layout import Ark, NotInstalled
from virtsmith.ark.migrate.journey import temporary_pair, travel
from virtsmith.ark.migrate.pair import InstalledPair
from virtsmith.ark.migrate.passage import Passage, PassageResult, Way
from virtsmith.ark.stand_ins.place import StandInPlace
from virtsmith.core.parallel import in_order, open_executor, run_jobs
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import VirtsmithError

ALL_WAYS = tuple(Way)


@dataclass(frozen=True, slots=True)
class DomainMigration:
    """The results of all migrations of a domain, and what was replaced or left out of it."""

    domain: CheckedDomain
    passages: Sequence[Passage]
    stand_ins: Sequence[str]

    @property
    def is_fine(self) -> bool:
        """Whether the guest always arrived, and ran under the target's QEMU."""
        return all(passage.result is PassageResult.OK for passage in self.passages)

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "domain": self.domain.name,
            "passages": [passage.to_dict() for passage in self.passages],
            "stand_ins": list(self.stand_ins),
        }


@dataclass(frozen=True, slots=True)
class DirectionJob:
    """Migrates a domain in one direction, by each way."""

    origin: InstalledPair
    destination: InstalledPair
    domain: CheckedDomain
    ways: tuple[Way, ...]
    emulated: bool

    def __call__(self) -> tuple[list[Passage], list[str]]:
        """Run the job; return the results, and what was replaced."""
        domain = self.domain
        lacks = {**domain.lacks(*self._versions(self.origin)), **domain.lacks(*self._versions(self.destination))}
        try:
            for pair in (self.origin, self.destination):
                pair.qemu.launcher(domain.emulator)
            with temporary_pair(self.origin, self.destination) as daemons:
                maker: Path | None = None
                with suppress(NotInstalled):
                    maker = self.origin.qemu.launcher("qemu-img")
                place = StandInPlace(daemons.directory / "stand-ins", maker)
                document = domain.with_stand_ins(place, emulated=self.emulated, lacks=lacks)
                notes = [f"{name}: left out, since {lack}" for name, lack in lacks.items()]
                return list(travel(daemons, domain.name, document, self.ways)), [*notes, *place.notes]
        except (VirtsmithError, OSError) as error:
            return self.lost(str(error)), []

    def lost(self, reason: str) -> list[Passage]:
        """The results where nothing could be tried."""
        names = self.origin.name, self.destination.name
        return [Passage(*names, way, PassageResult.ERROR, "define", reason=reason) for way in self.ways]

    def _versions(self, pair: InstalledPair) -> tuple[Any, Any]:
        return pair.libvirt, pair.qemu

    def __str__(self) -> str:
        return f"{self.origin.name} to {self.destination.name}"


def migrate_domain(
    document: bytes,
    origins: Sequence[str],
    destinations: Sequence[str],
    *,
    both_ways: bool = False,
    ways: Sequence[str] = ALL_WAYS,
    kvm: bool = False,
    name: str = "<domain>",
    ark: Ark | None = None,
    jobs: int | None = None,
    progress: Progress = SILENT,
) -> DomainMigration:
    """Migrate a domain between installed pairs of versions, really.

    The guest is started with stand-ins for what it names of its machine, runs its firmware for a second and is moved;
    then its QEMU is asked for its version.

    Args:
        document: the domain's XML.
        origins: pairs such as ``libvirt@9.0/qemu@7.2``.
        destinations: the same.
        both_ways: also back.
        ways: ``p2p``, ``tunnelled``, ``unix``, ``save``; by default all.
        kvm: with KVM, as far as the domain asks for it; by default emulated, which is the same on every machine.
        name: what to call the document in errors.
        ark: where versions are installed; by default the user's.
        jobs: directions at once; by default one per processor.
        progress: reports the steps.

    Raises:
        InputError: it is not a domain.
        UsageError: a pair is not of this form.
        NotInstalled: a version is not installed.
    """
    place = ark or Ark.open()
    domain = CheckedDomain.parse(document, name)
    pairs = [
        (InstalledPair.find(place, origin), InstalledPair.find(place, destination))
        for origin in origins
        for destination in destinations
    ]
    directions = list(dict.fromkeys([*pairs, *((b, a) for a, b in pairs if both_ways)]))
    work = [DirectionJob(a, b, domain, tuple(Way(way) for way in ways), emulated=not kvm) for a, b in directions]
    passages: list[Passage] = []
    notes: list[str] = []
    with open_executor(jobs) as executor:
        for number, outcome in enumerate(in_order(run_jobs(executor, work, task="migrations", progress=progress))):
            found, said = outcome.result or (work[number].lost(outcome.error), [])
            passages += found
            notes += said
    return DomainMigration(domain, passages, list(dict.fromkeys(notes)))
