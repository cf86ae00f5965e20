"""Push the template to translators, pull their work: everything or nothing, and no bad string."""

from __future__ import annotations

from dataclasses import dataclass

from libvirtxml import files

from virtsmith.core.progress import SILENT, Progress
from virtsmith.po.catalogue import Catalogue, parse_catalogue
from virtsmith.po.check.messages import check_translation
from virtsmith.po.entry import entry_of
from virtsmith.po.extract import NoSources, extract_project
from virtsmith.po.minimize import minimize
from virtsmith.po.platforms.interface import Platform
from virtsmith.po.project import Project
from virtsmith.po.proof import is_readable
from virtsmith.po.stats import measure


@dataclass(frozen=True, slots=True)
class Rejected:
    """A translation that was left out, and why."""

    language: str
    msgid: str
    reason: str

    def to_dict(self) -> dict[str, str]:
        """As JSON data."""
        return {"language": self.language, "msgid": self.msgid, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class PullResult:
    """What a pull brought: content by language as it is to be stored, what was refused, languages left out."""

    catalogues: dict[str, bytes]
    rejected: tuple[Rejected, ...]
    skipped: tuple[str, ...]


def current_template(project: Project) -> bytes:
    """The template made from the sources now; the stored one where nothing says which sources there are.

    Raises:
        InputError: there is neither.
    """
    try:
        return extract_project(project)[0]
    except NoSources:
        if not project.template.is_file():
            raise
        return files.read_bytes(project.template)


@dataclass(frozen=True, slots=True)
class Pushed:
    """A template that was sent, or would be: how many messages it has, and what the platform said."""

    messages: int
    answer: str = ""


def push(project: Project, platform: Platform, *, dry_run: bool = False, progress: Progress = SILENT) -> Pushed:
    """Make the template from the sources and send it to the translation platform.

    Args:
        project: the project.
        platform: its platform; see `virtsmith.po.select_platform`.
        dry_run: send nothing.
        progress: is told what is done.

    Raises:
        InputError: there are no sources and no template.
        PlatformFailed: the platform does not take it.
    """
    progress.start("extracting")
    template = current_template(project)
    progress.done()
    count = sum(1 for key in parse_catalogue(template, str(project.template)).keys if key)
    return Pushed(count, "" if dry_run else platform.push_template(template, progress))


def pull(project: Project, platform: Platform, *, progress: Progress = SILENT) -> PullResult:
    """Fetch all languages, leave out bad strings, and bring the rest into the stored form; nothing is written.

    Languages of which less than the project's threshold is translated are skipped, unless they are already stored.

    Raises:
        PlatformFailed: not everything arrived.
        CatalogueError: a catalogue that cannot be read.
    """
    downloaded = platform.pull(progress)
    stored = project.languages()
    catalogues: dict[str, bytes] = {}
    rejected: list[Rejected] = []
    skipped: list[str] = []
    progress.start("checking", len(downloaded))
    for language, data in sorted(downloaded.items()):
        project.catalogue_path(language)  # refuses names that are no languages
        catalogue = parse_catalogue(data, language)
        progress.step(detail=language)
        if language not in stored and measure(language, catalogue).percent < project.threshold:
            skipped.append(language)
            continue
        rejected += _leave_out_bad(language, catalogue)
        catalogues[language] = minimize(catalogue, project.profile)
    progress.done()
    return PullResult(catalogues, tuple(rejected), tuple(skipped))


def write_pulled(project: Project, pulled: PullResult) -> list[str]:
    """Write what came; return the languages whose files changed. Languages without a message get no new file."""
    changed = []
    for language, data in pulled.catalogues.items():
        path = project.catalogue_path(language)
        is_empty = len(parse_catalogue(data).keys) <= 1
        if (path.is_file() or not is_empty) and files.write_if_changed(path, data, check=is_readable):
            changed.append(language)
    return changed


def _leave_out_bad(language: str, catalogue: Catalogue) -> list[Rejected]:
    rejected: list[Rejected] = []
    header = catalogue.header
    kept = []
    for key, row in zip(catalogue.keys, catalogue.rows, strict=True):
        problems = []
        if key and not row.is_untranslated() and not row.is_fuzzy():
            problems = check_translation(entry_of(row), header)
        if problems:
            rejected.append(Rejected(language, entry_of(row).msgid, problems[0]))
        else:
            kept.append((key, row))
    catalogue.keys, catalogue.rows = [key for key, _ in kept], [row for _, row in kept]
    catalogue.lines = []
    return rejected
