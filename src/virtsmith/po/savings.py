"""What a storage profile saves: the size now, and the noise in a repository's history."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from virtsmith.core.drafts import write_draft
from virtsmith.core.ownership import scratch_directory
from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.run import run
from virtsmith.errors import InputError
from virtsmith.po.catalogue import CatalogueError, load_catalogue, parse_catalogue
from virtsmith.po.git import Repository
from virtsmith.po.minimize import minimize
from virtsmith.po.profile import StorageProfile
from virtsmith.po.project import Project

_COMPRESSION = 6


@dataclass(frozen=True, slots=True)
class Sizes:
    """The size of all catalogues in bytes, plain and compressed, before and after."""

    languages: int
    before: int
    after: int
    before_compressed: int
    after_compressed: int

    def to_dict(self) -> dict[str, int]:
        """As JSON data."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Noise:
    """The changed lines of one commit: in the files as they are, and in their stored forms."""

    commit: str
    subject: str
    lines: int
    signal: int

    @property
    def percent(self) -> float:
        """The share of changed lines without a change of content."""
        return 100 * (1 - self.signal / self.lines) if self.lines else 0.0

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "commit": self.commit,
            "subject": self.subject,
            "lines": self.lines,
            "signal": self.signal,
            "noise_percent": round(self.percent, 1),
        }


def measure_sizes(projects: Sequence[Project], profile: StorageProfile, progress: Progress = SILENT) -> Sizes:
    """Size of the catalogues of projects (one for each domain) now and in a profile's form.

    Raises:
        InputError: there are none, or one cannot be read.
    """
    paths = [path for project in projects for path in project.languages().values()]
    if not paths:
        raise InputError("no catalogues found", source=str(projects[0].directory))
    totals = [0, 0, 0, 0]
    progress.start("measuring", len(paths))
    for path in paths:
        data = path.read_bytes()
        small = minimize(load_catalogue(path), profile)
        for index, text in enumerate((data, small)):
            totals[index] += len(text)
            totals[index + 2] += len(zlib.compress(text, _COMPRESSION))
        progress.step()
    progress.done()
    return Sizes(len(paths), *totals)


def measure_noise(
    repository: Repository,
    directories: Sequence[Path],
    profile: StorageProfile,
    *,
    commits: int = 20,
    progress: Progress = SILENT,
) -> list[Noise]:
    """Changed lines of the last commits that touched catalogues, newest first; merges are left out."""
    names = [f"{repository.name_of(directory)}/*.po" for directory in directories]
    log = repository.git("log", "--no-merges", f"-{commits}", "--format=%H%x09%s", "--", *names).decode(
        errors="replace"
    )
    entries = [line.split("\t", 1) for line in log.splitlines()]
    progress.start("reading history", len(entries))
    found = []
    for commit, subject in entries:
        lines, signal = _measure_commit(repository, commit, names, profile)
        found.append(Noise(commit[:12], subject, lines, signal))
        progress.step()
    progress.done()
    return found


def _measure_commit(repository: Repository, commit: str, names: list[str], profile: StorageProfile) -> tuple[int, int]:
    changed = repository.git(
        "diff-tree", "-r", "--root", "-z", "--numstat", "--no-renames", "--no-commit-id", commit, "--", *names
    )
    lines = 0
    with scratch_directory() as scratch:
        sides = scratch / "a", scratch / "b"
        for side in sides:
            side.mkdir()
        for number, record in enumerate(filter(None, os.fsdecode(changed).split("\0"))):
            added, removed, path = record.split("\t", 2)
            lines += sum(int(word) for word in (added, removed) if word.isdigit())
            for side, revision in zip(sides, (f"{commit}^", commit), strict=True):
                data = repository.read(revision, repository.root / path)
                if data is not None:
                    write_draft(side / f"{number}.po", _stored(data, profile))
        done = run(["git", "diff", "--no-index", "--numstat", "--no-renames", "a", "b"], cwd=scratch, allow=(0, 1))
        return lines, sum(int(word) for word in re.findall(r"^(\d+)\t", done.text, re.MULTILINE)) + sum(
            int(word) for word in re.findall(r"^\d+\t(\d+)\t", done.text, re.MULTILINE)
        )


def _stored(data: bytes, profile: StorageProfile) -> bytes:
    """The stored form; the file itself if it cannot be read, so that all its lines count."""
    try:
        return minimize(parse_catalogue(data), profile)
    except CatalogueError:
        return data
