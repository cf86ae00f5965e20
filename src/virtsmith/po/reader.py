"""The full parser: everything that the PO format allows, with errors that name the line.

Follows gettext 0.21 (po-lex.c, po-gram-gen.y, read-catalog-abstract.c): tokens may be anywhere on a line, comments
belong to the next message regardless of blank lines between, and the last of several ``#,`` lines is used.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import NoReturn

from virtsmith.po.entry import Entry
from virtsmith.po.errors import CatalogueError
from virtsmith.po.flags import parse_flags


@dataclass(slots=True)
class Parsed:
    """The result of the full parser: live and obsolete messages in the order of the file, and the declared charset."""

    entries: list[Entry] = field(default_factory=list)
    obsolete: list[Entry] = field(default_factory=list)
    charset: str = ""
    notes: list[str] = field(default_factory=list)


_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\f\v]+) | (?P<comment>\#.*) | "(?P<string>(?:[^"\\]|\\.)*)" | (?P<word>[A-Za-z_$][A-Za-z_$0-9]*)
      | (?P<number>[0-9]+) | (?P<bracket>[\[\]]) | (?P<junk>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:([ntbrfva\\\"])|([0-7]{1,3})|x([0-9A-Fa-f]+)|(.?))", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "b": "\b", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "\\": "\\", '"': '"'}
_CHARSET = re.compile(rb"charset=([A-Za-z0-9_.:+-]+)")
_CONFLICT = re.compile(r"(<{7}|={7}|>{7}|\|{7})(?: |$)")
_SOLARIS = re.compile(r" [Ff]ile:[ \t]*+([^ \t].*),[ \t]*+line[ \t]*+(?:number[ \t]*+)?:[0-9]++[ \t]*+$")
_NOT_ASCII_LIKE = {
    "unicode-escape",
    "raw-unicode-escape",
    "punycode",
    "idna",
    "utf-7",
    "utf-16",
    "utf-32",
    "mbcs",
    "oem",
}
_BOM = b"\xef\xbb\xbf"


def parse(data: bytes, source: str | None = None) -> Parsed:
    """Read a catalogue in any layout.

    Raises:
        CatalogueError: it is not valid, its bytes are not in its character set, or a message is defined twice.
    """
    notes = []
    if data.startswith(_BOM):
        data = data[len(_BOM) :]
        notes.append("byte-order mark dropped")
    guess = _CHARSET.search(data)
    declared = guess[1].decode() if guess else ""
    result = _parse_as(data, declared, source)
    actual = header_charset(result)
    if actual != declared:  # the word occurred before the header
        result = _parse_as(data, actual, source)
    result.charset, result.notes = actual, notes
    _refuse_duplicates(result, source)
    return result


def header_charset(parsed: Parsed) -> str:
    """The character set that the header entry declares; empty if there is none."""
    for entry in parsed.entries:
        if not entry.msgid and entry.msgctxt is None:
            match = _CHARSET.search(entry.msgstr[0].encode(errors="replace"))
            return match[1].decode() if match else ""
    return ""


def _parse_as(data: bytes, charset: str, source: str | None) -> Parsed:
    text = _decode(data, charset, source)
    parser = _Parser(source, "UTF-8" if charset in ("", "CHARSET") else charset)
    for number, line in _logical_lines(text):
        parser.read_line(number, line)
    parser.finish()
    return parser.parsed


def _decode(data: bytes, charset: str, source: str | None) -> str:
    name = "UTF-8" if charset in ("", "CHARSET") or charset.upper() in ("ASCII", "US-ASCII") else charset
    try:
        info = codecs.lookup(name)
        if info.name in _NOT_ASCII_LIKE or b"msgid".decode(name) != "msgid":
            raise LookupError  # noqa: TRY301 - the same answer as for an unknown name
        return data.decode(name)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = "set the right charset in the header's Content-Type" if charset else "declare a charset in the header"
        raise CatalogueError(f"not valid {name}", source=source, line=line, hint=hint) from error
    except (LookupError, UnicodeError, ValueError) as error:
        raise CatalogueError(f"unknown character set {charset}", source=source) from error


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Numbered lines; a backslash at the end of a line joins it with the next one, as in gettext."""
    lines: list[tuple[int, str]] = []
    pending, start = "", 0
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        start = start or number
        if line.endswith("\\"):
            pending += line[:-1]
            continue
        lines.append((start, pending + line))
        pending, start = "", 0
    if pending:
        lines.append((start, pending + "\\"))
    return lines


