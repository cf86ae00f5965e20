"""Rules about the header entry."""

from __future__ import annotations

from collections.abc import Iterator

from libvirtxml.findings import Severity

from virtsmith.po.check.messages import has_plural_messages
from virtsmith.po.check.plural import PluralInvalid, plural_values
from virtsmith.po.check.rules import CheckedFile, Problem, checks, file_check, rule

_EXPECTED = {
    "Project-Id-Version": "PACKAGE VERSION", "PO-Revision-Date": "YEAR-MO-DA HO:MI+ZONE",
    "Last-Translator": "FULL NAME <EMAIL@ADDRESS>", "Language-Team": "LANGUAGE <LL@li.org>", "MIME-Version": None,
    "Content-Type": "text/plain; charset=CHARSET", "Content-Transfer-Encoding": "ENCODING", "Language": "",
}  # fmt: skip
"""The fields that gettext expects, with the value that means "not filled in" (check_header_entry in msgl-check.c)."""


@file_check
@rule(
    "PO102",
    "The header has the usual fields, filled in",
    why="Tools and readers find language, team and charset there.",
    fix="Fill in the field.",
    severity=Severity.WARNING,
)
def header_fields(file: CheckedFile) -> Iterator[Problem]:
    """Yield each field that is missing or not filled in; the profile may leave fields out."""
    if file.catalogue.header_row() is None:
        if file.catalogue.rows:
            yield file.problem("header", "there is no header entry", 1)
        return
    header, line = file.catalogue.header, file.header_line()
    dropped = {name.lower() for name in file.profile.drop_header} if file.profile else set()
    for name, placeholder in _EXPECTED.items():
        if not header.has(name):
            if name.lower() not in dropped:
                yield file.problem(name, f"header field {name} is missing", line)
        elif header.get(name) == placeholder:
            yield file.problem(name, f"header field {name} is not filled in", line)


@file_check
@rule(
    "PO103",
    "The header's language is that of the file name",
    why="Tools that trust the header would file the texts under the wrong language.",
    fix="Set the Language field.",
    severity=Severity.WARNING,
)
def header_language(file: CheckedFile) -> Iterator[Problem]:
    """Yield a problem if the header names another language than the file name."""
    declared = file.catalogue.header.get("Language")
    if file.language and declared and _plain(declared) != _plain(file.language):
        text = f"the header has {declared}, the file name {file.language}"
        yield file.problem("Language", text, file.header_line())


@file_check
@rule(
    "PO104",
    "The catalogue is UTF-8",
    why="Other charsets cannot represent every text, and tools treat them differently.",
    fix="Run `virtsmith po check --fix`.",
    severity=Severity.WARNING,
)
def header_charset(file: CheckedFile) -> Iterator[Problem]:
    """Yield a problem if the header declares another charset."""
    charset = file.catalogue.charset
    if file.catalogue.header_row() is not None and charset.upper() not in ("UTF-8", "UTF8"):
        yield file.problem("Content-Type", f"charset is {charset}", file.header_line())


@file_check
@rule(
    "PO105",
    "The header is not marked fuzzy",
    why="Babel's compiler then skips the whole catalogue: no translation is shown. Templates have the mark, and "
    "copies of them keep it.",
    fix="Remove `fuzzy` from the header's flags.",
    severity=Severity.WARNING,
)
def fuzzy_header(file: CheckedFile) -> Iterator[Problem]:
    """Yield a problem if the header of a catalogue with translations is fuzzy."""
    header = file.catalogue.header_row()
    if header is None or not header.is_fuzzy():
        return
    if not all(row.is_untranslated() for row in file.catalogue.rows if row is not header):
        yield file.problem("header", "the header is marked fuzzy", file.header_line())


@file_check
@checks("PO203")
def plural_expression(file: CheckedFile) -> Iterator[Problem]:
    """Yield a problem if plural forms are used or declared, and their expression is not valid."""
    text = file.catalogue.header.text
    declared = "plural=" in text and "nplurals=" in text
    if declared or has_plural_messages(file.catalogue.rows):
        try:
            plural_values(text)
        except PluralInvalid as error:
            yield file.problem("Plural-Forms", f"Plural-Forms: {error}", file.header_line())


def _plain(language: str) -> str:
    return language.replace("-", "_").lower()
