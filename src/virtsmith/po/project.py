"""A project's catalogues: their directory, files and profile, as ``[tool.virtsmith.po]`` in ``pyproject.toml`` says.

Without a configuration it follows from the directory: ``*.mini.po`` or ``*.po`` files, one template, ``LINGUAS``,
``POTFILES``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from libvirtxml.files import read_text

from virtsmith.errors import InputError
from virtsmith.po.linguas import listed_languages
from virtsmith.po.profile import BUILT_IN, MINI, StorageProfile, read_profile

if TYPE_CHECKING:
    from virtsmith.core.config import ConfigTable

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[_-][A-Za-z0-9]+)*(?:@[A-Za-z0-9]+)?")
MINI_SUFFIX = ".mini.po"


@dataclass(frozen=True, slots=True)
class Project:
    """Where the catalogues of a project are, and how they are stored.

    ``files`` is a file name pattern with ``{language}``; ``template`` may name a file that is not in git. ``sources``
    are globs below ``root``; without them POTFILES decides. ``extraction`` are options of xgettext besides those of the
    project's build files, ``build_directories`` are where else listed sources may be. ``threshold`` is the share of
    translated messages, in percent, below which `pull` leaves a language out.
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
        prefix, _, suffix = self.files.partition("{language}")
        found = {}
        for path in self.directory.glob(f"{prefix}*{suffix}"):
            language = path.name.removeprefix(prefix)[: -len(suffix) or None]
            if _LANGUAGE.fullmatch(language):
                found[language] = path
        return dict(sorted(found.items()))

    def listed_languages(self) -> set[str] | None:
        """The languages in LINGUAS; None if there is no such file."""
        path = self.directory / "LINGUAS"
        if not path.is_file():
            return None
        return listed_languages(read_text(path))


def load_project(start: Path) -> Project:
    """The project around a directory: that of the nearest ``pyproject.toml`` with our table, else the directory itself.

    Raises:
        InputError: a configuration file cannot be read or has an invalid setting.
    """
    start = start.resolve()
    for root in (start, *start.parents):
        path = root / "pyproject.toml"
        if path.is_file() and (settings := _read_settings(path)) is not None:
            return _configured(root, settings)
        if (root / ".git").exists():
            break
    return guess_project(start)


def guess_project(start: Path) -> Project:
    """The project that the files of a directory without a configuration suggest."""
    directory = start / "po" if not _has_catalogues(start) and (start / "po").is_dir() else start
    templates = sorted(directory.glob("*.pot"))
    domain = templates[0].stem if len(templates) == 1 else directory.parent.name
    mini = any(directory.glob(f"*{MINI_SUFFIX}"))
    return Project(
        directory.parent,
        directory,
        domain,
        MINI,
        mini,
        "{language}" + (MINI_SUFFIX if mini else ".po"),
        templates[0] if len(templates) == 1 else directory / f"{domain}.pot",
    )


def _has_catalogues(directory: Path) -> bool:
    return any(directory.glob("*.po"))


def _read_settings(path: Path) -> ConfigTable | None:
    from virtsmith.core.config import ConfigTable  # noqa: PLC0415 - slow to import, and not every project has the file

    table: ConfigTable | None = ConfigTable.parse(read_text(path), str(path))
    for key in ("tool", "virtsmith", "po"):
        table = table.table(key) if table else None
    return table


def _configured(root: Path, settings: ConfigTable) -> Project:
    directory = _inside(root, settings, "directory") or root / "po"
    domain = settings.text("domain") or root.name
    files = settings.text("files") or "{language}.po"
    if files.count("{language}") != 1 or "/" in files or files.count("{") != 1:
        raise settings.error("files", "files must be a file name with one {language}")
    own = {name: read_profile(name, table) for name, table in settings.tables("profiles").items()}
    profiles = {**BUILT_IN, **own}
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
    """The language in the file name of a catalogue; None if there is none."""
    name = path.name.removesuffix(MINI_SUFFIX).removesuffix(".po")
    return name if _LANGUAGE.fullmatch(name) and len(re.split(r"[_@-]", name)[0]) <= 3 else None
