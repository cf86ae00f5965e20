"""Checks of a project's catalogues, and fixes that need no translator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from libvirtxml import files
from libvirtxml.findings import Finding, Severity

from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.run import ProgramMissing
from virtsmith.errors import InputError
from virtsmith.po.batch import map_files
from virtsmith.po.catalogue import Catalogue, CatalogueError, load_catalogue, parse_catalogue
from virtsmith.po.check.files import check_data, check_languages, check_template, errors_in
from virtsmith.po.check.levels import CheckChoices
from virtsmith.po.check.rules import Problem, checks, rule
from virtsmith.po.extract import ExtractedTemplate, NoMessages, NoSources, extract_project
from virtsmith.po.linguas import with_languages
from virtsmith.po.minimize import DroppedCounts, lost_drafts, minimize
from virtsmith.po.profile import StorageProfile
from virtsmith.po.project import Project, language_of
from virtsmith.po.proof import says_the_same
from virtsmith.po.trust import measure_losses, require_trusted


@dataclass(frozen=True, slots=True)
class _Check:
    profile: StorageProfile | None
    template: frozenset[bytes] | None
    choices: CheckChoices

    def __call__(self, path: Path) -> list[Finding]:
        return check_data(
            files.read_bytes(path),
            str(path),
            profile=self.profile,
            language=language_of(path),
            template=self.template,
            choices=self.choices,
        )


def check_files(
    paths: Sequence[Path], profile: StorageProfile | None, project: Project, *, progress: Progress = SILENT
) -> list[Finding]:
    """Check catalogues, on all cores if they are large."""
    try:
        template = _template_keys(project)
    except NoMessages:  # reported by `check_project`
        template = None
    results = map_files(
        _Check(profile, template, project.checks), paths, paths=paths, task="checking", progress=progress
    )
    return [finding for result in results for finding in result]


def find_errors(paths: Sequence[Path], project: Project | None = None, *, progress: Progress = SILENT) -> list[Finding]:
    """Find what must not be compiled: the errors in catalogues, whatever their stored form.

    Args:
        paths: the catalogues.
        project: the project that they belong to, which may choose what is an error.
        progress: reports the steps.
    """
    work = partial(_errors_of, choices=project.checks if project else None)
    results = map_files(work, paths, paths=paths, task="checking", progress=progress)
    return [finding for result in results for finding in result]


def _errors_of(path: Path, choices: CheckChoices | None) -> list[Finding]:
    return errors_in(files.read_bytes(path), str(path), choices)


def check_project(project: Project) -> list[Finding]:
    """Compare LINGUAS with the files, and the template with the sources if both are known."""
    findings = []
    listed = project.language_list()
    if listed is not None:
        findings += check_languages(listed.languages, set(project.languages()), str(listed.source))
    findings += lost_messages(project)
    if not project.template.is_file():
        return findings
    try:
        fresh = extract_project(project, skip_missing=True)
    except NoSources:
        return findings
    except (InputError, ProgramMissing) as error:
        return findings + failed_extraction(project, error)
    findings += check_template(project.template, parse_catalogue(fresh.data), fresh.missing)
    return findings + missing_sources(project, fresh)


@rule(
    "PO305",
    "The sources have the messages that were there before",
    why="An extraction that finds too little looks like a project that dropped its messages; trusting it would cost "
    "their translations.",
    fix="Correct sources, POTFILES or keywords; if so much is really gone, pull again.",
    severity=Severity.WARNING,
)
def lost_messages(project: Project) -> Iterator[Problem]:
    """Yield each catalogue that translates many messages which the template, or else the sources, lack."""
    try:
        keys = _template_keys(project)
    except NoMessages as error:
        yield Problem("sources", str(error), str(project.directory))
        return
    source = str(project.template if project.template.is_file() else project.directory)
    for loss in [] if keys is None else measure_losses(keys, project):
        if loss.is_doubtful:
            yield Problem("template", f"lacks {loss}", source)


@checks("PO305")
def failed_extraction(project: Project, error: Exception) -> Iterator[Problem]:
    """Yield why nothing could be extracted."""
    yield Problem("sources", str(error), str(project.directory))


@rule(
    "PO306",
    "Every listed source exists",
    why="Messages of files that a build generates are missing before the first build.",
    fix="Name the build directory in `build-directories`, or correct POTFILES.",
    severity=Severity.NOTE,
)
def missing_sources(project: Project, fresh: ExtractedTemplate) -> Iterator[Problem]:
    """Yield the number of listed sources that do not exist, with the first of them."""
    if fresh.missing:
        text = f"{len(fresh.missing)} listed sources do not exist, the first is {fresh.missing[0]}"
        yield Problem("sources", text, str(project.directory))


@dataclass(frozen=True, slots=True)
class FixedCatalogue:
    """A catalogue that was rewritten: the keys of removed translations, and the number of removed drafts."""

    path: Path
    removed: tuple[bytes, ...] = ()
    dropped: DroppedCounts = field(default_factory=DroppedCounts)


def fix_files(
    paths: Sequence[Path],
    profile: StorageProfile | None,
    project: Project,
    *,
    drop_stale: bool = False,
    accept_loss: bool = False,
) -> list[FixedCatalogue]:
    """Bring readable catalogues into their stored form; return those that changed.

    Args:
        paths: the catalogues.
        profile: the stored form.
        project: the project that they belong to.
        drop_stale: remove translations of messages that neither the template nor the sources have.
        accept_loss: continue even if the template lost so much that it is likely wrong.

    Raises:
        NoMessages: the sources have no message.
        DoubtfulLoss: the template lost too much to be trusted.
    """
    template = _template_keys(project)
    if template is not None and not accept_loss:
        require_trusted(template, project)
    fixed = []
    for path in paths:
        try:
            catalogue = load_catalogue(path)
        except CatalogueError:
            continue  # reported by the check itself
        before = replace(catalogue)
        removed = _drop_stale(catalogue, template) if drop_stale and template is not None else ()
        data = minimize(catalogue, profile) if profile else catalogue.render() if removed else None
        if data is not None and files.write_if_changed(path, data, check=says_the_same(catalogue)):
            fixed.append(FixedCatalogue(path, removed, lost_drafts(before, parse_catalogue(data))))
    return fixed


def fix_project(project: Project) -> list[Path]:
    """Bring LINGUAS up to date if it exists; return its path if it changed."""
    listed = project.language_list()
    present = set(project.languages())
    if listed is None or not listed.is_linguas or listed.languages == present:
        return []
    files.write_atomic(listed.source, with_languages(files.read_text(listed.source), present))
    return [listed.source]


def _drop_stale(catalogue: Catalogue, template: frozenset[bytes]) -> tuple[bytes, ...]:
    """Remove messages that the template does not have; return the keys of those that were translated."""
    removed = tuple(key for key in catalogue.translated_keys() if key not in template)
    kept = [(key, row) for key, row in zip(catalogue.keys, catalogue.rows, strict=True) if not key or key in template]
    catalogue.keys, catalogue.rows = [key for key, _ in kept], [row for _, row in kept]
    catalogue.lines = []
    return removed


def _template_keys(project: Project) -> frozenset[bytes] | None:
    """The keys of the existing messages: from the stored template, else from the sources; None if neither has them.

    Raises:
        NoMessages: the sources have no message.
    """
    try:
        if project.template.is_file():
            return frozenset(load_catalogue(project.template).keys)
        return frozenset(parse_catalogue(extract_project(project, skip_missing=True).data).keys)
    except (CatalogueError, NoSources, ProgramMissing):
        return None
