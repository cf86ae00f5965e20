"""Rules about single messages. A quick look clears almost all of them; the rest is decoded and parsed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from libvirtxml.findings import Finding

from virtsmith.po.catalogue import Catalogue
from virtsmith.po.check.formats import format_problems
from virtsmith.po.check.plural import PluralInvalid, plural_values
from virtsmith.po.check.rules import Problem, rule
from virtsmith.po.entry import Entry, Row, entry_of
from virtsmith.po.flags import format_languages
from virtsmith.po.header import Header
from virtsmith.po.quoting import NEWLINE

_QUICK_DIRECTIVE = re.compile(rb"%(?:\([^()]*+\))?[^%A-Za-z<@]*(?:[hlLqjzZt]*[A-Za-z@%]|<PRI\w*>)?|\{[^}]*\}?|\$\w*")

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
        if not row.is_untranslated():
            line = catalogue.line_of(index)
            findings += _check(CheckedMessage(entry_of(row), languages, header, forms, catalogue.source, line))
    return findings


def check_translation(entry: Entry, header: Header) -> list[str]:
    """The problems of one message; empty if it can be used."""
    message = CheckedMessage(entry, format_languages(entry.flags), header, _declared_forms(header))
    return [finding.message for finding in _check(message)]


@dataclass(frozen=True, slots=True)
class CheckedMessage:
    """A message to check, with the languages of its format strings, and the header with its number of plural forms."""

    entry: Entry
    languages: list[str]
    header: Header
    forms: int | None
    source: str | None = None
    line: int | None = None

    def problem(self, message: str) -> Problem:
        """A problem of the message."""
        return Problem(shorten(self.entry.msgid), message, self.source, self.line)


def _check(message: CheckedMessage) -> list[Finding]:
    return [finding for check in MESSAGE_CHECKS for finding in check(message)]


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


@rule(
    "PO201",
    "Original and translation both begin and end with a line feed, or neither does",
    why="Output lines would run together or be split.",
    fix="Add or remove the \\n.",
)
def line_feeds(message: CheckedMessage) -> Iterator[Problem]:
    """Yield each text that differs from the message id in its first or last line feed."""
    entry, plural = message.entry, message.entry.msgid_plural is not None
    texts = [(f"msgstr[{number}]" if plural else "msgstr", text) for number, text in enumerate(entry.msgstr) if text]
    if entry.msgid_plural is not None:
        texts.insert(0, ("msgid_plural", entry.msgid_plural))
    for name, text in texts:
        if text.startswith("\n") != entry.msgid.startswith("\n"):
            yield message.problem(f"msgid and {name} do not both begin with a line feed")
        if text.endswith("\n") != entry.msgid.endswith("\n"):
            yield message.problem(f"msgid and {name} do not both end with a line feed")


@rule(
    "PO204",
    "Every plural form has a text",
    why="Users would see an empty text.",
    fix="Translate the missing form, or empty the first one too.",
)
def empty_forms(message: CheckedMessage) -> Iterator[Problem]:
    """Yield each empty plural form of a translated message."""
    if message.entry.msgid_plural is not None:
        for number, text in enumerate(message.entry.msgstr):
            if not text:
                yield message.problem(f"plural form {number} is empty")


@rule(
    "PO203",
    "Plural forms match the header",
    why="The C library has no text for a missing form.",
    fix="Set Plural-Forms and translate exactly that many forms.",
)
def number_of_forms(message: CheckedMessage) -> Iterator[Problem]:
    """Yield a problem if a message has another number of plural forms than the header declares."""
    forms = len(message.entry.msgstr)
    if message.entry.msgid_plural is not None and message.forms is not None and forms != message.forms:
        yield message.problem(f"{forms} plural forms where the header declares {message.forms}")


@rule(
    "PO202",
    "The translation takes the arguments of the original",
    why="A wrong argument prints nonsense or crashes the program.",
    fix="Use the directives of the original.",
)
def format_arguments(message: CheckedMessage) -> Iterator[Problem]:
    """Yield each translation whose format string is not valid or takes other arguments."""
    plural = message.entry.msgid_plural is not None
    for form, text in format_problems(message.entry, message.languages, message.header):
        if message.entry.msgstr[form]:
            yield message.problem(f"{f'msgstr[{form}]' if plural else 'msgstr'} {text}")


MESSAGE_CHECKS: list[Callable[[CheckedMessage], list[Finding]]] = [
    line_feeds, empty_forms, number_of_forms, format_arguments,
]  # fmt: skip
"""The checks of each translated message that a quick look does not clear."""


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
