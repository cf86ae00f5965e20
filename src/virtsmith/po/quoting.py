r"""How texts are written in a catalogue: quoted, escaped, and broken over lines.

A *raw* string is the form in the file: one or more quoted pieces, one per line. Its *value* is the text. There are two
layouts: *unwrapped* (the canonical one: a new piece only after every ``\n``) and whatever the file has.
"""

from __future__ import annotations

import re

_ESCAPES = {
    b"\\n": b"\n", b"\\t": b"\t", b"\\r": b"\r", b"\\a": b"\a", b"\\b": b"\b", b"\\f": b"\f", b"\\v": b"\v",
    b'\\"': b'"', b"\\\\": b"\\",
}  # fmt: skip
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_NEEDS_ESCAPE = re.compile(r'[\\"\n\t\r\a\b\f\v]')
_TO_ESCAPED = {value.decode(): escape.decode() for escape, value in _ESCAPES.items()}

NEWLINE, BACKSLASH = b"\n\\"
"""As numbers: searching bytes for a number is eight times as fast as for a byte string of length one."""


def unescape(text: bytes) -> bytes:
    """Replace the escapes that gettext writes by their characters."""
    if BACKSLASH not in text:
        return text
    if text.find(b"\\\\") < 0:  # usually there are a few line feeds and quotes, for which replacing is fastest
        plain = text.replace(b"\\n", b"\n").replace(b'\\"', b'"').replace(b"\\t", b"\t")
        if BACKSLASH not in plain:
            return plain
    return _ESCAPE.sub(lambda match: _ESCAPES[match[0]], text)


def escape(text: str) -> str:
    """Write a text as gettext does inside quotes: with its nine escapes, and everything else unchanged."""
    return _NEEDS_ESCAPE.sub(lambda match: _TO_ESCAPED[match[0]], text)


def value_of(raw: bytes) -> bytes:
    """The value of a raw string."""
    if NEWLINE in raw:
        raw = raw.replace(b'"\n"', b"")
    return unescape(raw[1:-1]) if BACKSLASH in raw else raw[1:-1]


def unwrap(raw: bytes) -> bytes:
    r"""Lay a raw string out canonically: one line, or ``""`` and one piece per line that ends in ``\n``."""
    if NEWLINE in raw:
        raw = raw.replace(b'"\n"', b"")
    if raw.find(b"\\n", 0, -2) < 0:  # a final one breaks nothing
        return raw
    if raw.find(b"\\\\") >= 0:  # an escaped backslash before an n is not a line feed
        broken = _ESCAPE.sub(lambda match: b'\\n"\n"' if match[0] == b"\\n" else match[0], raw)
    else:
        broken = raw.replace(b"\\n", b'\\n"\n"')
    broken = broken.removesuffix(b'\n""')
    return b'""\n' + broken if NEWLINE in broken else broken


def quote(text: str, pieces: tuple[str, ...] = ()) -> bytes:
    """Write a text as a raw string, in the given pieces if they still make up the text, else unwrapped."""
    if len(pieces) > 1 and "".join(pieces) == text:
        kept = [piece for index, piece in enumerate(pieces) if piece or not index]
        return "\n".join(f'"{escape(piece)}"' for piece in kept).encode()
    return unwrap(f'"{escape(text)}"'.encode())
