"""A document in other layouts that mean the same, and a judge of what an edit has changed in the text.

Both know nothing of the library: they take a text apart into tags, text and comments by a regular expression.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import unescape

_PIECE = re.compile(r"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>|<(?:[^\"'>]|\"[^\"]*\"|'[^']*')*>|[^<]+", re.DOTALL)
_ATTRIBUTE = re.compile(r"\s+([^\s=/>]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_NAME = re.compile(r"</?([^\s/>]+)")

Piece = str
Layout = Callable[[str], bytes]


def pieces(text: str) -> list[Piece]:
    """The tags, texts and comments of a document."""
    return _PIECE.findall(text)


def is_tag(piece: Piece) -> bool:
    return piece[0] == "<" and piece[1] not in "!?"


def _map(change: Callable[[Piece], str], applies: Callable[[Piece], bool] = is_tag) -> Callable[[str], str]:
    return lambda text: "".join(change(piece) if applies(piece) else piece for piece in pieces(text))


def _is_value(piece: Piece) -> bool:
    return piece[0] != "<" and not piece.isspace()


def _is_opening(piece: Piece) -> bool:
    return is_tag(piece) and piece[1] != "/"


# --- layouts ----------------------------------------------------------------------------------------------------------


def _requote(quote: str) -> Callable[[Piece], str]:
    def change(match: re.Match[str]) -> str:
        value = match[2] if match[3] is None else match[3]
        return f" {match[1]}={quote}{value.replace(quote, '&quot;' if quote == chr(34) else '&apos;')}{quote}"

    return lambda piece: _ATTRIBUTE.sub(change, piece)


def _alternate(piece: Piece) -> str:
    names = _ATTRIBUTE.findall(piece)
    return _requote('"' if len(names) % 2 else "'")(piece)


def _tabs(text: str) -> str:
    return re.sub(r"(?m)^( {2})+", lambda match: "\t" * (len(match[0]) // 2), text)


def _over_lines(piece: Piece) -> str:
    return _ATTRIBUTE.sub(lambda match: f"\n        {match[0].strip()}", piece)


def _spacious(piece: Piece) -> str:
    wide = _ATTRIBUTE.sub(lambda match: "   " + re.sub(r"\s*=\s*", " = ", match[0].strip(), count=1), piece)
    return wide[:-2] + " />" if wide.endswith("/>") else wide[:-1] + " >"


def _comment_lines(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(
        f"<!-- line {n} -->\n{line}" if n and _starts_element(line) else line for n, line in enumerate(lines)
    )


def _starts_element(line: str) -> bool:
    return line.lstrip().startswith("<") and not line.lstrip().startswith(("</", "<!", "<?"))


def _trailing_comments(text: str) -> str:
    return re.sub(r"(?m)/>$", "/> <!-- after -->", text)


def _comment_in(piece: Piece) -> str:
    half = len(piece) // 2
    return piece if "&" in piece else f"{piece[:half]}<!-- in the value -->{piece[half:]}"


def _numbers(piece: Piece) -> str:
    return piece if "&" in piece else "".join(f"&#{ord(char)};" for char in piece)


def _explicit(piece: Piece) -> str:
    name = _NAME.match(piece)
    assert name is not None
    return f"{piece[:-2]}></{name[1]}>" if piece.endswith("/>") else piece


def _declared(encoding: str = "") -> Callable[[str], str]:
    said = f" encoding='{encoding}'" if encoding else ""
    return lambda text: f'<?xml version="1.0"{said}?>\n<!-- caf\N{LATIN SMALL LETTER E WITH ACUTE} -->\n{text}'


def _plain(text: str) -> str:
    return text


def _layout(*changes: Callable[[str], str], encoding: str = "utf-8", mark: bytes = b"") -> Layout:
    def lay_out(text: str) -> bytes:
        for change in changes:
            text = change(text)
        return mark + text.encode(encoding)

    return lay_out


_ONE_LINE = _map(lambda _: "", str.isspace)
_CRLF: Callable[[str], str] = lambda text: text.replace("\n", "\r\n")  # noqa: E731
_ODD = (_tabs, _map(_alternate), _map(_over_lines), _trailing_comments, _CRLF)

LAYOUTS: dict[str, Layout] = {
    "plain": _layout(_plain),
    "tabs": _layout(_tabs),
    "four spaces": _layout(lambda text: re.sub(r"(?m)^ +", lambda match: match[0] * 2, text)),
    "no indentation": _layout(lambda text: re.sub(r"(?m)^ +", "", text)),
    "one line": _layout(_ONE_LINE),
    "blank lines": _layout(lambda text: text.replace("\n", "\n\n")),
    "crlf": _layout(_CRLF),
    "double quotes": _layout(_map(_requote('"'))),
    "both quotes": _layout(_map(_alternate)),
    "attributes over lines": _layout(_map(_over_lines, _is_opening)),
    "space in tags": _layout(_map(_spacious, _is_opening)),
    "comment lines": _layout(_comment_lines),
    "comments behind": _layout(_trailing_comments),
    "comments in values": _layout(_map(_comment_in, _is_value)),
    "cdata": _layout(_map(lambda piece: piece if "&" in piece else f"<![CDATA[{piece}]]>", _is_value)),
    "character references": _layout(_map(_numbers, _is_value)),
    "explicit end tags": _layout(_map(_explicit)),
    "no last line end": _layout(lambda text: text.rstrip("\n")),
    "declaration": _layout(_declared()),
    "byte order mark": _layout(_declared("UTF-8"), mark=codecs.BOM_UTF8),
    "latin-1": _layout(_declared("ISO-8859-1"), encoding="iso-8859-1"),
    "utf-16 little": _layout(_declared("UTF-16"), encoding="utf-16-le", mark=codecs.BOM_UTF16_LE),
    "utf-16 big": _layout(_declared("UTF-16"), encoding="utf-16-be", mark=codecs.BOM_UTF16_BE),
    "everything": _layout(*_ODD, _declared("UTF-16"), encoding="utf-16-le", mark=codecs.BOM_UTF16_LE),
}


def text_of(data: bytes) -> str:
    """The text of a document in one of the layouts, a byte order mark included."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            return data.decode(encoding)
    return data.decode("iso-8859-1" if b"ISO-8859-1" in data[:60] else "utf-8")


