"""Checks over a project's catalogues, and what can be mended without a translator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from libvirtxml import files
from libvirtxml.findings import Finding

from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.run import ProgramMissing
from virtsmith.po.batch import map_files
from virtsmith.po.catalogue import Catalogue, CatalogueError, load_catalogue, parse_catalogue
from virtsmith.po.check.files import check_data, check_languages, check_template
from virtsmith.po.extract import NoSources, extract_project
from virtsmith.po.linguas import with_languages
from virtsmith.po.minimize import minimize
from virtsmith.po.profile import StorageProfile
from virtsmith.po.project import Project, language_of
from virtsmith.po.proof import says_the_same


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
    template = _template_keys(project)
    results = map_files(_Check(profile, template), paths, paths=paths, task="checking", progress=progress)
    return [finding for result in results for finding in result]


def check_project(project: Project) -> list[Finding]:
    """LINGUAS against the files, and the template against the sources where both are known."""
    findings = []
    listed = project.listed_languages()
    if listed is not None:
        findings += check_languages(listed, set(project.languages()), str(project.folder / "LINGUAS"))
    if project.template.is_file() and (project.sources or _has_potfiles(project)):
        try:
            fresh = parse_catalogue(extract_project(project)[0])
        except NoSources:
            return findings
        findings += check_template(project.template, fresh)
    return findings


def fix_files(paths: Sequence[Path], profile: StorageProfile | None, project: Project) -> list[Path]:
    """Bring readable catalogues into their stored form, without translations of lost messages; return those changed."""
    template = _template_keys(project)
    fixed = []
    for path in paths:
        try:
            catalogue = load_catalogue(path)
        except CatalogueError:
            continue  # reported by the check itself
        if template is not None:
            catalogue = _without_stale(catalogue, template)
        data = minimize(catalogue, profile) if profile else None
        if data is not None and files.write_if_changed(path, data, check=says_the_same(catalogue)):
            fixed.append(path)
    return fixed


def fix_project(project: Project) -> list[Path]:
    """Bring LINGUAS up to date if it is there and wrong; return it if so."""
    listed = project.listed_languages()
    present = set(project.languages())
    path = project.folder / "LINGUAS"
    if listed is None or listed == present:
        return []
    files.write_atomic(path, with_languages(files.read_text(path), present))
    return [path]


def _without_stale(catalogue: Catalogue, template: frozenset[bytes]) -> Catalogue:
    kept = [(key, row) for key, row in zip(catalogue.keys, catalogue.rows, strict=True) if not key or key in template]
    catalogue.keys, catalogue.rows = [key for key, _ in kept], [row for _, row in kept]
    return catalogue


def _template_keys(project: Project) -> frozenset[bytes] | None:
    """Keys of the messages that exist: of the stored template, else of the sources; None where nothing tells."""
    try:
        if project.template.is_file():
            return frozenset(load_catalogue(project.template).keys)
        if project.sources or _has_potfiles(project):
            return frozenset(parse_catalogue(extract_project(project)[0]).keys)
    except (CatalogueError, NoSources, ProgramMissing):
        return None
    return None


def _has_potfiles(project: Project) -> bool:
    return any((project.folder / name).is_file() for name in ("POTFILES", "POTFILES.in"))