@dataclass(slots=True)
class _Draft:
    """A message under construction: comments first, then texts by keyword."""

    comments: list[str] = field(default_factory=list)
    extracted: list[str] = field(default_factory=list)
    locations: list[str] = field(default_factory=list)
    flags: tuple[str, ...] = ()
    texts: dict[str, list[str]] = field(default_factory=dict)
    previous: dict[str, list[str]] = field(default_factory=dict)
    obsolete: bool = False
    line: int = 0


_ORDER = {"msgctxt": 0, "msgid": 1, "msgid_plural": 2, "msgstr": 3}


class _Parser:
    """Builds messages from lines; a message ends before the next one or a comment, or at the end of the file."""

    def __init__(self, source: str | None, charset: str) -> None:
        self.parsed = Parsed()
        self._source, self._charset = source, charset
        self._draft = _Draft()
        self._target: list[str] | None = None  # where a string token is added
        self._bracket = ""  # the tokens after msgstr: "", "[", "[N"
        self._line = 0
        self._obsolete = self._previous = False

    def read_line(self, number: int, line: str) -> None:
        """Read one line."""
        self._line = number
        if _CONFLICT.match(line):
            self._fail(
                "merge conflict marker", hint="resolve the conflict; `virtsmith po git-setup` avoids most of them"
            )
        self._obsolete = self._previous = False
        line = self._strip_markers(line)
        for match in _TOKEN.finditer(line):
            kind = match.lastgroup or ""
            if kind == "space":
                continue
            if kind == "comment":
                rest = self._strip_markers(match[0])
                if rest.startswith("#"):
                    self._read_comment(rest[1:])
                elif rest:
                    self._fail("commented-out text inside a line")
                continue
            self._read_token(kind, match[kind])

    def finish(self) -> None:
        """Complete the last message at the end of the file. Comments after it belong to no message and are dropped."""
        self._line += 1
        self._complete()

    def _strip_markers(self, line: str) -> str:
        start = line.lstrip(" \t\r\f\v")
        if start.startswith("#~"):
            self._obsolete, start = True, start[2:]
            if start.startswith("|"):
                self._previous, start = True, start[1:]
            return start
        if start.startswith("#|"):
            self._previous = True
            return start[2:]
        return line

    def _read_comment(self, text: str) -> None:
        self._complete()
        draft = self._draft
        if draft.texts:
            self._fail("comment inside a message")
        if text.startswith("."):
            draft.extracted.append(text[1:].removeprefix(" "))
        elif text.startswith(":"):
            draft.locations.extend([text[1:].strip()] if text[1:].strip() else [])
        elif text.startswith((",", "!")):
            draft.flags = parse_flags(text[1:])
        elif match := _SOLARIS.match(text):
            name = match[1].rstrip(" \t")
            draft.locations.append(f"{name}:{text.rsplit(':', 1)[1].strip()}")
        else:
            draft.comments.append(text.removeprefix(" "))

    def _read_token(self, kind: str, text: str) -> None:
        if kind == "string":
            self._read_string(text)
        elif kind == "word":
            self._read_keyword(text)
        elif kind == "bracket" and text == "[" and self._bracket == "msgstr":
            self._bracket = "["
        elif kind == "number" and self._bracket == "[":
            self._bracket = f"[{int(text[:9])}"
        elif kind == "bracket" and text == "]" and self._bracket[1:].isdigit():
            self._start_form(int(self._bracket[1:]))
        elif text == '"':
            self._fail("end of line within a string")
        else:
            self._fail(f"unexpected {text!r}")

    def _read_keyword(self, word: str) -> None:
        self._bracket = ""
        if word == "domain" and not self._previous:
            self._fail("domain directives are not supported", hint="use one catalogue file for each domain")
        if word not in _ORDER or (self._previous and word == "msgstr"):
            self._fail(f"unknown keyword {word!r}")
        if self._previous:
            self._complete()
            self._start_text(self._draft.previous, word)
            return
        if word in ("msgctxt", "msgid") and not self._awaits(word):
            self._complete()
        if not self._draft.texts:
            self._draft.obsolete = self._obsolete
        if word == "msgid":
            self._draft.line = self._line
        if word == "msgstr":
            self._require("msgid")
            self._bracket, self._target = "msgstr", None
            return
        if word == "msgid_plural":
            self._require("msgid")
        self._start_text(self._draft.texts, word)

    def _awaits(self, word: str) -> bool:
        return word == "msgid" and list(self._draft.texts) == ["msgctxt"]

    def _require(self, word: str) -> None:
        if word not in self._draft.texts:
            self._fail(f"missing {word} before this")

    def _start_text(self, texts: dict[str, list[str]], name: str) -> None:
        if name in texts:
            self._fail(f"second {name} in one message")
        last = next(reversed(texts), name)  # texts are in order: none comes after it
        if _ORDER[name.partition("[")[0]] < _ORDER[last.partition("[")[0]]:
            self._fail(f"{name} in the wrong place")
        self._target = texts.setdefault(name, [])

    def _start_form(self, number: int) -> None:
        self._bracket = ""
        last = next(reversed(self._draft.texts), "")  # forms are numbered in turn
        expected = int(last[len("msgstr[") : -1]) + 1 if last.startswith("msgstr[") else 0
        if "msgid_plural" not in self._draft.texts:
            self._fail("missing msgid_plural before this")
        if number != expected:
            self._fail(f"plural form {number} where {expected} is expected")
        self._start_text(self._draft.texts, f"msgstr[{number}]")

    def _read_string(self, text: str) -> None:
        if self._bracket == "msgstr":
            self._bracket = ""
            if "msgid_plural" in self._draft.texts:
                self._fail("msgstr without a number in a message with plural forms")
            self._start_text(self._draft.texts, "msgstr")
        if self._target is None or self._bracket:
            self._fail("string without a keyword")
        if self._draft.texts and self._obsolete != self._draft.obsolete:
            self._fail("inconsistent use of #~")
        self._target.append(_ESCAPE.sub(self._unescape, text))

    def _unescape(self, match: re.Match[str]) -> str:
        simple, octal, hexadecimal, other = match.groups()
        if simple:
            return _SIMPLE[simple]
        if other is not None and not (octal or hexadecimal):
            self._fail(f"invalid escape \\{other}")
        code = int(octal, 8) if octal else int(hexadecimal, 16)
        if not code & 0xFF:
            self._fail("NUL character in a text")
        byte = code & 0xFF
        return chr(byte) if byte < 0x80 else chr(0xDC00 + byte)  # joined with its neighbours when the text is complete

    def _complete(self) -> None:
        draft = self._draft
        self._target, bracket, self._bracket = None, self._bracket, ""
        if not draft.texts:
            return
        if bracket:
            self._fail("msgstr without a string")
        if "msgid" not in draft.texts:
            self._fail("msgctxt without a msgid")
        forms = [name for name in draft.texts if name.startswith("msgstr")]
        if not forms:
            self._fail("missing msgstr", line=draft.line)
        entry = self._build(draft, forms)
        (self.parsed.obsolete if draft.obsolete else self.parsed.entries).append(entry)
        self._draft = _Draft()

    def _build(self, draft: _Draft, forms: list[str]) -> Entry:
        values = {name: self._text(name, pieces, draft.line) for name, pieces in draft.texts.items()}
        previous = {name: self._text(name, pieces, draft.line) for name, pieces in draft.previous.items()}
        pieces = {name if name != "msgstr" else "msgstr[0]": tuple(parts) for name, parts in draft.texts.items()}
        pieces |= {f"previous {name}": tuple(parts) for name, parts in draft.previous.items()}
        return Entry(
            values["msgid"],
            [values[name] for name in forms],
            values.get("msgctxt"),
            values.get("msgid_plural"),
            draft.comments,
            draft.extracted,
            draft.locations,
            draft.flags,
            (previous.get("msgctxt"), previous.get("msgid"), previous.get("msgid_plural")),
            draft.obsolete,
            draft.line,
            pieces,
        )

    def _text(self, name: str, pieces: list[str], line: int) -> str:
        if not pieces:
            self._fail(f"{name} without a string", line=line)
        text = "".join(pieces)
        if max(text, default="") >= "\udc80":
            text = self._join_bytes(name, text, line)
        if "\x04" in text or "\0" in text:
            self._fail(f"character that is not allowed in {name}", line=line)
        return text

    def _join_bytes(self, name: str, text: str, line: int) -> str:
        """Decode the bytes of octal and hex escapes."""
        try:
            return text.encode(self._charset, errors="surrogateescape").decode(self._charset)
        except UnicodeError:
            self._fail(f"escapes in {name} are not valid {self._charset}", line=line)

    def _fail(self, reason: str, *, line: int | None = None, hint: str | None = None) -> NoReturn:
        raise CatalogueError(reason, source=self._source, line=line or self._line, hint=hint)


def _refuse_duplicates(parsed: Parsed, source: str | None) -> None:
    seen: dict[tuple[str | None, str], int] = {}
    for entry in sorted(parsed.entries + parsed.obsolete, key=lambda entry: entry.line):
        first = seen.setdefault((entry.msgctxt, entry.msgid), entry.line)
        if first != entry.line:
            reason = f"duplicate message definition, first defined in line {first}"
            raise CatalogueError(reason, source=source, line=entry.line)
