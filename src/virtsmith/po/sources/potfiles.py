"""POTFILES: the files with messages, in the formats of gettext, Meson and intltool."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from libvirtxml import files

from virtsmith.errors import InputError

_TYPE = re.compile(r"\[\s*+(\w++)\s*+:\s*+([^\]]*+)\]\s*+")
_PLACEHOLDER = re.compile(r"^@(?:SRCDIR|BUILDDIR|top_srcdir|top_builddir)@/?")
_LANGUAGES = {"gettext/glade": "Glade", "gettext/gsettings": "GSettings", "gettext/scheme": "Scheme"}
"""xgettext's names for the types of intltool that it reads in the same way."""
_BY_NAME = {"gettext/xml", "gettext/keys", "gettext/ini", "gettext/quoted"}
"""Types that xgettext recognises by the file's name and its ITS rules."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file with messages: its name in references, where it is, and its language for xgettext (empty: by name)."""

    name: str
    path: Path
    language: str = ""


@dataclass(frozen=True, slots=True)
class SourceList:
    """The files with messages, and the names of listed files that do not exist."""

    found: tuple[SourceFile, ...]
    missing: tuple[str, ...] = ()
    source: str = ""

    def require(self) -> None:
        """Raise an error if files are missing.

        Raises:
            InputError: files are missing; the error names them.
        """
        if self.missing:
            names = ", ".join(self.missing[:8]) + (", …" if len(self.missing) > 8 else "")
            raise InputError(
                f"no such source: {names}",
                source=self.source,
                hint="generated files are searched in build-directories of [tool.virtsmith.po]; --skip-missing "
                "ignores them",
            )


def find_potfiles(directory: Path) -> Path | None:
    """The list in a directory of catalogues; ``POTFILES.in`` takes precedence over what a build generated from it."""
    return next((path for name in ("POTFILES.in", "POTFILES") if (path := directory / name).is_file()), None)


def read_potfiles(path: Path, root: Path, directories: Sequence[Path] = ()) -> SourceList:
    """The files that a list names, each once.

    Args:
        path: the list.
        root: the directory that names are relative to; nothing outside it and ``directories`` is read.
        directories: other directories with files, such as build directories.

    Raises:
        InputError: the list cannot be read, has a type of intltool that gettext does not read, or names a file outside
            the project.
    """
    found: dict[str, SourceFile] = {}
    missing: dict[str, None] = {}
    for number, line in enumerate(files.read_text(path).splitlines(), 1):
        name, language = _parse(line.partition("#")[0].strip().rstrip("\\").strip(), path, number)
        if not name:
            continue
        try:
            source = _find(name, [root, *directories])
            is_outside = source is None and _is_outside(name, root)
        except (OSError, ValueError) as error:
            raise InputError(f"not the name of a file: {name!r}", source=str(path), line=number) from error
        if source is not None:
            found.setdefault(name, SourceFile(name, source, language))
        elif is_outside:
            raise InputError(f"no such source: {name} is outside the project", source=str(path), line=number)
        else:
            missing[name] = None
    return SourceList(tuple(found.values()), tuple(missing), str(path))


def read_skipped(directory: Path) -> frozenset[str]:
    """The names in ``POTFILES.skip``: files to ignore."""
    path = directory / "POTFILES.skip"
    lines = files.read_text(path).splitlines() if path.is_file() else []
    return frozenset(line.partition("#")[0].strip() for line in lines) - {""}


def from_globs(root: Path, patterns: Iterable[str], skipped: frozenset[str]) -> SourceList:
    """The files below a directory that match globs, sorted, without skipped ones."""
    paths = {path for pattern in patterns for path in matching(root, pattern) if path.is_file()}
    names = sorted(path.relative_to(root).as_posix() for path in paths)
    return SourceList(tuple(SourceFile(name, root / name) for name in names if name not in skipped))


def _parse(text: str, path: Path, number: int) -> tuple[str, str]:
    """The name on a line, and the language that its type means."""
    language = ""
    while match := _TYPE.match(text):
        text = text[match.end() :]
        kind = match[2].rstrip()
        if match[1] == "type" and kind not in _BY_NAME:
            if kind not in _LANGUAGES:
                raise InputError(f"type {kind} is not one that gettext reads", source=str(path), line=number)
            language = _LANGUAGES[kind]
    return _PLACEHOLDER.sub("", text), language


def _find(name: str, directories: Sequence[Path]) -> Path | None:
    for directory in directories:
        path = (directory / name).resolve()
        if path.is_file() and path.is_relative_to(directory.resolve()):
            return path
    return None


def _is_outside(name: str, root: Path) -> bool:
    return not (root / name).resolve().is_relative_to(root.resolve())


def matching(root: Path, pattern: str) -> list[Path]:
    """The files below a directory that a pattern names.

    Raises:
        InputError: it is not a pattern of files below a directory.
    """
    try:
        return list(root.glob(pattern))
    except (ValueError, NotImplementedError, OSError) as error:
        raise InputError(f"not a pattern of files below {root}: {pattern!r}") from error
