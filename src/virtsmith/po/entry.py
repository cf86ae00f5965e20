"""One message of a catalogue, in its two forms: raw (`Row`, as in the file) and decoded (`Entry`)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from virtsmith.po.flags import format_flags, parse_flags
from virtsmith.po.quoting import quote, value_of

_PREVIOUS_NAME = re.compile(rb"^(msgctxt|msgid|msgid_plural) ", re.MULTILINE)


class Row(NamedTuple):
    """A message as raw bytes, each part as it is written; a missing part is empty.

    ``comments``, ``extracted``, ``locations``, ``flags`` and ``previous`` are whole lines; ``msgctxt``, ``msgid``,
    ``msgstr`` and ``plural`` are raw strings (quoted pieces without a line end); ``forms`` are the ``msgstr[N]`` lines
    of a message with plural forms, which has no ``msgstr``.
    """

    comments: bytes
    extracted: bytes
    locations: bytes
    flags: bytes
    previous: bytes
    msgctxt: bytes
    msgid: bytes
    msgstr: bytes
    plural: bytes
    forms: bytes

    def key(self) -> bytes:
        """The unique key of the message, which sorts as in gettext: by message id, no context first."""
        return make_key(value_of(self.msgid), value_of(self.msgctxt) if self.msgctxt else None)

    def is_untranslated(self) -> bool:
        """Whether the translation (its first plural form) is empty, which gettext calls untranslated."""
        if self.msgstr:
            return self.msgstr == b'""'
        return self.forms.startswith(b'msgstr[0] ""\n') and self.forms[13:14] != b'"'

    def is_fuzzy(self) -> bool:
        """Whether the translation is marked fuzzy."""
        return self.flags.startswith(b"#, fuzzy")

    def translations(self) -> list[bytes]:
        """The raw strings of the translation: one, or one per plural form."""
        return [self.msgstr] if self.msgstr else split_forms(self.forms)

    def laid_out(self, layout: Callable[[bytes, str], bytes]) -> Row:
        """The message with each raw string replaced by ``layout(raw, name)``; previous names begin with ``#| ``."""
        msgid, msgstr = layout(self.msgid, "msgid"), layout(self.msgstr, "msgstr") if self.msgstr else b""
        if not (self.previous or self.msgctxt or self.plural):
            return self._replace(msgid=msgid, msgstr=msgstr)
        previous = b""
        parts = _PREVIOUS_NAME.split(self.previous.replace(b"#| ", b""))[1:]
        for name, raw in zip(parts[::2], parts[1::2], strict=True):
            laid_out = layout(raw.rstrip(b"\n"), f"#| {name.decode()}")
            previous += b"#| %b %b\n" % (name, laid_out.replace(b"\n", b"\n#| "))
        forms = (
            [layout(raw, f"msgstr[{index}]") for index, raw in enumerate(split_forms(self.forms))] if self.forms else []
        )
        return self._replace(
            previous=previous,
            msgid=msgid,
            msgstr=msgstr,
            msgctxt=layout(self.msgctxt, "msgctxt") if self.msgctxt else b"",
            plural=layout(self.plural, "msgid_plural") if self.plural else b"",
            forms=join_forms(forms),
        )

    def render(self) -> bytes:
        """The text of the message, without blank lines around it."""
        return b"".join((self.comments, self.extracted, self.locations, self.flags, self.previous, self.body()))

    def body(self) -> bytes:
        """The lines from ``msgctxt`` to the last ``msgstr``."""
        context = b"msgctxt %b\n" % self.msgctxt if self.msgctxt else b""
        if self.plural:
            return b"%bmsgid %b\nmsgid_plural %b\n%b" % (context, self.msgid, self.plural, self.forms)
        return b"%bmsgid %b\nmsgstr %b\n" % (context, self.msgid, self.msgstr)

    def render_obsolete(self) -> bytes:
        """The message commented out with ``#~``, without its range."""
        lines = (self.previous.replace(b"#| ", b"#~| ") + b"#~ " + self.body()[:-1].replace(b"\n", b"\n#~ "), b"\n")
        flags = self.flags
        if b"range:" in flags:
            words = parse_flags(flags[2:].decode())
            flags = format_flags(tuple(word for word in words if not word.startswith("range:")))
        return b"".join((self.comments, self.extracted, self.locations, flags, *lines))


def make_key(msgid: bytes, msgctxt: bytes | None) -> bytes:
    """See `Row.key`. No text contains NUL, so joining with it keeps the order: id, then context."""
    return msgid if msgctxt is None else b"%b\0%b" % (msgid, msgctxt)


