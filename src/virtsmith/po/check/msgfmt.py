"""gettext's own check, for the format languages that only it knows."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache

from libvirtxml.findings import Finding, Severity

from virtsmith.core.run import find_program, run
from virtsmith.po.catalogue import Catalogue
from virtsmith.po.check.formats import LANGUAGES
from virtsmith.po.check.messages import shorten
from virtsmith.po.check.rules import Problem, checks, rule
from virtsmith.po.entry import Row, entry_of
from virtsmith.po.flags import format_flags, format_languages, parse_flags

_MESSAGE = re.compile(r"^[^:\n]*+:(\d+): (.*)$", re.MULTILINE)
_LINE_FEEDS = "do not both"
"""Part of msgfmt's errors about line feeds, which PO201 checks."""
_HEADER = b'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'


def check_with_msgfmt(catalogue: Catalogue) -> list[Finding]:
    """Check the format strings of the languages that only gettext knows."""
    foreign = _foreign_flags(catalogue)
    if not foreign:
        return []
    names = {name for flags in foreign.values() for name in _languages_of(flags)}
    known = names & known_languages()
    return formats_of_msgfmt(catalogue, foreign, known) + unchecked_formats(catalogue, names - known)


@checks("PO202")
def formats_of_msgfmt(catalogue: Catalogue, foreign: dict[int, bytes], known: set[str]) -> Iterator[Problem]:
    """Yield what ``msgfmt -c`` reports about format strings in known languages."""
    for index, text in _faults(catalogue, foreign, known):
        yield Problem(_subject(catalogue, index), text, catalogue.source, catalogue.line_of(index))


@rule(
    "PO205",
    "Every format string can be checked",
    why="What is not checked may be wrong.",
    fix="Install gettext, in a version whose msgfmt knows this language.",
    severity=Severity.NOTE,
)
def unchecked_formats(catalogue: Catalogue, languages: set[str]) -> Iterator[Problem]:
    """Yield each language whose format strings nothing on this machine can check."""
    reason = "the installed msgfmt does not know them" if find_program("msgfmt") else "msgfmt is not installed"
    for name in sorted(languages):
        yield Problem(name, f"{name} format strings are not checked: {reason}", catalogue.source)


@cache
def known_languages() -> frozenset[str]:
    """The other format languages that the installed gettext knows: those whose flags it keeps."""
    if find_program("msgcat") is None or find_program("msgfmt") is None:
        return frozenset()
    blocks = b"".join(b'\n#, %b-format\nmsgid "%b"\nmsgstr ""\n' % (name.encode(), name.encode()) for name in _FOREIGN)
    kept = run(["msgcat", "-"], stdin=_HEADER + blocks, env=_environment()).text
    return frozenset(name for name in _FOREIGN if f"#, {name}-format\n" in kept)


_FOREIGN = (
    "awk",
    "boost",
    "c++",
    "csharp",
    "d",
    "elisp",
    "gcc-internal",
    "gfc-internal",
    "go",
    "java",
    "java-printf",
    "kde",
    "kde-kuit",
    "librep",
    "lisp",
    "modula2",
    "object-pascal",
    "ocaml",
    "perl",
    "php",
    "qt-plural",
    "ruby",
    "rust",
    "scheme",
    "smalltalk",
    "tcl",
    "typescript",
    "ycp",
)
"""The format languages of gettext up to 1.0 that are left to it."""


def _foreign_flags(catalogue: Catalogue) -> dict[int, bytes]:
    """The flags of messages in use with a language that is not checked here, by index."""
    lines = {row.flags for row in catalogue.rows if b"-format" in row.flags}
    foreign = {line for line in lines if _languages_of(line)}
    return {
        index: row.flags
        for index, row in enumerate(catalogue.rows)
        if row.flags in foreign and catalogue.keys[index] and not row.is_fuzzy() and not row.is_untranslated()
    }


def _subject(catalogue: Catalogue, index: int) -> str:
    return shorten(entry_of(catalogue.rows[index]).msgid)


def _languages_of(flags: bytes) -> set[str]:
    return set(format_languages(parse_flags(flags[2:].decode()))) - set(LANGUAGES)


def _faults(catalogue: Catalogue, foreign: dict[int, bytes], known: set[str]) -> list[tuple[int, str]]:
    """Messages and msgfmt's errors about them; it gets only these messages, without other flags."""
    chosen = [index for index, flags in foreign.items() if _languages_of(flags) & known]
    if not chosen:
        return []
    header = catalogue.header_row()
    data = header._replace(flags=b"").render() if header else _HEADER
    starts = []
    for index in chosen:
        starts.append(data.count(b"\n") + 2)
        data += b"\n" + _with_languages(catalogue.rows[index], known).render()
    done = run(["msgfmt", "-c", "-o", "/dev/null", "-"], stdin=data, env=_environment(), allow=(0, 1))
    found = [(bisect_right(starts, int(line)) - 1, text) for line, text in _MESSAGE.findall(done.stderr_text)]
    return [(chosen[place], text) for place, text in found if place >= 0 and _LINE_FEEDS not in text]


def _with_languages(row: Row, known: set[str]) -> Row:
    flags = parse_flags(row.flags[2:].decode())
    kept = [flag for flag in flags if flag.startswith("range:") or flag.removesuffix("-format") in known]
    return row._replace(comments=b"", extracted=b"", locations=b"", previous=b"", flags=format_flags(tuple(kept)))


def _environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": ""}
