"""Checks over a project's catalogues, and what can be mended without a translator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from libvirtxml import files
from libvirtxml.findings import Finding

from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.run import ProgramMissing
from virtsmith.errors import InputError
from virtsmith.po.batch import map_files
from virtsmith.po.catalogue import Catalogue, CatalogueError, load_catalogue, parse_catalogue
from virtsmith.po.check.files import check_data, check_languages, check_template
from virtsmith.po.check.rules import finding
from virtsmith.po.extract import ExtractedTemplate, NoMessages, NoSources, extract_project
from virtsmith.po.linguas import with_languages
from virtsmith.po.minimize import minimize
from virtsmith.po.profile import StorageProfile
from virtsmith.po.project import Project, language_of
from virtsmith.po.proof import says_the_same
from virtsmith.po.trust import measure_losses, require_trusted


@dataclass(frozen=True, slots=True)
class _Check:
    profile: StorageProfile | None
    template: frozenset[bytes] | None

    def __call__(self, path: Path) -> list[Finding]:
        return check_data(
            files.read_bytes(path), str(path), profile=self.profile, language=language_of(path), template=self.template
        )


def check_files(
    paths: Sequence[Path], profile: StorageProfile | None, project: Project, *, progress: Progress = SILENT
) -> list[Finding]:
    """Check catalogues, on all cores if they are large."""
    try:
        template = _template_keys(project)
    except NoMessages:  # reported by `check_project`
        template = None
    results = map_files(_Check(profile, template), paths, paths=paths, task="checking", progress=progress)
    return [finding for result in results for finding in result]


def check_project(project: Project) -> list[Finding]:
    """LINGUAS against the files, and the template against the sources where both are known."""
    findings = []
    listed = project.listed_languages()
    if listed is not None:
        findings += check_languages(listed, set(project.languages()), str(project.directory / "LINGUAS"))
    findings += _check_losses(project)
    if not project.template.is_file():
        return findings
    try:
        fresh = extract_project(project, skip_missing=True)
    except NoSources:
        return findings
    except (InputError, ProgramMissing) as error:
        return [*findings, finding("PO305", "sources", str(error), str(project.directory))]
    return findings + check_template(project.template, parse_catalogue(fresh.data)) + _check_missing(project, fresh)


def _check_missing(project: Project, fresh: ExtractedTemplate) -> list[Finding]:
    if not fresh.missing:
        return []
    text = f"{len(fresh.missing)} listed sources are not there, the first is {fresh.missing[0]}"
    return [finding("PO306", "sources", text, str(project.directory))]


def _check_losses(project: Project) -> list[Finding]:
    """Whether the template, or the sources where none is stored, still has what the catalogues translate."""
    try:
        keys = _template_keys(project)
    except NoMessages as error:
        return [finding("PO305", "sources", str(error), str(project.directory))]
    losses = [] if keys is None else measure_losses(keys, project)
    source = str(project.template if project.template.is_file() else project.directory)
    return [finding("PO305", "template", f"lacks {loss}", source) for loss in losses if loss.is_doubtful]


@dataclass(frozen=True, slots=True)
class FixedCatalogue:
    """A catalogue that was rewritten, with the keys of the translations that were removed from it."""

    path: Path
    removed: tuple[bytes, ...] = ()


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
        drop_stale: remove translations of messages that neither template nor sources have.
        accept_loss: go on although the template lost so much that it is likely wrong.

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
        removed = _drop_stale(catalogue, template) if drop_stale and template is not None else ()
        data = minimize(catalogue, profile) if profile else catalogue.render() if removed else None
        if data is not None and files.write_if_changed(path, data, check=says_the_same(catalogue)):
            fixed.append(FixedCatalogue(path, removed))
    return fixed


def fix_project(project: Project) -> list[Path]:
    """Bring LINGUAS up to date if it is there and wrong; return it if so."""
    listed = project.listed_languages()
    present = set(project.languages())
    path = project.directory / "LINGUAS"
    if listed is None or listed == present:
        return []
    files.write_atomic(path, with_languages(files.read_text(path), present))
    return [path]


def _drop_stale(catalogue: Catalogue, template: frozenset[bytes]) -> tuple[bytes, ...]:
    """Remove messages that the template does not have; return the keys of those that were translated."""
    removed = tuple(key for key in catalogue.translated_keys() if key not in template)
    kept = [(key, row) for key, row in zip(catalogue.keys, catalogue.rows, strict=True) if not key or key in template]
    catalogue.keys, catalogue.rows = [key for key, _ in kept], [row for _, row in kept]
    catalogue.lines = []
    return removed


def _template_keys(project: Project) -> frozenset[bytes] | None:
    """Keys of the messages that exist: of the stored template, else of the sources; None where nothing says.

    Raises:
        NoMessages: the sources, which should say it, have no message.
    """
    try:
        if project.template.is_file():
            return frozenset(load_catalogue(project.template).keys)
        return frozenset(parse_catalogue(extract_project(project, skip_missing=True).data).keys)
    except (CatalogueError, NoSources, ProgramMissing):
        return None
