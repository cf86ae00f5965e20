"""Comparison of two versions of a project's translations: files, directories, or git revisions."""

from __future__ import annotations

from pathlib import Path

from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import InputError, UsageError
from virtsmith.po.catalogue import Catalogue, load_catalogue, parse_catalogue
from virtsmith.po.diff import CatalogueDiff, compare
from virtsmith.po.git import find_repository
from virtsmith.po.inputs import find_project
from virtsmith.po.project import language_of


def compare_versions(old: str, new: str = ".", *, progress: Progress = SILENT) -> list[CatalogueDiff]:
    """The translations that were added, removed or changed, for each language with changes.

    Args:
        old: a catalogue, a directory of catalogues, or a git revision of the project.
        new: the same; by default the working tree. Two files are compared regardless of their names.
        progress: reports the steps.

    Raises:
        InputError: a catalogue cannot be read.
        UsageError: a name is none of these.
    """
    before, after = load_version(old), load_version(new)
    if len(before) == len(after) == 1 and Path(old).is_file():
        before = dict(zip(after, before.values(), strict=True))
    empty = Catalogue([], [])
    names = sorted(before.keys() | after.keys())
    found: list[CatalogueDiff] = []
    progress.start("comparing", len(names))
    for name in names:
        difference = compare(name, before.get(name, empty), after.get(name, empty))
        if difference.changes or difference.header:
            found.append(difference)
        progress.step()
    progress.done()
    return found


def load_version(name: str) -> dict[str, Catalogue]:
    """The catalogues of a file, a directory or a git revision, by language.

    Raises:
        InputError: a catalogue cannot be read.
        UsageError: the name is none of these.
    """
    path = Path(name)
    if path.is_file():
        return {language_of(path) or path.name: load_catalogue(path)}
    if path.is_dir():
        return {language: load_catalogue(item) for language, item in find_project((path,)).languages().items()}
    if path.suffix == ".po":
        raise InputError("cannot read: no such file or directory", source=name)
    return _load_revision(name)


def _load_revision(name: str) -> dict[str, Catalogue]:
    project = find_project()
    repository = find_repository(project.root)
    if not repository.has_revision(name):
        raise UsageError(f"neither a file, a directory nor a git revision: {name}")
    catalogues = {}
    for path in repository.list_files(name, project.directory):
        if path.suffix == ".po" and (language := language_of(path)):
            data = repository.read(name, path)
            catalogues[language] = parse_catalogue(data or b"", f"{name}:{path.name}")
    return catalogues
