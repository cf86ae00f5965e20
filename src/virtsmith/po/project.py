"""A project's catalogues: which folder, which files, which profile, as ``[tool.virtsmith.po]`` in ``pyproject.toml``.

Without a configuration the folder itself tells: ``*.mini.po`` or ``*.po`` files, one template, ``LINGUAS``,
``POTFILES``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from libvirtxml.files import read_text

from virtsmith.errors import InputError, UsageError
from virtsmith.po.linguas import listed_languages
from virtsmith.po.profile import BUILT_IN, MINI, Profile, find_profile, make_profile

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[_-][A-Za-z0-9]+)*(?:@[A-Za-z0-9]+)?")
_SETTINGS = {
    "folder": str, "domain": str, "profile": str, "files": str, "template": str, "sources": list, "keywords": list,
    "profiles": dict, "platform": dict, "threshold": int,
}  # fmt: skip
MINI_SUFFIX = ".mini.po"


class ProjectError(InputError):
    """A configuration that cannot be used."""


@dataclass(frozen=True, slots=True)
class Project:
    """Where the catalogues of a project are and how they are kept.

    ``files`` is a file name pattern with ``{language}``; ``template`` may name a file that is not in git. ``sources``
    are globs below ``root``; without them POTFILES decides. ``threshold`` is the share of translated messages, in
    percent, below which `pull` leaves a language out.
    """

    root: Path
    folder: Path
    domain: str
    profile: Profile = MINI
    configured: bool = False
    files: str = "{language}.po"
    template: Path = Path()
    sources: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    profiles: dict[str, Profile] = field(default_factory=dict)
    platform: dict[str, Any] = field(default_factory=dict)
    threshold: int = 0

    def catalogue_path(self, language: str) -> Path:
        """Where the catalogue of a language is kept.

        Raises:
            ProjectError: the language is no name that can be part of a file name.
        """
        if not _LANGUAGE.fullmatch(language):
            raise ProjectError(f"not a language name: {language!r}")
        return self.folder / self.files.format(language=language)

    def languages(self) -> dict[str, Path]:
        """The languages that have a catalogue, with its path, sorted."""
        prefix, _, suffix = self.files.partition("{language}")
        found = {}
        for path in self.folder.glob(f"{prefix}*{suffix}"):
            language = path.name.removeprefix(prefix)[: -len(suffix) or None]
            if _LANGUAGE.fullmatch(language):
                found[language] = path
        return dict(sorted(found.items()))

    def listed_languages(self) -> set[str] | None:
        """The languages in LINGUAS, None without such a file."""
        path = self.folder / "LINGUAS"
        if not path.is_file():
            return None
        return listed_languages(read_text(path))


def load_project(start: Path) -> Project:
    """The project around a folder: the nearest ``pyproject.toml`` above it with our table, else the folder itself.

    Raises:
        InputError: a configuration file that cannot be read or has a wrong setting.
    """
    start = start.resolve()
    for root in (start, *start.parents):
        path = root / "pyproject.toml"
        if path.is_file() and (settings := _read_settings(path)) is not None:
            return _configured(root, path, settings)
        if (root / ".git").exists():
            break
    return guess_project(start)


def guess_project(start: Path) -> Project:
    """The project that a folder without a configuration looks like."""
    folder = start / "po" if not _has_catalogues(start) and (start / "po").is_dir() else start
    templates = sorted(folder.glob("*.pot"))
    domain = templates[0].stem if len(templates) == 1 else folder.parent.name
    mini = any(folder.glob(f"*{MINI_SUFFIX}"))
    return Project(
        folder.parent, folder, domain, MINI, mini, "{language}" + (MINI_SUFFIX if mini else ".po"),
        templates[0] if len(templates) == 1 else folder / f"{domain}.pot",
    )  # fmt: skip


def _has_catalogues(folder: Path) -> bool:
    return any(folder.glob("*.po"))


def _read_settings(path: Path) -> dict[str, Any] | None:
    import tomllib  # noqa: PLC0415 - slow to import, and not every folder has the file

    try:
        data = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(f"not valid TOML: {error}", source=str(path)) from error
    tool = data.get("tool", {})
    settings = tool.get("virtsmith", {}).get("po") if isinstance(tool, dict) else None
    if settings is not None and not isinstance(settings, dict):
        raise ProjectError("tool.virtsmith.po must be a table", source=str(path))
    return settings


def _configured(root: Path, path: Path, settings: dict[str, Any]) -> Project:
    for key, value in settings.items():
        kind = _SETTINGS.get(key)
        if kind is None:
            known = ", ".join(sorted(_SETTINGS))
            raise ProjectError(f"tool.virtsmith.po: unknown setting {key}", source=str(path), hint=f"known: {known}")
        if not isinstance(value, kind):
            raise ProjectError(f"tool.virtsmith.po: {key} must be a {kind.__name__}", source=str(path))
    folder = _inside(root, settings.get("folder", "po"), path)
    domain = settings.get("domain", root.name)
    files = settings.get("files", "{language}.po")
    if files.count("{language}") != 1 or "/" in files or files.count("{") != 1:
        raise ProjectError("tool.virtsmith.po: files must be a file name with one {language}", source=str(path))
    try:
        own = {name: make_profile(name, table) for name, table in settings.get("profiles", {}).items()}
        profile = find_profile(settings.get("profile", "mini"), own)
    except UsageError as error:
        raise ProjectError(error.message, source=str(path), hint=error.hint) from error
    return Project(
        root, folder, domain, profile, True, files,
        _inside(root, settings["template"], path) if "template" in settings else folder / f"{domain}.pot",
        tuple(map(str, settings.get("sources", ()))), tuple(map(str, settings.get("keywords", ()))),
        {**BUILT_IN, **own}, settings.get("platform", {}), settings.get("threshold", 0),
    )  # fmt: skip


def _inside(root: Path, name: str, path: Path) -> Path:
    """A configured path, which must stay inside the project."""
    target = (root / name).resolve()
    if not target.is_relative_to(root):
        raise ProjectError(f"{name} is outside the project", source=str(path))
    return target


def language_of(path: Path) -> str | None:
    """The language that a catalogue's file name promises, None if it promises none."""
    name = path.name.removesuffix(MINI_SUFFIX).removesuffix(".po")
    return name if _LANGUAGE.fullmatch(name) and len(re.split(r"[_@-]", name)[0]) <= 3 else None
