"""Merges for git: with the project's profile and template, and of files in conflict."""

from __future__ import annotations

from pathlib import Path

from libvirtxml.files import write_atomic

from virtsmith.errors import InputError
from virtsmith.po.catalogue import CatalogueError, load_catalogue
from virtsmith.po.git import find_repository
from virtsmith.po.inputs import find_project
from virtsmith.po.linemerge import merge_by_line
from virtsmith.po.merge import LABELS, MergeResult, merge
from virtsmith.po.profile import StorageProfile
from virtsmith.po.project import Project
from virtsmith.po.proof import is_readable


def merge_in_project(
    base: bytes,
    ours: bytes,
    theirs: bytes,
    project: Project,
    *,
    profile: StorageProfile | None = None,
    labels: tuple[str, str, str] = LABELS,
    marker_size: int = 7,
    source: str = "",
    take: str = "",
) -> MergeResult:
    """Merge two versions of a catalogue that have a common base, in the form in which a project stores its catalogues.

    If a version cannot be read, they are merged by line, as git would without a driver.

    Args:
        base: the common base; may be empty.
        ours: one version.
        theirs: the other version.
        project: the project, whose profile and template are used.
        profile: a storage profile other than the project's.
        labels: the names of ours, base and theirs in conflict markers.
        marker_size: the length of a marker.
        source: the name of the catalogue in errors.
        take: ``ours`` or ``theirs`` resolves the conflicts in favour of that version.

    Raises:
        ProgramFailed: git cannot merge them by line either.
    """
    try:
        return merge(
            base,
            ours,
            theirs,
            profile=profile or project.profile,
            template=_template_keys(project.template),
            labels=labels,
            marker_size=marker_size,
            source=source,
            take=take,
        )
    except CatalogueError as error:
        data, conflicts = merge_by_line((ours, base, theirs), labels, marker_size=marker_size, take=take)
        return MergeResult(data, (), error, conflicts)


def resolve_conflict(path: Path, take: str = "") -> MergeResult:
    """Merge a catalogue that git left in conflict again, write it, and mark it as resolved if no conflict is left.

    Args:
        path: the catalogue, in its repository.
        take: ``ours`` or ``theirs`` resolves the remaining conflicts in favour of that version.

    Raises:
        InputError: it is not in conflict.
    """
    repository = find_repository(path.parent)
    base, ours, theirs = (repository.read(f":{stage}", path) for stage in (1, 2, 3))
    if ours is None or theirs is None:
        raise InputError("not in conflict", source=str(path))
    result = merge_in_project(base or b"", ours, theirs, find_project((path,)), source=str(path), take=take)
    write_atomic(path, result.data, check=None if result.unreadable or result.conflicts else is_readable)
    if result.is_clean:
        repository.git("add", "--", repository.name_of(path))
    return result


def _template_keys(path: Path) -> frozenset[bytes] | None:
    try:
        return frozenset(load_catalogue(path).keys) if path.is_file() else None
    except CatalogueError:  # it may be in conflict itself
        return None
