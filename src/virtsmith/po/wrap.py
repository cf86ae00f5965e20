r"""Raw strings laid out over lines as gettext does it: its ``wrap`` in write-po.c, at page width 79.

A new line begins after each ``\n``; long lines are broken where Unicode's line breaking allows it
(`virtsmith.po.linebreak`), but never inside an escape or a format directive. A text that needs more than one line
begins with an empty one. Versions of gettext follow different versions of Unicode (`virtsmith.po.forms`).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import accumulate

from virtsmith.po.entry import Row
from virtsmith.po.flags import format_languages, parse_flags
from virtsmith.po.forms import DEFAULT_FORM, FORMS
from virtsmith.po.linebreak import break_places, is_wide
from virtsmith.po.quoting import NEWLINE, unwrap

_WIDTH = 77  # columns for a text: 79 without the quotes
_UNPROTECTED = {"perl-brace", "qt", "qt-plural", "kde"}
"""Languages whose directives contain no break opportunity."""

_PRINTF = r"[-+ #0'{flags}]*(?:\*(?:\d+\$)?|\d+)?(?:\.(?:\*(?:\d+\$)?|\d*))?"
_NAME = r"(?:[A-Za-z_][A-Za-z_0-9]*|\d+)"
_FIELD = rf"{_NAME}(?:\.[A-Za-z_][A-Za-z_0-9]*|\[{_NAME}\])*"
_SPEC = r"(?:.?[<>=^])?[-+ ]?\#?0?\d*(?:\.\d+)?[bcdoxXneEfFgG%]?"
_BRACE = re.compile(
    rf"\{{(?:\{{|(?P<field>{_FIELD}(?::(?:\{{{_FIELD}\}}|{_SPEC}))?)\}}|(?P<wrong>(?:{_FIELD}(?:[.\[]|:{_SPEC})?)?))",
    re.DOTALL,
)
_UNIT = re.compile(r"\\.|.", re.DOTALL)
_MACRO = "<PRI[diouxX](?:MAX|PTR|(?:LEAST|FAST)?(?:8|16|32|64))>"
_C = rf"%(?:\d+\$)?{_PRINTF}(?:{_MACRO}|[hlLqjzZt]*[diouxXeEfFgGaAcsCSpnm%{{more}}])"
_DIRECTIVES = {
    "sh": (r"\$(?:[A-Za-z_][A-Za-z_0-9]*|\{[A-Za-z_][A-Za-z_0-9]*\})",),
    "c": (_C.format(flags="", more=""), _C.format(flags="I", more="")),
    "objc": (_C.format(flags="", more="@"), _C.format(flags="I", more="@")),
    "python": (
        r"%(?:\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))?[-+ #0]*(?:\*|\d*)(?:\.(?:\*|\d*))?[hlL]?[%csridouxXeEfgG]",
    ),
}
"""Directives of original and translation; an invalid one ends the search, as in gettext."""

_FORCED_BREAK = re.compile("(?<=[\x85\u2028\u2029])")
_ESCAPE = re.compile(r"\\.")


class _Widths(dict[str, int]):
    """The columns that a character takes, filled on demand."""

    def __missing__(self, character: str) -> int:
        category = unicodedata.category(character)
        if category in ("Mn", "Me", "Cf", "Cc", "Zl", "Zp") or "\u1160" <= character <= "\u11ff":
            width = 0
        else:
            width = 2 if is_wide(character) else 1
        self[character] = width
        return width


_WIDTHS = _Widths()


Places = Callable[[str], list[int]]
"""Where a text may be broken."""


@cache
def places_of(form: str) -> Places:
    """The rules by which a version of gettext breaks lines."""
    unicode = FORMS[form].unicode
    if unicode < _REVISED:
        return break_places
    from virtsmith.po.linebreak_newer import LineBreaks  # noqa: PLC0415 - few projects choose it

    return LineBreaks(unicode).places


_REVISED = 16  # since this version of Unicode, rules look at several characters


def wrapped(row: Row, *, obsolete: bool = False, form: str = DEFAULT_FORM) -> Row:
    """A message with all its texts laid out; unchanged if the language of its format directives is not supported."""
    language = language_of(row.flags)
    if language is None:
        return row
    return row.laid_out(partial(_lay_out, language=language, obsolete=obsolete, form=form))


def wrapped_texts(msgid: bytes, msgstr: bytes, flags: bytes, form: str) -> tuple[bytes, bytes]:
    """The same for the two texts of a message with these flags."""
    language = language_of(flags)
    if language is None:
        return msgid, msgstr
    return wrap(msgid, "msgid", language, form=form), wrap(msgstr, "msgstr", language, form=form)


def _lay_out(raw: bytes, name: str, *, language: str, obsolete: bool, form: str) -> bytes:
    prefix = 3 * (obsolete or name.startswith("#| ")) + (obsolete and name.startswith("#| "))
    return wrap(raw, name.removeprefix("#| "), language, room=_WIDTH - prefix, form=form)


@cache
def language_of(flags: bytes) -> str | None:
    """The language in a line of flags that determines the directives; None if it is not supported."""
    words = parse_flags(flags[2:].decode())
    if "no-wrap" in words:
        return "no-wrap"
    language = next(iter(format_languages(words)), "")
    if not language or language in _UNPROTECTED:
        return ""
    return language if language in _DIRECTIVES or language == "python-brace" else None


def wrap(raw: bytes, name: str, language: str, *, room: int = _WIDTH, form: str = DEFAULT_FORM) -> bytes:
    """Lay out the raw string after ``name``; ``language`` is from `language_of`."""
    if NEWLINE not in raw and len(raw) + len(name) < room and raw.find(b"\\n", 0, -2) < 0:
        return raw
    flat = unwrap(raw)
    if language == "no-wrap" or flat == b'""':
        return flat
    texts = [line[1:-1] for line in flat.removeprefix(b'""\n').decode().split("\n")]
    line, is_translation = _Line(room, places_of(form)), name.startswith("msgstr")
    directives = _directives("".join(texts), language, translated=is_translation) if language else []
    if len(texts) == 1 and len(_pieces(texts[0], len(name) + 1, line, _forbidden(texts[0], 0, directives))) == 1:
        return flat
    parts = ['""']
    offset = 0
    for text in texts:
        parts += [f'"{piece}"' for piece in _pieces(text, 0, line, _forbidden(text, offset, directives))]
        offset += len(text)
    return "\n".join(parts).encode()


@dataclass(frozen=True, slots=True)
class _Line:
    """The columns of a line, and where a text may be broken."""

    room: int
    places: Places


def _pieces(text: str, start: int, line: _Line, forbidden: set[int]) -> list[str]:
    """The parts into which a line that starts at a column is broken."""
    if len(text) + start <= line.room and text.isascii():
        return [text]
    places: list[int] = []
    for segment_start, segment in _segments(text):
        places += _breaks(segment, segment_start, start, line, forbidden)
        start = 0
    return [text[first:last] for first, last in zip([0, *places], [*places, len(text)], strict=True)]


def _segments(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for segment in _FORCED_BREAK.split(text):
        yield at, segment
        at += len(segment)


def _breaks(text: str, offset: int, start: int, line: _Line, forbidden: set[int]) -> list[int]:
    """Where to break a segment so that each line is filled as far as possible."""
    columns: Sequence[int]
    if text.isascii() and text.isprintable():
        columns = range(len(text) + 1)
    else:
        columns = list(accumulate(map(_WIDTHS.__getitem__, text), initial=0))
    if start + columns[-1] <= line.room:
        return []
    places = [place for place in line.places(text) if place + offset not in forbidden]
    ends = [columns[place] for place in places]
    chosen: list[int] = []
    index, base = 0, -start
    while index < len(places) and columns[-1] - base > line.room:
        index = max(bisect_right(ends, base + line.room, index) - 1, index)
        chosen.append(places[index] + offset)
        base = ends[index]
        index += 1
    return chosen


def _forbidden(text: str, offset: int, directives: list[tuple[int, int]]) -> set[int]:
    """Where not to break a line: in escapes, before the final line feed, in directives (offsets in the whole text)."""
    forbidden: set[int] = set()
    if "\\\\" in text:
        forbidden = {match.start() + 1 for match in _ESCAPE.finditer(text)}
    if text.endswith("\\n"):
        forbidden.add(len(text) - 2)
    for start, end in directives:
        forbidden.update(range(start - offset + 1, end - offset))
    return forbidden


def _directives(text: str, language: str, *, translated: bool) -> list[tuple[int, int]]:
    """The spans of the format directives, up to the first invalid one."""
    if language == "python-brace":
        return _brace_span(text) if "{" in text else []
    if "%" not in text and language != "sh":
        return []
    spans: list[tuple[int, int]] = []
    kinds: set[bool] = set()
    for match in _pattern(language, translated=translated).finditer(text):
        directive = match[0]
        if language != "sh" and not directive.endswith(("%", "m")):
            kinds.add("$" in directive or "(" in directive)
        if match["bad"] or len(kinds) > 1:  # numbered, named and other arguments cannot be mixed
            break
        spans.append(match.span())
    return spans


@cache
def _pattern(language: str, *, translated: bool) -> re.Pattern[str]:
    expression = _DIRECTIVES[language][-1 if translated else 0]
    return re.compile(f"{expression}|(?P<bad>{_SHELL_ONLY if language == 'sh' else '%'})", re.DOTALL)


_SHELL_ONLY = r"\$[-0-9*@#?$!{]"
"""What a shell expands and gettext refuses."""


def _brace_span(text: str) -> list[tuple[int, int]]:
    """What gettext keeps together instead of the directives: the first bytes, as many as the shortest one has.

    It marks each directive as if it were at the start; an earlier error there cancels that.
    """
    lengths: list[int] = []
    for match in _BRACE.finditer(text):
        if match["wrong"] is not None:
            lengths = lengths if lengths and len(match[0].encode()) >= min(lengths) else []
            break
        if match["field"]:
            lengths.append(len(match[0].encode()))
    left, end = min(lengths, default=0), 0
    for unit in _UNIT.findall(text):
        if left <= 0:
            break
        left -= 1 if unit.startswith("\\") else len(unit.encode())
        end += len(unit)
    return [(0, end)]