def split_key(key: bytes) -> tuple[bytes, bytes | None]:
    """Message id and context of a key."""
    msgid, separator, msgctxt = key.partition(b"\0")
    return msgid, msgctxt if separator else None


def split_forms(forms: bytes) -> list[bytes]:
    """The raw strings of ``msgstr[N]`` lines."""
    return [part.partition(b"] ")[2] for part in forms[:-1].split(b"\nmsgstr[")]


def join_forms(raws: list[bytes]) -> bytes:
    """The ``msgstr[N]`` lines for raw strings."""
    return b"".join(b"msgstr[%d] %b\n" % (index, raw) for index, raw in enumerate(raws))


@dataclass(slots=True)
class Entry:
    """A message with decoded texts.

    ``msgstr`` has one text, or one per plural form if ``msgid_plural`` is not None. ``locations`` are the texts after
    ``#:``. ``previous`` is (context, id, plural). ``line`` is that of ``msgid``, from 1. ``pieces`` records how a text
    was broken over lines.
    """

    msgid: str
    msgstr: list[str]
    msgctxt: str | None = None
    msgid_plural: str | None = None
    comments: list[str] = field(default_factory=list)
    extracted: list[str] = field(default_factory=list)
    locations: list[str] = field(default_factory=list)
    flags: tuple[str, ...] = ()
    previous: tuple[str | None, str | None, str | None] = (None, None, None)
    obsolete: bool = False
    line: int = 0
    pieces: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def fuzzy(self) -> bool:
        """Whether the translation is marked fuzzy."""
        return "fuzzy" in self.flags

    @property
    def translated(self) -> bool:
        """Whether there is a translation that gettext would use."""
        return bool(self.msgstr and self.msgstr[0]) and not self.fuzzy

    def to_row(self) -> Row:
        """The raw form."""
        quoted = {name: quote(text, self.pieces.get(name, ())) for name, text in self._texts()}
        has_plural = self.msgid_plural is not None
        forms = [quoted[f"msgstr[{index}]"] for index in range(len(self.msgstr))] if has_plural else []
        return Row(
            _lines("#", self.comments),
            _lines("#.", self.extracted),
            _lines("#:", self.locations),
            format_flags(self.flags),
            self._previous_lines(),
            quoted.get("msgctxt", b""),
            quoted["msgid"],
            b"" if has_plural else quoted["msgstr[0]"],
            quoted.get("msgid_plural", b""),
            join_forms(forms),
        )

    def _texts(self) -> list[tuple[str, str]]:
        texts = [("msgid", self.msgid)]
        texts += [(f"msgstr[{index}]", text) for index, text in enumerate(self.msgstr)]
        texts += [("msgctxt", self.msgctxt)] if self.msgctxt is not None else []
        texts += [("msgid_plural", self.msgid_plural)] if self.msgid_plural is not None else []
        return texts

    def _previous_lines(self) -> bytes:
        lines = b""
        for name, text in zip(("msgctxt", "msgid", "msgid_plural"), self.previous, strict=True):
            if text is not None:
                raw = quote(text, self.pieces.get(f"previous {name}", ()))
                lines += b"#| %b %b\n" % (name.encode(), raw.replace(b"\n", b"\n#| "))
        return lines


def entry_of(row: Row, *, line: int = 0, obsolete: bool = False) -> Entry:
    """Decode a raw message."""
    texts = [value_of(raw).decode() for raw in row.translations()]
    return Entry(
        value_of(row.msgid).decode(),
        texts,
        value_of(row.msgctxt).decode() if row.msgctxt else None,
        value_of(row.plural).decode() if row.plural else None,
        _texts_of(row.comments, 1),
        _texts_of(row.extracted, 2),
        _texts_of(row.locations, 2),
        parse_flags(row.flags[2:].decode()),
        _previous_of(row.previous),
        obsolete,
        line,
    )


def _lines(marker: str, texts: list[str]) -> bytes:
    return "".join(f"{marker} {text}\n" if text else f"{marker}\n" for text in texts).encode()


def _texts_of(lines: bytes, marker_length: int) -> list[str]:
    return [line[marker_length + 1 :] for line in lines.decode().split("\n")[:-1]]


def _previous_of(lines: bytes) -> tuple[str | None, str | None, str | None]:
    found: dict[bytes, bytes] = {}
    name = b""
    for line in lines.split(b"\n")[:-1]:
        text = line[3:]
        if not text.startswith(b'"'):
            name, _, text = text.partition(b" ")
        found[name] = found.get(name, b"") + value_of(text)
    values = (found.get(word) for word in (b"msgctxt", b"msgid", b"msgid_plural"))
    context, msgid, plural = (value.decode() if value is not None else None for value in values)
    return context, msgid, plural
