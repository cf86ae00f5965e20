"""What the commands of ``virtsmith po`` share: the project, the profile, the files they work on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.output import STDIO
from virtsmith.errors import ExitCode, InputError, UsageError

if TYPE_CHECKING:
    from virtsmith.po.profile import Profile
    from virtsmith.po.project import Project
    from virtsmith.po.work import Done, Job

profile_option = click.option("--profile", help="Storage profile: mini, sorted, location-file or one of the project's.")


def project_for(catalogues: Sequence[Path]) -> Project:
    """The project that the given files or folders belong to; that of the working folder without any."""
    from virtsmith.po.project import load_project

    first = catalogues[0] if catalogues and catalogues[0] != STDIO else Path()
    project = load_project(first if first.is_dir() else first.parent)
    return replace(project, folder=_as_typed(project.folder), template=_as_typed(project.template))


def _as_typed(path: Path) -> Path:
    """A path as its user would write it: from the working folder, if it is below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def select_profile(project: Project, name: str | None, wrap: str | None) -> Profile:
    """The profile asked for, or the project's."""
    from virtsmith.po.profile import find_profile

    chosen = find_profile(name, project.profiles) if name else project.profile
    return replace(chosen, wrap=wrap) if wrap else chosen


def catalogue_jobs(project: Project, catalogues: Sequence[Path], folder: Path | None, suffix: str | None) -> list[Job]:
    """What to read and where each result goes: in place, or into ``folder``, with another end of name if asked for."""
    from virtsmith.po.work import Job, refuse_clashes

    sources = catalogue_paths(project, catalogues)
    jobs = [Job(path, (folder or path.parent) / _renamed(path.name, suffix)) for path in sources]
    refuse_clashes(jobs)
    return jobs


def catalogue_paths(project: Project, catalogues: Sequence[Path]) -> list[Path]:
    """The catalogue files meant by files, folders or nothing."""
    if not catalogues:
        found = list(project.languages().values())
        if not found:
            raise InputError("no catalogues found", source=str(project.folder), hint="name files or a folder")
        return found
    paths: list[Path] = []
    for path in catalogues:
        if path == STDIO:
            raise UsageError("- stands for one catalogue only")
        if path.is_dir():
            found = sorted(path.glob("*.po"))
            if not found:
                raise InputError("no catalogues found", source=str(path))
            paths += found
        else:
            paths.append(path)
    return paths


def _renamed(name: str, suffix: str | None) -> str:
    if suffix is None:
        return name
    return name.removesuffix(".po").removesuffix(".mini") + suffix


def changed_names(changed: Sequence[Done]) -> int:
    """Print the files that differ; the exit code that says so."""
    for item in changed:
        click.echo(item.job.target)
    return ExitCode.FINDINGS if changed else ExitCode.OK
