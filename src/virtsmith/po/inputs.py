"""Which project, and which catalogues, some paths mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from virtsmith.errors import InputError
from virtsmith.po.profile import StorageProfile, find_profile
from virtsmith.po.project import Project, load_project


def find_project(paths: Sequence[Path] = ()) -> Project:
    """The project that files or directories belong to; without any, that of the working directory.

    Its paths are as a user would write them: from the working directory, if they are below it.

    Raises:
        ProjectError: the project's settings are wrong.
    """
    first = paths[0] if paths else Path()
    project = load_project(first if first.is_dir() else first.parent)
    return replace(project, directory=_as_typed(project.directory), template=_as_typed(project.template))


def _as_typed(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def find_catalogues(project: Project, paths: Sequence[Path] = ()) -> list[Path]:
    """The catalogues that files and directories mean; without any, those of the project.

    Raises:
        InputError: a directory, or the project, has none.
    """
    if not paths:
        found = list(project.languages().values())
        if not found:
            raise InputError("no catalogues found", source=str(project.directory), hint="name files or a directory")
        return found
    chosen: list[Path] = []
    for path in paths:
        found = sorted(path.glob("*.po")) if path.is_dir() else [path]
        if not found:
            raise InputError("no catalogues found", source=str(path))
        chosen += found
    return chosen


def choose_profile(project: Project, name: str | None = None, wrap: str | None = None) -> StorageProfile:
    """The storage profile of a name, by default the project's.

    Args:
        project: the project, whose own profiles have names, too.
        name: the name.
        wrap: ``keep`` breaks long texts as gettext does, ``none`` never; by default as the profile says.

    Raises:
        ProfileError: there is none of that name.
    """
    chosen = find_profile(name, project.profiles) if name else project.profile
    return replace(chosen, wrap=wrap) if wrap else chosen
