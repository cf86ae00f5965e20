"""Merges as git needs them: with the project's profile and template, and of files in conflict."""

from __future__ import annotations

from pathlib import Path

from libvirtxml.files import write_atomic

from virtsmith.errors import InputError
from virtsmith.po.catalogue import CatalogueError, load_catalogue
from virtsmith.po.git import find_repository
from virtsmith.po.inputs import find_project
from virtsmith.po.merge import MergeResult, merge
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
    source: str = "",
    take: str = "",
) -> MergeResult:
    """Merge two versions of a catalogue that have a common base, as a project stores its catalogues.

    Args:
        base: the common base; may be empty.
        ours: one version.
        theirs: the other version.
        project: whose profile and template count.
        profile: a storage profile other than the project's.
        source: what to call the catalogue in errors.
        take: ``ours`` or ``theirs`` settles what is in conflict.

    Raises:
        CatalogueError: a version cannot be read.
    """
    return merge(
        base,
        ours,
        theirs,
        profile=profile or project.profile,
        template=_template_keys(project.template),
        source=source,
        take=take,
    )


def resolve_conflict(path: Path, take: str = "") -> MergeResult:
    """Merge a catalogue again that git left in conflict, write it, and mark it as resolved if it is.

    Args:
        path: the catalogue, in its repository.
        take: ``ours`` or ``theirs`` settles what is still in conflict.

    Raises:
        InputError: it is not in conflict, or a version cannot be read.
    """
    repository = find_repository(path.parent)
    base, ours, theirs = (repository.read(f":{stage}", path) for stage in (1, 2, 3))
    if ours is None or theirs is None:
        raise InputError("not in conflict", source=str(path))
    result = merge_in_project(base or b"", ours, theirs, find_project((path,)), source=str(path), take=take)
    write_atomic(path, result.data, check=None if result.conflicts else is_readable)
    if not result.conflicts:
        repository.git("add", "--", repository.name_of(path))
    return result


def _template_keys(path: Path) -> frozenset[bytes] | None:
    try:
        return frozenset(load_catalogue(path).keys) if path.is_file() else None
    except CatalogueError:  # it may be in conflict itself
        return None
