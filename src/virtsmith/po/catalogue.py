"""A catalogue in memory: rows, keys, header; read by the fast path if possible, else by the full parser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from libvirtxml import files

from virtsmith.po import fast
from virtsmith.po.entry import Entry, Row, entry_of
from virtsmith.po.errors import CatalogueError
from virtsmith.po.header import Header

if TYPE_CHECKING:
    from virtsmith.po.reader import Parsed

__all__ = ["Catalogue", "CatalogueError", "load_catalogue", "parse_catalogue", "parse_fully", "parse_versions"]


@dataclass(slots=True)
class Catalogue:
    """Messages as raw rows, with the key of each (`virtsmith.po.entry.Row.key`), in the order of the file.

    ``charset`` is what the header declares; the rows are always UTF-8. ``notes`` say what was corrected on reading.
    ``file_order`` is set if there are obsolete messages between live ones.
    """

    rows: list[Row]
    keys: list[bytes]
    obsolete: list[Row] = field(default_factory=list)
    obsolete_keys: list[bytes] = field(default_factory=list)
    charset: str = "UTF-8"
    source: str | None = None
    notes: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list, repr=False)
    file_order: list[bytes] = field(default_factory=list, repr=False)
    data: bytes = field(default=b"", repr=False)

    @property
    def header(self) -> Header:
        """The header entry's text; empty without a header."""
        row = self.header_row()
        return Header.of_raw(row.msgstr) if row and row.msgstr else Header("")

    def header_row(self) -> Row | None:
        """The header entry; None if there is none."""
        if self.keys and not self.keys[0]:
            return self.rows[0]
        return self.rows[self.keys.index(b"")] if b"" in self.keys else None

    def line_of(self, index: int) -> int:
        """The line of the message id of a row, from 1."""
        if not self.lines:
            self.lines = fast.line_numbers(self.data)
        return self.lines[index]

    def entries(self) -> Iterator[Entry]:
        """The live messages, decoded."""
        for index, row in enumerate(self.rows):
            yield entry_of(row, line=self.line_of(index))

    def by_key(self) -> dict[bytes, Row]:
        """The live rows by their keys."""
        return dict(zip(self.keys, self.rows, strict=True))

    def translated_keys(self) -> list[bytes]:
        """The keys of the messages whose translations programs show."""
        pairs = zip(self.keys, self.rows, strict=True)
        return [key for key, row in pairs if key and not row.is_untranslated() and not row.is_fuzzy()]

    def render(self) -> bytes:
        """The text of the catalogue; its rows are written as they are."""
        parts = [row.render() for row in self.rows] + [row.render_obsolete() for row in self.obsolete]
        return b"\n".join(parts)


def parse_catalogue(data: bytes, source: str | None = None) -> Catalogue:
    """Read a catalogue from bytes.

    Raises:
        CatalogueError: it is not valid; the error names ``source`` and the line.
    """
    return _parse(data, source, None)


def parse_versions(versions: Iterable[bytes], source: str | None = None) -> list[Catalogue]:
    """Read several versions of one catalogue, which share the rows of the messages that they have in common.

    Raises:
        CatalogueError: one is not valid; the error names ``source`` and the line.
    """
    known: fast.Known = {}
    return [_parse(data, source, known) for data in versions]


def _parse(data: bytes, source: str | None, known: fast.Known | None) -> Catalogue:
    found = fast.scan(data, known)
    if found is not None:
        catalogue = Catalogue(found.rows, found.keys, found.obsolete, found.obsolete_keys, source=source, data=data)
        charset = catalogue.header.charset
        catalogue.charset = charset if charset not in ("", "CHARSET") else "UTF-8"
        return catalogue
    return parse_fully(data, source)


def parse_fully(data: bytes, source: str | None = None) -> Catalogue:
    """Read a catalogue by the full parser alone, which shares nothing with the fast path.

    Raises:
        CatalogueError: it is not valid; the error names ``source`` and the line.
    """
    from virtsmith.po import reader  # noqa: PLC0415 - seldom needed, and start-up counts in a git filter

    return _from_parsed(reader.parse(data, source), source)


def load_catalogue(path: Path) -> Catalogue:
    """Read a catalogue from a file.

    Raises:
        InputError: the file cannot be read, or is not a valid catalogue.
    """
    return parse_catalogue(files.read_bytes(path), str(path))


def _from_parsed(parsed: Parsed, source: str | None) -> Catalogue:
    rows = [entry.to_row() for entry in parsed.entries]
    obsolete = [entry.to_row() for entry in parsed.obsolete]
    keys, obsolete_keys = fast.keys_of(rows), fast.keys_of(obsolete)
    lines = [entry.line for entry in parsed.entries]
    placed = zip(lines + [entry.line for entry in parsed.obsolete], keys + obsolete_keys, strict=True)
    charset = parsed.charset if parsed.charset not in ("", "CHARSET") else "UTF-8"
    order = [key for _, key in sorted(placed)]
    return Catalogue(rows, keys, obsolete, obsolete_keys, charset, source, parsed.notes, lines, order)
