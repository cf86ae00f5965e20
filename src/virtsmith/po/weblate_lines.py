"""Lines as Weblate breaks them: it writes with the Translate Toolkit, which has rules of its own, at 77 columns."""

from __future__ import annotations

import re
import unicodedata

from virtsmith.po.linebreak import is_wide
from virtsmith.po.quoting import unwrap

_WIDTH = 77
_BESIDE_NAME = 71  # characters that stay on the line of `msgid`

_INSIDE = "{1,73}"
_WORD = r"[\w!'&.,?=<>%]"
_UNITS = (
    rf"\[[^\]]{_INSIDE}\]",
    rf"\([^)]{_INSIDE}\)",
    rf'\\"[^"]{_INSIDE}\\"',
    r"\s+",
    r"[\w\[\].#-]+/",  # a part of a path; its letters are of ASCII only, see `_UNIT`
    r"\w*\\.\w*",
    rf"{_WORD}+\s+",
    "[，。、]",  # noqa: RUF001 - the signs that are meant
    r"[^\s\w]*\w+[a-zA-Z]-(?=\w+[a-zA-Z])",
    r"""(?<=[\w!"'&.,?])-{2,}(?=\w)""",
)
_UNIT = re.compile("(" + "|".join(_UNITS).replace(r"[\w\[\].#-]", r"[A-Za-z0-9_\[\].#-]") + ")")
"""What stays together; so does whatever is between two of these."""


def break_as_weblate(raw: bytes) -> bytes:
    """Lay out a raw string."""
    flat = unwrap(raw)
    if flat == b'""':
        return flat
    text = "".join(line[1:-1] for line in flat.decode().split("\n"))
    lines = [line for line in re.split(r"(?<=\\n)", text) if line]  # also after the n of an escaped backslash and n
    pieces = [piece for line in lines for piece in _fill(line)]
    if len(lines) > 1 or len(lines[0]) > _BESIDE_NAME:
        pieces.insert(0, "")
    return "\n".join(f'"{piece}"' for piece in pieces).encode()


def _fill(line: str) -> list[str]:
    """A line in pieces that take as many units as there is room for."""
    units = [unit for unit in reversed(_UNIT.split(line)) if unit]
    pieces = []
    while units:
        piece, room = "", _WIDTH
        while units and _columns(units[-1]) <= room:
            room -= _columns(units[-1])
            piece += units.pop()
        if units and (not piece or _columns(units[-1]) > len(units[-1])):
            start, end = _cut(units.pop(), room)
            piece += start
            units += [end] if end else []
        pieces.append(piece)
    return pieces


def _cut(unit: str, room: int) -> tuple[str, str]:
    """The part of a unit that fits; one without wide characters is never cut."""
    if _columns(unit) == len(unit):
        return unit, ""
    end = 0
    while end < len(unit) and _columns(unit[: end + 1]) <= room:
        end += 1
    return unit[:end], unit[end:]


def _columns(text: str) -> int:
    return len(text) if text.isascii() else sum(map(_column, text))


def _column(character: str) -> int:
    if unicodedata.category(character) in _WITHOUT_COLUMN:
        return 0
    return 2 if is_wide(character) else 1


_WITHOUT_COLUMN = {"Mn", "Me", "Mc", "Cf", "Zl", "Zp"}