# --- the judge --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Edited:
    """What an edit took out of a text and what it put in: tags with attributes, character data, comments."""

    removed: frozenset[tuple[str, int]]
    added: frozenset[tuple[str, int]]
    removed_text: str
    added_text: str
    comments: frozenset[tuple[str, int]]
    """Comments and declarations that came or went, and not with an element around them."""


def what_changed(old: bytes, new: bytes) -> Edited:
    """What an edit changed, in a form that is the same for all layouts.

    Raises:
        AssertionError: it rewrote a piece without changing what that says, or changed layout alone.
    """
    before, after = text_of(old), text_of(new)
    assert before[:1] == after[:1]
    first, second = pieces(before), pieces(after)
    removed: list[Piece] = []
    added: list[Piece] = []
    comments: Counter[Piece] = Counter()
    for tag, a, b, c, d in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        out, into = _solid(first[a:b]), _solid(second[c:d])
        assert out or into, f"layout alone: {first[a:b]} became {second[c:d]}"
        rewritten = Counter(map(_meaning, out)) & Counter(map(_meaning, into))
        assert not rewritten, f"rewritten without a change: {sorted(rewritten)}"
        assert _edited(out, into, Counter()) != _NOTHING or _loose(out) != _loose(into), f"{out} became {into}"
        removed += out
        added += into
        comments.update([*_loose(out), *_loose(into)])
    return _edited(removed, added, comments)


_NOTHING = Edited(frozenset(), frozenset(), "", "", frozenset())


def replacing(old: str, new: str) -> Edited:
    """The edit that takes some XML out, and puts other XML in."""
    return _edited(pieces(old), pieces(new), Counter())


def _edited(removed: list[Piece], added: list[Piece], comments: Counter[Piece]) -> Edited:
    """Start tags count however they end: one that closed itself may get content."""
    old, new = _tags(removed), _tags(added)
    return Edited(
        frozenset((old - new).items()),
        frozenset((new - old).items()),
        _characters(removed),
        _characters(added),
        frozenset(comments.items()),
    )


def _loose(some: list[Piece]) -> list[Piece]:
    """Comments and declarations that are not in an element."""
    depth = 0
    found = []
    for piece in some:
        if is_tag(piece):
            depth += -1 if piece[1] == "/" else not piece.endswith("/>")
        elif piece.startswith(("<!--", "<?")) and depth <= 0:
            found.append(piece)
    return found


def _solid(some: list[Piece]) -> list[Piece]:
    return [piece for piece in some if not piece.isspace()]


def _meaning(piece: Piece) -> str:
    """What a piece says, however it is written."""
    if not is_tag(piece):
        return piece if piece.startswith(("<!--", "<?")) else f"text {_characters([piece])}"
    name = _NAME.match(piece)
    assert name is not None
    if piece[1] == "/":
        return f"</{name[1]}>"
    values = sorted((key, unescape(first or second)) for key, first, second in _ATTRIBUTE.findall(piece))
    return f"<{name[1]} {values}{'/' * piece.endswith('/>')}>"


def _tags(some: list[Piece]) -> Counter[str]:
    return Counter(_meaning(piece).replace("/>", ">") for piece in some if _is_opening(piece))


def _characters(some: list[Piece]) -> str:
    plain = [
        piece[9:-3] if piece.startswith("<![CDATA[") else unescape(piece)
        for piece in some
        if piece[0] != "<" or piece.startswith("<![CDATA[")
    ]
    return "".join("".join(plain).split())
