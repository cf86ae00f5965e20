"""A project's catalogues: their directory, files and profile, as ``[tool.virtsmith.po]`` in ``pyproject.toml`` says.

Without a configuration it follows from the directory: ``*.mini.po`` or ``*.po`` files, one template, ``LINGUAS``,
``POTFILES``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from libvirtxml.files import read_text

from virtsmith.errors import InputError, UsageError
from virtsmith.po.check.choices import read_choices
from virtsmith.po.check.levels import CheckChoices
from virtsmith.po.forms import DEFAULT_FORM, FORMS
from virtsmith.po.layouts import MINI_SUFFIX, Layout, find_layouts, has_catalogues, root_of
from virtsmith.po.linguas import LanguageList, read_language_list
from virtsmith.po.profile import BUILT_IN, MINI, StorageProfile, read_profile

if TYPE_CHECKING:
    from virtsmith.core.config import ConfigTable

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[_-][A-Za-z0-9]+)*(?:@[A-Za-z0-9]+)?")


@dataclass(frozen=True, slots=True)
class Project:
    """Where the catalogues of a project are, and how they are stored.

    ``files`` is a pattern with ``{language}``, below ``directory``; ``template`` may name a file that is not in git.
    ``sources`` are globs below ``root``; without them POTFILES decides. ``extraction`` are options of xgettext besides
    those of the project's build files, ``build_directories`` are where else listed sources may be. ``threshold`` is the
    share of translated messages, in percent, below which `pull` leaves a language out. ``checks`` is what the project
    chooses about the rules of `check`, ``form`` whose line breaks and compiled catalogues it wants
    (`virtsmith.po.forms.FORMS`).
    """

    root: Path
    directory: Path
    domain: str
    profile: StorageProfile = MINI
    configured: bool = False
    files: str = "{language}.po"
    template: Path = Path()
    sources: tuple[str, ...] = ()
    extraction: tuple[str, ...] = ()
    build_directories: tuple[str, ...] = ()
    profiles: dict[str, StorageProfile] = field(default_factory=dict)
    platform: ConfigTable | None = None
    threshold: int = 0
    checks: CheckChoices = field(default_factory=CheckChoices)
    form: str = DEFAULT_FORM

    def catalogue_path(self, language: str) -> Path:
        """The path of the catalogue of a language.

        Raises:
            InputError: the language cannot be part of a file name.
        """
        if not _LANGUAGE.fullmatch(language):
            raise InputError(f"not a language name: {language!r}")
        return self.directory / self.files.format(language=language)

    def languages(self) -> dict[str, Path]:
        """The languages with a catalogue, with its path, sorted."""
        pattern = re.compile(re.escape(self.files).replace(re.escape("{language}"), "([^/]+)"))
        found = {}
        for path in self.directory.glob(self.files.replace("{language}", "*")):
            match = pattern.fullmatch(path.relative_to(self.directory).as_posix())
            if match and _LANGUAGE.fullmatch(match[1]):
                found[match[1]] = path
        return dict(sorted(found.items()))

    def installed_languages(self) -> dict[str, Path]:
        """The languages that a build installs: those that it lists, all without a list.

        Raises:
            InputError: a listed language has no catalogue, or there is no catalogue at all.
        """
        found, listed = self.languages(), self.language_list()
        if not found:
            raise InputError("no catalogues found", source=str(self.directory), hint="name the directory that has them")
        if listed is None:
            return found
        if missing := sorted(listed.languages - found.keys()):
            raise InputError(f"listed without a catalogue: {', '.join(missing)}", source=str(listed.source))
        return {language: path for language, path in found.items() if language in listed.languages}

    def chosen_languages(self, names: Collection[str]) -> dict[str, Path]:
        """The catalogues of some languages, of those that a build installs if none is named.

        Raises:
            UsageError: a language has no catalogue.
            InputError: as `installed_languages`.
        """
        found = self.languages() if names else self.installed_languages()
        for name in names:
            if name not in found:
                raise UsageError(f"no catalogue for {name} in {self.directory}")
        return {name: found[name] for name in names or found}

    def language_list(self) -> LanguageList | None:
        """The languages that the project's build installs; None if it does not list them.

        Raises:
            InputError: a file cannot be read.
        """
        return read_language_list(self.directory, self.root)


def load_projects(start: Path) -> list[Project]:
    """The projects that a directory means, one for each message domain.

    The nearest ``pyproject.toml`` with our table says which there are. A directory of catalogues that it does not name
    is a project of its own, with the same storage profile; one above several means them all. Without such a file, the
    directories themselves show it.

    Raises:
        InputError: a configuration file cannot be read or has an invalid setting.
    """
    start = start.resolve()
    for root in (start, *start.parents):
        path = root / "pyproject.toml"
        if path.is_file() and (settings := _read_settings(path)) is not None:
            return _meant(start, _configured(root, settings))
        if (root / ".git").exists():
            break
    return guess_projects(start)


def load_project(start: Path) -> Project:
    """The one project that a directory means; see `load_projects`.

    Raises:
        InputError: as there; or it means several.
    """
    return only_project(load_projects(start))


def only_project(projects: list[Project]) -> Project:
    """The project of a list of one.

    Raises:
        InputError: there are several.
    """
    if len(projects) > 1:
        names = ", ".join(f"{project.domain} ({project.directory})" for project in projects)
        raise InputError(f"several domains: {names}", hint="name the directory of one")
    return projects[0]


def _meant(start: Path, projects: list[Project]) -> list[Project]:
    around = [project for project in projects if start.is_relative_to(project.directory)]
    below = [project for project in projects if project.directory.is_relative_to(start)]
    known = {path.parent for project in around for path in project.languages().values()}
    has_others = has_catalogues(start) and start not in known
    if (around or below) and not (has_others and not below):
        return below or around
    if not has_others:
        return projects
    first = projects[0]
    own = guess_project(start)
    return [
        replace(
            own,
            root=first.root,
            profile=first.profile,
            profiles=first.profiles,
            checks=first.checks,
            form=first.form,
            configured=True,
        )
    ]


def guess_projects(start: Path) -> list[Project]:
    """The projects that a directory without a configuration looks like."""
    return [_of_layout(layout) for layout in find_layouts(start)]


def guess_project(start: Path) -> Project:
    """The project of one directory without a configuration.

    Raises:
        InputError: it has several domains.
    """
    return only_project(guess_projects(start))


def _of_layout(layout: Layout) -> Project:
    mini = layout.files.endswith(MINI_SUFFIX)
    template = layout.template or layout.directory / f"{layout.domain}.pot"
    return Project(root_of(layout.directory), layout.directory, layout.domain, MINI, mini, layout.files, template)


def _read_settings(path: Path) -> ConfigTable | None:
    from virtsmith.core.config import ConfigTable  # noqa: PLC0415 - slow to import, and not every project has the file

    table: ConfigTable | None = ConfigTable.parse(read_text(path), str(path))
    for key in ("tool", "virtsmith", "po"):
        table = table.table(key) if table else None
    return table


def _configured(root: Path, settings: ConfigTable) -> list[Project]:
    own = {name: read_profile(name, table) for name, table in settings.tables("profiles").items()}
    profiles = {**BUILT_IN, **own}
    if not settings.is_kind("domain", list):
        return [_project(root, settings, profiles)]
    shared = [key for key in settings if key not in ("domain", "profiles")]
    tables = [table.over(settings, shared) for table in settings.items("domain")]
    return [_project(root, table, profiles, "name") for table in tables]


def _project(root: Path, settings: ConfigTable, profiles: dict[str, StorageProfile], name: str = "domain") -> Project:
    domain = settings.text(name) or root.name
    files = (settings.text("files") or "{language}.po").replace("{domain}", domain)
    parts = files.split("/")
    if files.count("{language}") != 1 or files.count("{") != 1 or not {"", ".."}.isdisjoint(parts):
        raise settings.error("files", "files must be a path below the directory with one {language}")
    if not files.endswith(".po"):
        raise settings.error("files", "files must end with .po")
    form = settings.text("gettext", choices=FORMS) or DEFAULT_FORM
    profiles = {key: replace(profile, form=form) for key, profile in profiles.items()}
    directory = _inside(root, settings, "directory") or (root if len(parts) > 1 else root / "po")
    project = Project(
        root,
        directory,
        domain,
        profiles[settings.text("profile", choices=profiles) or MINI.name],
        True,
        files,
        _inside(root, settings, "template") or directory / f"{domain}.pot",
        settings.texts("sources"),
        tuple(_extraction_options(settings)),
        settings.texts("build-directories"),
        profiles,
        settings.table("platform"),
        settings.number("threshold", 0, 100) or 0,
        read_choices(settings),
        form,
    )
    settings.finish()
    return project


_LISTS = {"keywords": "--keyword", "flags": "--flag", "comment-tags": "--add-comments"}
_TEXTS = {"bugs-address": "--msgid-bugs-address", "package": "--package-name", "version": "--package-version"}


def _extraction_options(settings: ConfigTable) -> Iterator[str]:
    """The settings that say how to extract, as options of xgettext."""
    for key, option in _LISTS.items():
        yield from (f"{option}={text}" for text in settings.texts(key))
    for key, option in _TEXTS.items():
        if text := settings.text(key):
            yield f"{option}={text}"


def _inside(root: Path, settings: ConfigTable, key: str) -> Path | None:
    """A configured path, which must be inside the project; None if it is not configured."""
    name = settings.text(key)
    if name is None:
        return None
    target = (root / name).resolve()
    if not target.is_relative_to(root):
        raise settings.error(key, f"{name} is outside the project")
    return target


def language_of(path: Path) -> str | None:
    """The language that a catalogue's path promises, None if it promises none."""
    if path.parent.name == "LC_MESSAGES":
        return path.parent.parent.name
    name = path.name.removesuffix(MINI_SUFFIX).removesuffix(".po")
    return name if _LANGUAGE.fullmatch(name) and len(re.split(r"[_@-]", name)[0]) <= 3 else None
