"""Which languages a build installs: LINGUAS (words on one line or on several, and comments), or the build files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from libvirtxml.files import read_text

_COMMENT = re.compile(r"#.*")


@dataclass(frozen=True, slots=True)
class LanguageList:
    """The languages that a build installs, and the file that lists them."""

    languages: set[str]
    source: Path

    @property
    def is_linguas(self) -> bool:
        """Whether that file is LINGUAS, and so has nothing but languages."""
        return self.source.name == "LINGUAS"


def read_language_list(directory: Path, root: Path) -> LanguageList | None:
    """The list of the catalogues in a directory: that of Meson, LINGUAS or ``ALL_LINGUAS``; None if there is none.

    Raises:
        InputError: a file cannot be read.
    """
    from virtsmith.po.sources.makevars import read_all_linguas  # noqa: PLC0415 - seldom needed, slow to import
    from virtsmith.po.sources.meson import read_languages  # noqa: PLC0415

    if (named := read_languages(directory, root)) is not None:
        return LanguageList(named, directory / "meson.build")
    path = directory / "LINGUAS"
    if path.is_file():
        return LanguageList(listed_languages(read_text(path)), path)
    if (named := read_all_linguas(root)) is not None:
        return LanguageList(named, root / "configure.ac")
    return None


def listed_languages(text: str) -> set[str]:
    """The languages in the list."""
    return {word for line in text.splitlines() for word in _words(line)}


def _words(line: str) -> list[str]:
    return _COMMENT.sub("", line).split()


def with_languages(text: str, languages: set[str]) -> str:
    """The list with exactly these languages; lines that need no change are kept.

    New ones are added at the end of a line that lists several, else on separate lines in alphabetical order.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    gone = listed_languages(text) - languages
    missing = sorted(languages - listed_languages(text))
    before = text.splitlines(keepends=True)
    lines = [line if gone.isdisjoint(_words(line)) else _without(line, gone) for line in before]
    several = [place for place, line in enumerate(before) if len(_words(line)) > 1]
    if several and missing:
        last = lines[several[-1]]
        end = len(_COMMENT.sub("", last).rstrip())
        lines[several[-1]] = " ".join([*filter(None, [last[:end]]), *missing]) + (last[end:] or newline)
        return "".join(lines)
    lines = [line if line.endswith("\n") or not missing else line + newline for line in lines if line]
    for language in missing:
        place = next((n for n, line in enumerate(lines) if _words(line)[:1] > [language]), len(lines))
        lines.insert(place, f"{language}{newline}")
    return "".join(lines)


def _without(line: str, gone: set[str]) -> str:
    """A line without some languages; empty if it has nothing else."""
    names = "|".join(map(re.escape, gone))
    comment = _COMMENT.search(line)
    start = comment.start() if comment else len(line)
    words, count = line[:start], 1
    while count:  # neighbours share the blanks between them: each time, every other one of them is found
        words, count = re.subn(rf"^\s*(?:{names})(?!\S)[ \t]*|[ \t]+(?:{names})(?!\S)", "", words)
    left = words + line[start:]
    return left if left.strip() else ""
