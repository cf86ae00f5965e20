"""The header entry: its fields, and its merge with that of the template."""

from __future__ import annotations

import re
from dataclasses import dataclass

from virtsmith.po.quoting import quote, value_of

_CHARSET = re.compile(r"charset=([^ \t\n]+)")
_NPLURALS = re.compile(r"nplurals=[ \t]*(\d{1,3})(?!\d)")

TEMPLATE_DATE = "POT-Creation-Date"
MERGE_ORDER = (
    "Project-Id-Version", "Report-Msgid-Bugs-To", TEMPLATE_DATE, "PO-Revision-Date", "Last-Translator",
    "Language-Team", "Language", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
)  # fmt: skip
"""The order in which msgmerge writes known fields; others follow."""


@dataclass(frozen=True, slots=True)
class Header:
    """The text of a header entry: one ``Name: value`` per line."""

    text: str

    @classmethod
    def of_raw(cls, raw: bytes) -> Header:
        """Read a raw string."""
        return cls(value_of(raw).decode())

    def fields(self) -> list[tuple[str, str]]:
        """Names and values in order; a line without a colon has an empty name."""
        pairs = []
        for line in self.text.split("\n"):
            name, colon, value = line.partition(":")
            if line:
                pairs.append((name, value.strip()) if colon else ("", line))
        return pairs

    def get(self, name: str) -> str:
        """The value of a field (names are compared without regard to case); empty if it is absent."""
        lower = name.lower()
        return next((value for field, value in self.fields() if field.lower() == lower), "")

    def has(self, name: str) -> bool:
        """Whether the field exists, even if it is empty."""
        return any(field.lower() == name.lower() for field, _ in self.fields())

    def without(self, names: frozenset[str]) -> Header:
        """The header without some fields (lower-case names)."""
        kept = [line for line in self.lines() if line.partition(":")[0].lower() not in names]
        return Header("".join(kept))

    def with_field(self, name: str, value: str) -> Header:
        """The header with a field set, in its current position or at the end."""
        line = f"{name}: {value}\n"
        lines = self.lines()
        for index, old in enumerate(lines):
            if old.partition(":")[0].lower() == name.lower():
                lines[index] = line
                return Header("".join(lines))
        return Header("".join([*lines, line]))

    def lines(self) -> list[str]:
        """The lines, each with its line end."""
        return self.text.splitlines(keepends=True)

    @property
    def charset(self) -> str:
        """The declared character set; empty if there is none."""
        match = _CHARSET.search(self.text)
        return match[1] if match else ""

    @property
    def nplurals(self) -> int:
        """The number of plural forms; 2, as msgmerge assumes, if it is not declared."""
        match = _NPLURALS.search(self.get("Plural-Forms"))
        return int(match[1]) if match and int(match[1]) < 100 else 2


def set_utf8(header: Header, *, spelling: bool = False) -> Header:
    """The header with its charset changed to UTF-8 if another is declared, with ``spelling`` also ``utf-8``."""
    declared = header.charset if spelling else header.charset.upper()
    if declared == "UTF-8" or not declared:
        return header
    return Header(_CHARSET.sub("charset=UTF-8", header.text, count=1))


def merge_header(own: Header, template: Header) -> Header:
    """The header of a translation brought up to date with its template, as msgmerge does it.

    Bug address and creation date come from the template, everything else from the translation; known fields come first,
    in msgmerge's order. A missing ``Language`` is added empty: it is not guessed from the team's name.
    """
    known: dict[str, str] = {}
    others = ""
    for line in own.lines():
        whole = line if line.endswith("\n") else line + "\n"
        name = next((n for n in MERGE_ORDER if whole.lower().startswith(n.lower() + ":")), None)
        if name is None:
            others += whole
        else:
            known[name] = whole[len(name) + 1 :]
    known.setdefault("Language", " \n")
    for name in ("Report-Msgid-Bugs-To", TEMPLATE_DATE):
        if f"{name}:" in template.text:
            known[name] = template.text.partition(f"{name}:")[2].partition("\n")[0] + "\n"
    return Header("".join(f"{name}:{known[name]}" for name in MERGE_ORDER if name in known) + others)


def layout_header(header: Header, raws: tuple[bytes, ...]) -> bytes:
    """Write a header as a raw string; lines that one of the given raw strings contains are broken as in that string."""
    known: dict[str, bytes] = {}
    for raw in raws:
        held: list[bytes] = []
        for piece in raw.split(b"\n"):
            held.append(piece)
            if piece.endswith(b'\\n"'):
                pieces = b"\n".join(held).removeprefix(b'""\n')
                known.setdefault(value_of(pieces).decode(), pieces)
                held = []
    lines = header.lines()
    parts = [known.get(line) or quote(line) for line in lines]
    return b"\n".join([b'""', *parts]) if len(lines) > 1 or b"\n" in parts[0] else parts[0]
