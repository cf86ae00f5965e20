"""Rules about single messages. A quick look decides for almost all; only what looks odd is decoded and parsed."""

from __future__ import annotations

import re

from libvirtxml.findings import Finding

from virtsmith.po.catalogue import Catalogue
from virtsmith.po.check.formats import format_problems
from virtsmith.po.check.plural import PluralInvalid, plural_values
from virtsmith.po.check.rules import finding
from virtsmith.po.entry import Entry, Row, entry_of
from virtsmith.po.flags import format_languages
from virtsmith.po.header import Header
from virtsmith.po.quoting import NEWLINE

_QUICK_DIRECTIVE = re.compile(rb"%(?:\([^)]*\))?[^%A-Za-z<@]*(?:[hlLqjzZt]*[A-Za-z@%]|<PRI\w*>)?|\{[^}]*\}?|\$\w*")

_QUICK = frozenset(("c", "objc", "python", "python-brace", "perl-brace", "javascript"))
"""The languages whose directives that expression finds."""


def check_messages(catalogue: Catalogue) -> list[Finding]:
    """Line feeds, format strings and plural forms of all messages that are in use (translated, not fuzzy)."""
    findings: list[Finding] = []
    header = catalogue.header
    kinds: dict[bytes, list[str]] = {b"": []}
    forms = _declared_forms(header)
    for index, row in enumerate(catalogue.rows):
        _, _, _, flags, _, _, msgid, msgstr, _, _ = row
        if msgstr == b'""' or flags.startswith(b"#, fuzzy") or not catalogue.keys[index]:
            continue
        languages = kinds.get(flags)
        if languages is None:
            languages = kinds.setdefault(flags, format_languages(tuple(flags[2:-1].decode().replace(",", " ").split())))
        if msgstr and _QUICK.issuperset(languages) and not _looks_odd(msgid, msgstr, with_formats=bool(languages)):
            continue
        findings += _check_message(catalogue, index, languages, header, forms)
    return findings


def check_translation(entry: Entry, header: Header) -> list[str]:
    """What is wrong with one message; empty if it can be used."""
    problems = [message for _, message in _newline_problems(entry)]
    problems += [message for _, message in _plural_problems(entry, _declared_forms(header))]
    return problems + [message for _, message in _format_messages(entry, format_languages(entry.flags), header)]


def _looks_odd(msgid: bytes, msgstr: bytes, *, with_formats: bool) -> bool:
    if NEWLINE in msgid:
        msgid = msgid.replace(b'"\n"', b"")
    if NEWLINE in msgstr:
        msgstr = msgstr.replace(b'"\n"', b"")
    if msgid.startswith(b'"\\n') != msgstr.startswith(b'"\\n') or msgid.endswith(b'\\n"') != msgstr.endswith(b'\\n"'):
        return True
    if msgid.endswith(b'\\\\n"'):
        return True
    return with_formats and _QUICK_DIRECTIVE.findall(msgid) != _QUICK_DIRECTIVE.findall(msgstr)


def _check_message(
    catalogue: Catalogue, index: int, languages: list[str], header: Header, forms: int | None
) -> list[Finding]:
    row = catalogue.rows[index]
    if row.is_untranslated():
        return []
    entry = entry_of(row)
    problems = [("PO201", text) for _, text in _newline_problems(entry)]
    problems += _plural_problems(entry, forms)
    problems += [("PO202", text) for _, text in _format_messages(entry, languages, header)]
    subject = shorten(entry.msgid)
    return [finding(rule, subject, text, catalogue.source, catalogue.line_of(index)) for rule, text in problems]


def _newline_problems(entry: Entry) -> list[tuple[int, str]]:
    problems: list[tuple[int, str]] = []
    texts = [
        (f"msgstr[{n}]" if entry.msgid_plural is not None else "msgstr", text) for n, text in enumerate(entry.msgstr)
    ]
    if entry.msgid_plural is not None:
        texts.insert(0, ("msgid_plural", entry.msgid_plural))
    for index, (name, text) in enumerate(texts):
        if not text and name.startswith("msgstr["):
            continue  # an empty form is a fault of its own
        if text.startswith("\n") != entry.msgid.startswith("\n"):
            problems.append((index, f"msgid and {name} do not both begin with a line feed"))
        if text.endswith("\n") != entry.msgid.endswith("\n"):
            problems.append((index, f"msgid and {name} do not both end with a line feed"))
    return problems


def _plural_problems(entry: Entry, forms: int | None) -> list[tuple[str, str]]:
    if entry.msgid_plural is None:
        return []
    problems = [("PO204", f"plural form {n} is empty") for n, text in enumerate(entry.msgstr) if not text]
    if forms is not None and len(entry.msgstr) != forms:
        problems.append(("PO203", f"{len(entry.msgstr)} plural forms where the header declares {forms}"))
    return problems


def _format_messages(entry: Entry, languages: list[str], header: Header) -> list[tuple[int, str]]:
    plural = entry.msgid_plural is not None
    found = format_problems(entry, languages, header)
    return [(form, f"{f'msgstr[{form}]' if plural else 'msgstr'} {text}") for form, text in found if entry.msgstr[form]]


def _declared_forms(header: Header) -> int | None:
    try:
        return plural_values(header.text)[0]
    except PluralInvalid:
        return None


def has_plural_messages(rows: list[Row]) -> bool:
    """Whether some message in use has plural forms."""
    return any(row.forms and not row.is_untranslated() and not row.is_fuzzy() for row in rows)


def shorten(text: str, width: int = 60) -> str:
    """One line of a text, for messages."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
