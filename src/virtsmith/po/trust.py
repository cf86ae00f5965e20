"""Whether a template can be trusted: what it lost compared with the stored template and the catalogues.

An extraction that finds too little (a wrong keyword, a wrong list of sources) looks like a project that dropped its
messages. Everything that removes translations or sends a template checks this first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from virtsmith.errors import InputError
from virtsmith.po.batch import map_files
from virtsmith.po.catalogue import CatalogueError, load_catalogue
from virtsmith.po.project import Project

ALLOWED_LOSS = 5
"""The percentage of known messages that may be missing without confirmation by the user."""


class DoubtfulLoss(InputError):
    """So much would be lost that it is more likely a mistake than a change in the project."""


@dataclass(frozen=True, slots=True)
class Loss:
    """``lost`` of the ``known`` messages of a reference are missing."""

    reference: str
    known: int
    lost: int

    @property
    def is_doubtful(self) -> bool:
        """Whether the user should confirm it."""
        return self.lost * 100 > self.known * ALLOWED_LOSS

    def __str__(self) -> str:
        return f"{self.lost:,} of {self.known:,} {self.reference}"


def measure_losses(template: Collection[bytes], project: Project) -> list[Loss]:
    """The messages of the stored template and the translations of all catalogues that a template lacks.

    Args:
        template: the keys of its messages.
        project: the project; files that cannot be read are ignored.
    """
    keys = frozenset(template)
    losses = []
    if (stored := _stored_keys(project.template)) is not None:
        losses.append(Loss(f"messages of {project.template}", len(stored), len(stored - keys)))
    paths = list(project.languages().values())
    held = map_files(translated_keys, paths, paths=paths, task="reading catalogues")
    translations = [key for found in held for key in found]
    lost = sum(1 for key in translations if key not in keys)
    return [*losses, Loss("translations in the catalogues", len(translations), lost)]


def require_trusted(template: Collection[bytes], project: Project) -> None:
    """Refuse a template that lost more than `ALLOWED_LOSS` percent.

    Raises:
        DoubtfulLoss: it did; the message has the figures.
    """
    refuse_doubtful("the template lacks", measure_losses(template, project))


def refuse_doubtful(what: str, losses: Sequence[Loss]) -> None:
    """Refuse losses if one of them is doubtful.

    Raises:
        DoubtfulLoss: one is; the message has the figures.
    """
    doubtful = [loss for loss in losses if loss.is_doubtful]
    if doubtful:
        figures = "; ".join(map(str, doubtful))
        raise DoubtfulLoss(f"{what} {figures}", hint="if this is correct, confirm it with --yes")


def translated_keys(path: Path) -> list[bytes]:
    """The keys of the messages that a catalogue translates; empty if it cannot be read."""
    try:
        return load_catalogue(path).translated_keys()
    except InputError:
        return []


def _stored_keys(path: Path) -> frozenset[bytes] | None:
    if not path.is_file():
        return None
    try:
        return frozenset(load_catalogue(path).keys) - {b""}
    except CatalogueError:
        return None
