"""Rules about the header entry."""

from __future__ import annotations

from libvirtxml.findings import Finding

from virtsmith.po.catalogue import Catalogue
from virtsmith.po.check.messages import has_plural_messages
from virtsmith.po.check.plural import PluralInvalid, plural_values
from virtsmith.po.check.rules import finding

_EXPECTED = {
    "Project-Id-Version": "PACKAGE VERSION", "PO-Revision-Date": "YEAR-MO-DA HO:MI+ZONE",
    "Last-Translator": "FULL NAME <EMAIL@ADDRESS>", "Language-Team": "LANGUAGE <LL@li.org>", "MIME-Version": None,
    "Content-Type": "text/plain; charset=CHARSET", "Content-Transfer-Encoding": "ENCODING", "Language": "",
}  # fmt: skip
"""The fields that gettext asks for, with the value that means "not filled in" (check_header_entry in msgl-check.c)."""


def check_header(
    catalogue: Catalogue, *, language: str | None = None, dropped: frozenset[str] = frozenset()
) -> list[Finding]:
    """Fields, language, charset, mark and plural expression.

    ``language`` is what the file name promises; ``dropped`` are fields (lower case) that the profile leaves out.
    """
    row = catalogue.header_row()
    line = catalogue.line_of(catalogue.keys.index(b"")) if row else None
    if row is None:
        missing = (
            [finding("PO102", "header", "there is no header entry", catalogue.source, 1)] if catalogue.rows else []
        )
        return missing + _plural(catalogue, 1)
    header = catalogue.header
    findings = []
    for name, placeholder in _EXPECTED.items():
        if not header.has(name):
            if name.lower() not in dropped:
                findings.append(finding("PO102", name, f"header field {name} is missing", catalogue.source, line))
        elif header.get(name) == placeholder:
            findings.append(finding("PO102", name, f"header field {name} is not filled in", catalogue.source, line))
    declared = header.get("Language")
    if language and declared and _plain(declared) != _plain(language):
        text = f"the header says {declared}, the file name {language}"
        findings.append(finding("PO103", "Language", text, catalogue.source, line))
    if catalogue.charset.upper() not in ("UTF-8", "UTF8"):
        findings.append(finding("PO104", "Content-Type", f"charset is {catalogue.charset}", catalogue.source, line))
    if row.is_fuzzy() and not all(item.is_untranslated() for item in catalogue.rows if item is not row):
        findings.append(finding("PO105", "header", "the header is marked fuzzy", catalogue.source, line))
    return findings + _plural(catalogue, line)


def _plural(catalogue: Catalogue, line: int | None) -> list[Finding]:
    header = catalogue.header
    declares = "plural=" in header.text and "nplurals=" in header.text
    if not declares and not has_plural_messages(catalogue.rows):
        return []
    try:
        plural_values(header.text)
    except PluralInvalid as error:
        return [finding("PO203", "Plural-Forms", f"Plural-Forms: {error}", catalogue.source, line)]
    return []


def _plain(language: str) -> str:
    return language.replace("-", "_").lower()
