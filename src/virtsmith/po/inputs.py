"""The project and the catalogues that paths refer to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from virtsmith.errors import InputError
from virtsmith.po.layouts import has_catalogues
from virtsmith.po.profile import StorageProfile, find_profile
from virtsmith.po.project import Project, load_projects, only_project


def find_project(paths: Sequence[Path] = ()) -> Project:
    """The project that files or directories belong to; by default that of the working directory.

    Its paths are relative to the working directory if they are below it.

    Raises:
        InputError: the project's settings are not valid, or the directory means several domains.
    """
    return only_project(find_projects(paths))


def find_projects(paths: Sequence[Path] = ()) -> list[Project]:
    """The same, where a directory may mean several message domains.

    Raises:
        InputError: a project's settings are not valid.
    """
    first = paths[0] if paths else Path()
    found = load_projects(first if first.is_dir() else first.parent)
    if not first.is_dir() and len(found) > 1:
        found = [project for project in found if first.resolve() in project.languages().values()] or found[:1]
    return [
        replace(project, directory=_as_typed(project.directory), template=_as_typed(project.template))
        for project in found
    ]


def _as_typed(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def find_catalogues(project: Project, paths: Sequence[Path] = ()) -> list[Path]:
    """The catalogues among files and in directories; by default those of the project.

    Raises:
        InputError: a directory or the project has no catalogues.
    """
    if means_project(paths):
        found = list(project.languages().values())
        if not found:
            raise InputError("no catalogues found", source=str(project.directory), hint="give files or a directory")
        return found
    chosen: list[Path] = []
    for path in paths:
        found = sorted(path.glob("*.po")) if path.is_dir() else [path]
        if not found:
            raise InputError("no catalogues found", source=str(path))
        chosen += found
    return chosen


def means_project(paths: Sequence[Path]) -> bool:
    """Whether paths mean all catalogues of a project, wherever they are: none, or one directory above them."""
    return not paths or (len(paths) == 1 and paths[0].is_dir() and not has_catalogues(paths[0]))


def choose_profile(
    project: Project, name: str | None = None, wrap: str | None = None, form: str | None = None
) -> StorageProfile:
    """The storage profile with a name; by default the project's.

    Args:
        project: the project, which may define profiles.
        name: the name of the profile.
        wrap: ``keep`` breaks long texts as gettext does, ``none`` never; by default as the profile says.
        form: the version of gettext that is followed; by default as the project says.

    Raises:
        ProfileError: the profile does not exist.
    """
    chosen = find_profile(name, project.profiles) if name else project.profile
    return replace(chosen, wrap=wrap or chosen.wrap, form=form or chosen.form)
