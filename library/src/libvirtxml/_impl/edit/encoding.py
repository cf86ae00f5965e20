"""From the bytes of a document to its text and back, without a change."""

from __future__ import annotations

from libvirtxml.errors import XMLError


class EditError(XMLError):
    """A change that cannot be written into the text of the document."""


def decode(data: bytes, encoding: str, name: str | None) -> str:
    """Decode a document so that encoding it again gives the same bytes; a byte order mark is part of the text.

    Raises:
        XMLError: it is not in that encoding, or in a form of it that would be lost.
    """
    try:
        text = data.decode(encoding)
        same = text.encode(encoding) == data
    except (UnicodeError, LookupError) as error:
        raise XMLError(f"not valid {encoding}", source=name) from error
    if not same:
        raise EditError(f"cannot be edited in place: its {encoding} is not in the usual form", source=name)
    return text


def encode(text: str, encoding: str) -> bytes:
    """The bytes of a document; characters that the encoding does not have are written by their numbers."""
    return text.encode(encoding, errors="xmlcharrefreplace")
