"""Work on whole directories: read, transform, and write nothing unless everything could be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from os.path import commonpath
from pathlib import Path
from typing import TYPE_CHECKING

from libvirtxml import files

from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import UsageError
from virtsmith.po.batch import map_files
from virtsmith.po.catalogue import Catalogue, load_catalogue, parse_catalogue
from virtsmith.po.forms import DEFAULT_FORM
from virtsmith.po.inputs import find_catalogues, means_project
from virtsmith.po.minimize import DroppedCounts, count_dropped, minimize
from virtsmith.po.profile import StorageProfile
from virtsmith.po.project import Project
from virtsmith.po.proof import says_the_same

if TYPE_CHECKING:
    from virtsmith.po.expand import Template


@dataclass(frozen=True, slots=True)
class CatalogueJob:
    """One catalogue to transform: its path and the path of the result."""

    source: Path
    target: Path


@dataclass(frozen=True, slots=True)
class CatalogueResult:
    """A transformed catalogue; ``notes`` say what was corrected on reading."""

    job: CatalogueJob
    data: bytes
    dropped: DroppedCounts = field(default_factory=DroppedCounts)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectJobs:
    """The catalogues of one message domain to transform."""

    project: Project
    jobs: tuple[CatalogueJob, ...]


def plan_jobs(
    projects: Sequence[Project], paths: Sequence[Path] = (), *, directory: Path | None = None, suffix: str | None = None
) -> list[ProjectJobs]:
    """What to read and where to write each result: in place, or in a directory.

    Results for all catalogues of a project are where these are below their common directory, others right in it.

    Args:
        projects: the project, one for each domain.
        paths: as for `virtsmith.po.find_catalogues`.
        directory: the directory for results.
        suffix: the suffix of their names, instead of ``.po`` or ``.mini.po``.

    Raises:
        InputError: as `virtsmith.po.find_catalogues`.
        UsageError: two results would have the same name.
    """
    plans = []
    common = Path(commonpath(project.directory.absolute() for project in projects)) if means_project(paths) else None
    for project in projects:
        jobs = [
            CatalogueJob(path, _renamed(directory / _below(common, path) if directory else path, suffix))
            for path in find_catalogues(project, paths)
        ]
        plans.append(ProjectJobs(project, tuple(jobs)))
    refuse_clashes([job for plan in plans for job in plan.jobs])
    return plans


def _below(common: Path | None, path: Path) -> Path:
    return path.absolute().relative_to(common) if common else Path(path.name)


def _renamed(path: Path, suffix: str | None) -> Path:
    if suffix is None:
        return path
    return path.with_name(path.name.removesuffix(".po").removesuffix(".mini") + suffix)


def minimize_files(
    jobs: Sequence[CatalogueJob], profile: StorageProfile, *, progress: Progress = SILENT, processes: int | None = None
) -> list[CatalogueResult]:
    """Bring catalogues into the stored form of a profile; nothing is written yet."""
    return _each(_Minimize(profile), jobs, "minimising", progress, processes)


def expand_files(
    jobs: Sequence[CatalogueJob],
    template: Catalogue,
    *,
    wrap: str,
    progress: Progress = SILENT,
    processes: int | None = None,
) -> list[CatalogueResult]:
    """Expand catalogues from a template; nothing is written yet."""
    from virtsmith.po.expand import Template  # noqa: PLC0415 - each command loads what it needs

    prepared = Template(template, wrap=wrap)
    return _each(_Expand(prepared), jobs, "expanding", progress, processes)


def compile_files(
    jobs: Sequence[CatalogueJob],
    *,
    hash_table: bool = True,
    skip_partial: bool = False,
    fuzzy: bool = False,
    form: str = DEFAULT_FORM,
    progress: Progress = SILENT,
    processes: int | None = None,
) -> list[CatalogueResult]:
    """Compile catalogues; nothing is written yet."""
    work = _Compile(hash_table=hash_table, skip_partial=skip_partial, fuzzy=fuzzy, form=form)
    return _each(work, jobs, "compiling", progress, processes)


def convert_files(
    jobs: Sequence[CatalogueJob], profile: StorageProfile, template: Path | None, *, progress: Progress = SILENT
) -> list[CatalogueResult]:
    """Convert catalogues to a profile, with proof that each compiles to the same; nothing is written yet."""
    return _each(_Convert(profile, template), jobs, "converting", progress, None)


def write_all(done: Sequence[CatalogueResult]) -> list[Path]:
    """Write results with new content; return the paths that changed.

    Raises:
        ConversionChanged: a rewritten catalogue would not be equivalent.
        WriteError: a file cannot be written.
    """
    return [
        result.job.target
        for result in done
        if files.write_if_changed(result.job.target, result.data, check=_check(result.job))
    ]


def _check(job: CatalogueJob) -> files.Check | None:
    return says_the_same(load_catalogue(job.source)) if job.source == job.target else None


def changed(done: Sequence[CatalogueResult]) -> list[CatalogueResult]:
    """The results that `write_all` would write."""
    return [
        result for result in done if not result.job.target.is_file() or result.job.target.read_bytes() != result.data
    ]


def refuse_clashes(jobs: Sequence[CatalogueJob]) -> None:
    """Refuse jobs that would write the same file.

    Raises:
        UsageError: two jobs have the same target.
    """
    sources: dict[Path, Path] = {}
    for job in jobs:
        first = sources.setdefault(job.target, job.source)
        if first != job.source:
            raise UsageError(f"two catalogues would be written to {job.target}: {first} and {job.source}")


def _each(
    work: Callable[[CatalogueJob], CatalogueResult],
    jobs: Sequence[CatalogueJob],
    task: str,
    progress: Progress,
    processes: int | None,
) -> list[CatalogueResult]:
    paths = [job.source for job in jobs]
    return map_files(work, jobs, paths=paths, task=task, progress=progress, jobs=processes)


@dataclass(frozen=True, slots=True)
class _Minimize:
    profile: StorageProfile

    def __call__(self, job: CatalogueJob) -> CatalogueResult:
        catalogue = load_catalogue(job.source)
        data = minimize(catalogue, self.profile)
        return CatalogueResult(job, data, count_dropped(catalogue, self.profile), tuple(catalogue.notes))


@dataclass(frozen=True, slots=True)
class _Compile:
    hash_table: bool
    skip_partial: bool
    fuzzy: bool
    form: str

    def __call__(self, job: CatalogueJob) -> CatalogueResult:
        from virtsmith.po.mo import compile_catalogue  # noqa: PLC0415 - each command loads what it needs

        catalogue = load_catalogue(job.source)
        data = compile_catalogue(
            catalogue,
            hash_table=self.hash_table,
            skip_partial=self.skip_partial,
            fuzzy=self.fuzzy,
            form=self.form,
        )
        return CatalogueResult(job, data)


@dataclass(frozen=True, slots=True)
class _Expand:
    template: Template

    def __call__(self, job: CatalogueJob) -> CatalogueResult:
        from virtsmith.po.expand import expand  # noqa: PLC0415 - each command loads what it needs

        return CatalogueResult(job, expand(load_catalogue(job.source), self.template))


@dataclass(frozen=True, slots=True)
class _Convert:
    profile: StorageProfile
    template: Path | None

    def __call__(self, job: CatalogueJob) -> CatalogueResult:
        from virtsmith.po.convert import convert  # noqa: PLC0415 - each command loads what it needs

        template = load_catalogue(self.template) if self.template else None
        data = files.read_bytes(job.source)
        catalogue = parse_catalogue(data, str(job.source))
        dropped = count_dropped(catalogue, self.profile)
        return CatalogueResult(job, convert(catalogue, self.profile, template), dropped)
