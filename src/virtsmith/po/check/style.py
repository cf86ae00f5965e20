"""Rules that go beyond gettext. Those in `CHOSEN` apply only in a project that chooses a level for them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

from libvirtxml.findings import Finding, Severity

from virtsmith.po.check.cldr import differing_counts
from virtsmith.po.check.messages import shorten
from virtsmith.po.check.plural import PluralInvalid
from virtsmith.po.check.rules import CheckedFile, Problem, file_check, rule
from virtsmith.po.entry import Entry, entry_of

_DEBRIS = "#-#-#-#-#"
"""How ``msgcat`` begins the line that it puts between different texts of one message."""
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][\w:.-]*)(?:\s[^<>]*)?(?<!/)(?P<empty>/?)>")
_BARE_AMPERSAND = re.compile(r"&(?!(?:[A-Za-z][A-Za-z0-9]*|#[0-9]+|#x[0-9A-Fa-f]+);)")


@file_check
@rule(
    "PO106",
    "Plural-Forms are those of the language",
    why="Some numbers would be shown with a wrong form.",
    fix="Use the plural forms that the Unicode CLDR lists, or switch the rule off if the team decided otherwise.",
    severity=Severity.NOTE,
)
def plural_forms_of_language(file: CheckedFile) -> Iterator[Problem]:
    """Yield a pair of numbers that should share a plural form and do not, or the other way round."""
    header = file.catalogue.header
    language = header.get("Language").replace("-", "_") or file.language or ""
    try:
        found = differing_counts(header.text, language) if header.has("Plural-Forms") else None
    except PluralInvalid:
        return  # PO105
    if found:
        one, other, together = found
        text = "have one form by CLDR, and two here" if together else "have one form here, and two by CLDR"
        yield file.problem("Plural-Forms", f"{one} and {other} {text}", file.header_line())


@file_check
@rule(
    "PO206",
    "No translation has the marks that msgcat puts between several texts",
    why="Users would see the marks, and all texts.",
    fix="Choose one text and remove the others with their marks.",
    severity=Severity.WARNING,
)
def joined_texts(file: CheckedFile) -> Iterator[Problem]:
    """Yield each translation, also the header, with such a mark."""
    for message in _used(file) if _DEBRIS.encode() in file.data else ():
        if any(_DEBRIS in text for text in message.entry.msgstr):
            yield message.problem("texts are joined by msgcat's marks")


class _Message(NamedTuple):
    """A translated message of a file."""

    file: CheckedFile
    entry: Entry
    place: int

    def problem(self, text: str) -> Problem:
        subject = shorten(self.entry.msgid) or "header"
        return self.file.problem(subject, text, self.file.catalogue.line_of(self.place))

    def pairs(self) -> Iterator[tuple[str, str]]:
        """The original of each form, with its translation; that of all but the first form is the plural."""
        for form, text in enumerate(self.entry.msgstr):
            yield (self.entry.msgid_plural if form and self.entry.msgid_plural is not None else self.entry.msgid), text


def _used(file: CheckedFile) -> Iterator[_Message]:
    for index, row in enumerate(file.catalogue.rows):
        if not row.is_untranslated() and not row.is_fuzzy():
            yield _Message(file, entry_of(row), index)


MessageCheck = Callable[[_Message], list[Finding]]


@rule(
    "PO207",
    "The translation has the markup of the original (if chosen)",
    why="A missing tag or a bare & can keep the whole text from being shown.",
    fix="Use the tags of the original, and write & as &amp;.",
    severity=Severity.WARNING,
)
def markup(message: _Message) -> Iterator[Problem]:
    """Yield each form with other tags than the original, if those are balanced, or with an & that begins no entity."""
    for original, text in message.pairs():
        tags = _tags(original)
        if tags and _is_balanced(original) and _tags(text) != tags:
            yield message.problem(f"tags differ: {_listed(tags)} in the original, {_listed(_tags(text))} here")
        elif tags and _is_balanced(original) and not _is_balanced(text):
            yield message.problem("tags are not closed in order")
        has_markup = (tags and _is_balanced(original)) or re.search("&[a-z]+;", original)
        if has_markup and not _BARE_AMPERSAND.search(original) and _BARE_AMPERSAND.search(text):
            yield message.problem("an & that begins no entity")


def _tags(text: str) -> Counter[str]:
    return Counter(f"{match['end']}{match['name']}{match['empty']}" for match in _TAG.finditer(text))


def _listed(tags: Counter[str]) -> str:
    return " ".join(f"<{name}>" for name in sorted(tags.elements())) or "none"


def _is_balanced(text: str) -> bool:
    opened: list[str] = []
    for match in _TAG.finditer(text):
        if match["end"]:
            if not opened or opened.pop() != match["name"]:
                return False
        elif not match["empty"]:
            opened.append(match["name"])
    return not opened


@rule(
    "PO208",
    "The translation begins and ends with the blanks of the original (if chosen)",
    why="Texts that a program puts together would run into each other.",
    fix="Begin and end with the same blanks.",
    severity=Severity.WARNING,
)
def blanks(message: _Message) -> Iterator[Problem]:
    """Yield each form whose blanks at the beginning or the end are not those of the original."""
    for original, text in message.pairs():
        own, expected = text.strip(" \t"), original.strip(" \t")
        if own and expected and text.partition(own)[::2] != original.partition(expected)[::2]:
            yield message.problem("other blanks at the beginning or the end than in the original")


@rule(
    "PO209",
    "The translation has as many accelerators as the original (if chosen)",
    why="A missing one takes a key away from the user, an additional one is shown as a sign.",
    fix="Mark one letter, after the text in parentheses where the script has no such letters.",
    severity=Severity.WARNING,
)
def accelerators(message: _Message) -> Iterator[Problem]:
    """Yield each form with another number of accelerators than the original."""
    sign = message.file.choices.accelerator
    for original, text in message.pairs():
        expected, found = _count_accelerators(original, sign), _count_accelerators(text, sign)
        if expected <= 1 and expected != found:
            yield message.problem(f"{found} accelerators where the original has {expected}")


def _count_accelerators(text: str, sign: str) -> int:
    """The number of signs before a letter or digit; a doubled one is a plain character."""
    parts = text.split(sign)
    pairs = enumerate(pairwise(parts))
    return sum(after[:1].isalnum() and (not place or before != "") for place, (before, after) in pairs)


CHOSEN: dict[str, MessageCheck] = {"PO207": markup, "PO208": blanks, "PO209": accelerators}
"""The rules about single messages that a project chooses."""


@file_check
def check_style(file: CheckedFile) -> list[Finding]:
    """The rules about messages that the project has chosen."""
    return [finding for _, finding in _chosen(file)]


def chosen_errors(file: CheckedFile) -> dict[int, str]:
    """What the project chose to be an error: the problem of each message that has one, by its index."""
    return {place: finding.message for place, finding in _chosen(file) if file.choices.is_error(finding)}


def _chosen(file: CheckedFile) -> Iterator[tuple[int, Finding]]:
    checks = [check for name, check in CHOSEN.items() if file.choices.levels.get(name)]
    for message in _used(file) if checks else ():
        if message.entry.msgid:
            yield from ((message.place, finding) for check in checks for finding in check(message))
