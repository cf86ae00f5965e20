"""Where catalogues are in a project that does not say it: as autotools, Meson, Babel, Django, Sphinx and Odoo do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MINI_SUFFIX = ".mini.po"
_BESIDE = ("po", "po-*", "po_*", "i18n", "*/i18n")
"""Directories with a catalogue for each language; several of them are several domains (GIMP, Odoo's modules)."""
_NESTED = ("locale", "locales", "translations", "*/locale", "*/locales", "*/translations", "src/*/locale")
"""Directories with one directory for each language, and LC_MESSAGES in it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A domain: its directory, the pattern of its files below that, and its template if there is one."""

    directory: Path
    domain: str
    files: str
    template: Path | None = None


def find_layouts(start: Path) -> list[Layout]:
    """The domains in a directory, or right below it; where there is none, the directory as one without catalogues."""
    if has_catalogues(start):
        return [_flat(start)]
    found = [_flat(path) for path in _matches(start, _BESIDE) if has_catalogues(path)]
    found += [layout for path in (start, *_matches(start, _NESTED)) for layout in _nested(path)]
    if found:
        return found
    return [_flat(start / "po" if (start / "po").is_dir() else start)]


def has_catalogues(directory: Path) -> bool:
    """Whether there are catalogues right in a directory."""
    return any(directory.glob("*.po"))


def _matches(start: Path, patterns: tuple[str, ...]) -> list[Path]:
    return sorted({path for pattern in patterns for path in start.glob(pattern) if path.is_dir()})


def _flat(directory: Path) -> Layout:
    templates = sorted(directory.glob("*.pot"))
    template = templates[0] if len(templates) == 1 else None
    domain = template.stem if template else _built_domain(directory) or directory.parent.name
    suffix = MINI_SUFFIX if any(directory.glob(f"*{MINI_SUFFIX}")) else ".po"
    return Layout(directory, domain, "{language}" + suffix, template)


def _nested(directory: Path) -> Iterator[Layout]:
    paths = directory.glob("*/LC_MESSAGES/**/*.po")
    names = {path.relative_to(directory).as_posix().partition("/LC_MESSAGES/")[2] for path in paths}
    for name in sorted(names):
        domain = name.removesuffix(".po").removesuffix(".mini")
        template = next(
            (path for path in (directory / f"{domain}.pot", *_sphinx(directory, domain)) if path.is_file()), None
        )
        yield Layout(directory, domain, f"{{language}}/LC_MESSAGES/{name}", template)


def _sphinx(directory: Path, domain: str) -> list[Path]:
    """Where Sphinx and sphinx-intl have the template of a page."""
    return [directory / "pot" / f"{domain}.pot", directory.parent / "_build" / "gettext" / f"{domain}.pot"]


def root_of(directory: Path) -> Path:
    """The project that catalogues belong to: the nearest directory above them with build files, else the next one."""
    for place in directory.parents:
        if any((place / name).is_file() for name in _BUILD_FILES) or _is_meson_project(place / "meson.build"):
            return place
        if (place / ".git").exists():
            break
    return directory.parent


_BUILD_FILES = (
    "configure.ac",
    "configure.in",
    "setup.cfg",
    "setup.py",
    "pyproject.toml",
    "babel.cfg",
    "CMakeLists.txt",
)


def _is_meson_project(path: Path) -> bool:
    return path.is_file() and re.search(rb"^\s*project\s*\(", path.read_bytes(), re.MULTILINE) is not None


def _built_domain(directory: Path) -> str:
    """The domain that a build file in the directory names; empty if none does."""
    from virtsmith.po.sources.makevars import read_domain  # noqa: PLC0415 - seldom needed, slow to import
    from virtsmith.po.sources.meson import read_meson  # noqa: PLC0415

    root = root_of(directory)
    settings = read_meson(directory, root)
    return settings.last("--package-name") if settings else read_domain(directory, root)
