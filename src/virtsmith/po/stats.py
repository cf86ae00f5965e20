"""Translation statistics of each language, compared with the template."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import InputError
from virtsmith.po.catalogue import Catalogue, load_catalogue
from virtsmith.po.project import Project


@dataclass(frozen=True, slots=True)
class Statistics:
    """The messages of one language: ``total``, and how many of them are translated or fuzzy.

    ``stale`` counts translations of messages that no longer exist.
    """

    language: str
    total: int
    translated: int
    fuzzy: int
    stale: int = 0

    @property
    def untranslated(self) -> int:
        """The number of messages without a translation."""
        return self.total - self.translated - self.fuzzy

    @property
    def percent(self) -> float:
        """The share of translated messages."""
        return 100 * self.translated / self.total if self.total else 100.0

    def to_dict(self) -> dict[str, str | int | float]:
        """As JSON data."""
        return {
            "language": self.language,
            "total": self.total,
            "translated": self.translated,
            "fuzzy": self.fuzzy,
            "untranslated": self.untranslated,
            "stale": self.stale,
            "percent": round(self.percent, 1),
        }


@dataclass(frozen=True, slots=True)
class ProjectStatistics:
    """The statistics of all languages of a project, and the template that they were compared with."""

    template: Path | None
    """None: there is no template, and they were compared with all messages that any language has."""
    languages: list[Statistics]

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "template": str(self.template) if self.template else None,
            "languages": [language.to_dict() for language in self.languages],
        }


def measure_project(
    project: Project, template: Path | None = None, *, progress: Progress = SILENT
) -> ProjectStatistics:
    """Compare the languages of a project with a template, by default its own.

    Raises:
        InputError: the template or a catalogue cannot be read, or there is no catalogue.
    """
    template = template or (project.template if project.template.is_file() else None)
    languages = project.languages()
    if not languages:
        raise InputError("no catalogues found", source=str(project.directory), hint="name the directory that has them")
    keys = frozenset(load_catalogue(template).keys) - {b""} if template else _all_keys(languages.values())
    progress.start("measuring", len(languages))
    found: list[Statistics] = []
    for name, path in languages.items():
        found.append(measure(name, load_catalogue(path), keys))
        progress.step(detail=name)
    progress.done()
    return ProjectStatistics(template, found)


def _all_keys(paths: Iterable[Path]) -> frozenset[bytes]:
    keys: set[bytes] = set()
    for path in paths:
        keys.update(load_catalogue(path).keys)
    return frozenset(keys - {b""})


def measure(language: str, catalogue: Catalogue, template: frozenset[bytes] | None = None) -> Statistics:
    """Count the messages of a catalogue; ``template`` has the keys of existing messages, by default its own."""
    translated = fuzzy = stale = 0
    for key, row in zip(catalogue.keys, catalogue.rows, strict=True):
        if not key:
            continue
        if template is not None and key not in template:
            stale += 1
        elif row.is_untranslated():
            continue
        elif row.is_fuzzy():
            fuzzy += 1
        else:
            translated += 1
    total = len(template - {b""}) if template is not None else sum(1 for key in catalogue.keys if key)
    return Statistics(language, total, translated, fuzzy, stale)
