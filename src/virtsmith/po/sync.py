"""Push the template to translators and pull their work: all or nothing, and without invalid strings."""

from __future__ import annotations

from dataclasses import dataclass, field

from libvirtxml import files

from virtsmith.core.progress import SILENT, Progress
from virtsmith.po.catalogue import Catalogue, load_catalogue, parse_catalogue
from virtsmith.po.check.levels import CheckChoices
from virtsmith.po.check.messages import check_translation
from virtsmith.po.check.rules import CheckedFile
from virtsmith.po.check.style import chosen_errors
from virtsmith.po.entry import entry_of
from virtsmith.po.extract import NoMessages, NoSources, extract_project
from virtsmith.po.minimize import DroppedCounts, lost_drafts, minimize
from virtsmith.po.platforms.interface import Platform
from virtsmith.po.project import Project
from virtsmith.po.proof import is_readable
from virtsmith.po.stats import measure
from virtsmith.po.trust import Loss, refuse_doubtful, require_trusted


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
    """The result of a pull: content by language in its stored form, rejected translations, languages left out.

    ``lost`` has the keys of stored translations that would be removed, by language, and ``dropped`` the numbers of
    stored drafts (fuzzy and obsolete messages).
    """

    catalogues: dict[str, bytes]
    rejected: tuple[Rejected, ...]
    skipped: tuple[str, ...]
    lost: dict[str, tuple[bytes, ...]] = field(default_factory=dict)
    losses: tuple[Loss, ...] = ()
    dropped: dict[str, DroppedCounts] = field(default_factory=dict)

    def require_trusted(self) -> None:
        """Refuse a pull in which a language would lose more than a few percent of its translations.

        Raises:
            DoubtfulLoss: a language would; the message has the figures.
        """
        refuse_doubtful("the platform lacks", self.losses)


def current_template(project: Project, *, skip_missing: bool = False) -> bytes:
    """The template extracted from the sources; the stored one if the project does not name its sources.

    ``skip_missing`` ignores listed sources that do not exist.

    Raises:
        InputError: there are neither sources nor a template.
    """
    try:
        return extract_project(project, skip_missing=skip_missing).data
    except NoSources:
        if not project.template.is_file():
            raise
        return files.read_bytes(project.template)


@dataclass(frozen=True, slots=True)
class Pushed:
    """A template that was sent, or would be: its number of messages, and the platform's answer."""

    messages: int
    answer: str = ""


def push(
    project: Project,
    platform: Platform,
    *,
    dry_run: bool = False,
    accept_loss: bool = False,
    skip_missing: bool = False,
    progress: Progress = SILENT,
) -> Pushed:
    """Extract the template from the sources and send it to the translation platform.

    Args:
        project: the project.
        platform: its platform; see `virtsmith.po.select_platform`.
        dry_run: send nothing.
        accept_loss: send a template even if it lost so much that it is likely wrong.
        skip_missing: ignore listed sources that do not exist.
        progress: reports the steps.

    Raises:
        InputError: there are no sources and no template, or the sources have no message.
        DoubtfulLoss: the template lost too much to be trusted.
        PlatformFailed: the platform does not accept it.
    """
    progress.start("extracting")
    template = current_template(project, skip_missing=skip_missing)
    progress.done()
    keys = frozenset(parse_catalogue(template, str(project.template)).keys) - {b""}
    if not keys:
        raise NoMessages("the template has no message", source=str(project.template))
    if not accept_loss:
        require_trusted(keys, project)
    return Pushed(len(keys), "" if dry_run else platform.push_template(template, progress))


def pull(project: Project, platform: Platform, *, progress: Progress = SILENT) -> PullResult:
    """Fetch all languages, leave out invalid strings, and bring the rest into the stored form; nothing is written.

    Languages with fewer translations than the project's threshold are skipped, unless they are already stored.

    Raises:
        PlatformFailed: the download is incomplete.
        CatalogueError: a downloaded or stored catalogue cannot be read; it is never overwritten then.
    """
    downloaded = platform.pull(progress)
    stored = project.languages()
    catalogues: dict[str, bytes] = {}
    rejected: list[Rejected] = []
    skipped: list[str] = []
    lost: dict[str, tuple[bytes, ...]] = {}
    losses: list[Loss] = []
    dropped: dict[str, DroppedCounts] = {}
    progress.start("checking", len(downloaded))
    for language, data in sorted(downloaded.items()):
        project.catalogue_path(language)  # refuses invalid names
        catalogue = parse_catalogue(data, language)
        progress.step(detail=language)
        if language not in stored and measure(language, catalogue).percent < project.threshold:
            skipped.append(language)
            continue
        old = _load_stored(project, language)
        rejected += _leave_out_bad(language, catalogue, old, project.checks)
        catalogues[language] = minimize(catalogue, project.profile)
        before, after = old.translated_keys(), frozenset(catalogue.translated_keys())
        lost[language] = tuple(key for key in before if key not in after)
        losses.append(Loss(f"translations into {language}", len(before), len(lost[language])))
        dropped[language] = lost_drafts(old, parse_catalogue(catalogues[language]))
    progress.done()
    return PullResult(catalogues, tuple(rejected), tuple(skipped), lost, tuple(losses), dropped)


def _load_stored(project: Project, language: str) -> Catalogue:
    """The stored catalogue; an empty one if there is none."""
    path = project.catalogue_path(language)
    return load_catalogue(path) if path.is_file() else Catalogue([], [])


def write_pulled(project: Project, pulled: PullResult, *, accept_loss: bool = False) -> list[str]:
    """Write the result of a pull; return the languages whose files changed. Empty languages get no new file.

    Raises:
        DoubtfulLoss: a language would lose so much that it is likely a mistake, and ``accept_loss`` is not set.
    """
    if not accept_loss:
        pulled.require_trusted()
    changed = []
    for language, data in pulled.catalogues.items():
        path = project.catalogue_path(language)
        is_empty = len(parse_catalogue(data).keys) <= 1
        if (path.is_file() or not is_empty) and files.write_if_changed(path, data, check=is_readable):
            changed.append(language)
    return changed


def _leave_out_bad(language: str, catalogue: Catalogue, stored: Catalogue, choices: CheckChoices) -> list[Rejected]:
    """Remove invalid translations; a valid stored translation is kept instead of an invalid one."""
    usable = set(stored.translated_keys())
    before = stored.by_key()
    rejected: list[Rejected] = []
    header = catalogue.header
    kept = []
    chosen = chosen_errors(CheckedFile(catalogue, catalogue.data, language=language, choices=choices))
    for place, (key, row) in enumerate(zip(catalogue.keys, catalogue.rows, strict=True)):
        problems = [chosen[place]] if place in chosen else []
        if key and not row.is_untranslated() and not row.is_fuzzy():
            problems += check_translation(entry_of(row), header)
        if problems:
            rejected.append(Rejected(language, entry_of(row).msgid, problems[0]))
            if key in usable and not check_translation(entry_of(before[key]), header):
                kept.append((key, before[key]))
        else:
            kept.append((key, row))
    catalogue.keys, catalogue.rows = [key for key, _ in kept], [row for _, row in kept]
    catalogue.lines = []
    return rejected
