r"""Translations in desktop entries, as ``msgfmt --desktop`` puts them: ``Name[de]=Text`` above ``Name=Text``.

Values have escapes: ``\s`` and ``\t`` at the start, ``\n``, ``\r``, ``\\``, and ``\;`` in a value of a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from virtsmith.po.catalogue import Catalogue
from virtsmith.po.errors import CatalogueError
from virtsmith.po.quoting import value_of

KEYS = ("Name", "GenericName", "Comment", "Keywords")
"""The keys whose values are messages."""
_PAIR = re.compile(r"([A-Za-z0-9-]++)(\[[^\]\n]*+\])?+[ \t]*+=[ \t]*+([^\n]*+)")
_GROUP = re.compile(r"\[[^\]\n]*+\][^\n]*+")
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_PLAIN = {"s": " ", "n": "\n", "t": "\t", "r": "\r", ";": "\\;"}
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_AT_START = {" ": "\\s", "\t": "\\t"}
_LISTS = {"Keywords"}


def merge_desktop(template: str, catalogues: Mapping[str, Catalogue]) -> str:
    """The desktop entry with the translations of catalogues, in their order.

    Args:
        template: the entry with untranslated values.
        catalogues: the catalogue of each language.

    Raises:
        CatalogueError: a line is none of an entry.
    """
    texts = {language: _texts(catalogue) for language, catalogue in catalogues.items()}
    lines: list[str] = []
    for number, line in enumerate(template.splitlines(), 1):
        lines += _merged(line, number, texts)
    return "".join(f"{line}\n" for line in lines)


def _merged(line: str, number: int, texts: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """A line of the entry, below the translations of its value."""
    if not line.strip() or line.startswith("#") or _GROUP.fullmatch(line):
        yield line
        return
    match = _PAIR.fullmatch(line)
    if match is None:
        raise CatalogueError("not a line of a desktop entry", line=number)
    key, locale, value = match.groups()
    if key in KEYS and not locale and value:
        for language, known in texts.items():
            translation = known.get(_unescaped(value))
            if translation:
                yield f"{key}[{language}]={_escaped(translation, is_list=key in _LISTS)}"
    yield f"{key}{locale or ''}={value}"


def _texts(catalogue: Catalogue) -> dict[str, str]:
    used = catalogue.by_key()
    rows = ((key, used[key]) for key in catalogue.translated_keys())
    return {key.decode(): value_of(row.translations()[0]).decode() for key, row in rows if not row.msgctxt}


def _unescaped(value: str) -> str:
    return _ESCAPE.sub(lambda match: _PLAIN.get(match[1], match[1]), value)


def _escaped(text: str, *, is_list: bool) -> str:
    start, text = _AT_START.get(text[0], ""), text[text[0] in _AT_START :]
    parts = text.split("\\;") if is_list else [text]  # in a list, an escaped semicolon is part of a value
    return start + "\\;".join("".join(map(_escaped_character, part)) for part in parts)


def _escaped_character(character: str) -> str:
    return _ESCAPES.get(character, character)
