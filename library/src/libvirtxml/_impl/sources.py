"""What documents are read from: text, files, and objects that have one."""

from __future__ import annotations

import os
from struct import Struct
from typing import Any

from libvirtxml.errors import XMLError
from libvirtxml.limits import check_size, current

IMAGE_START = b"LibvirtQemud"
"""How an image of a saved domain begins; ``Save`` follows, or ``Part`` while it is not complete."""
IMAGE_HEADER = Struct("<16sII68x")
"""Of its header: the beginning, the version of the format, and the room for the domain and a cookie behind it."""
_LAST_VERSION = 0xFFFF


def image_room(data: bytes) -> tuple[str, int]:
    """The byte order of an image of a saved domain, as `struct` names it, and the bytes that precede the memory.

    Raises:
        XMLError: it is cut short.
    """
    if len(data) < IMAGE_HEADER.size:
        raise XMLError("an image of a saved domain, cut short")
    _, version, room = IMAGE_HEADER.unpack_from(data)
    if version <= _LAST_VERSION:
        return "<", room
    return ">", int.from_bytes(room.to_bytes(4, "little"), "big")


def read_limited(file: Any, name: str | None = None, *, with_memory: bool = True) -> Any:
    """The text or the bytes of an open file.

    Args:
        file: the file.
        name: its name for messages.
        with_memory: whether an image of a saved domain is needed as a whole; else what is beyond the limit is left out.

    Raises:
        LimitError: there are more than `libvirtxml.limits` allow; only so much is read.
    """
    most = current().size
    if most is None:
        return file.read()
    data = file.read(most + 1)
    if len(data) > most and not with_memory and data[: len(IMAGE_START)] == IMAGE_START:
        return data[: IMAGE_HEADER.size + image_room(data)[1]]
    check_size(len(data), name=name)
    return data


def read_source(source: Any, *, with_memory: bool = False) -> tuple[str | bytes, str | None]:
    """The text of what was given to ``parse``, and its name for messages.

    Text and bytes are taken as they are, if they look like XML (the first character is ``<``); other text is a path.
    Open files are read; an object with ``XMLDesc()`` or ``getCapabilities()`` is asked for its document.

    Raises:
        XMLError: a file cannot be read; a `LimitError` if it is too large.
        TypeError: it is nothing of these.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source), None
    if isinstance(source, str):
        start = source.lstrip("\ufeff \t\r\n")[:1]
        if start == "<" or "\n" in source or not start:
            return source, None
        return _read_file(source, with_memory=with_memory), source
    if isinstance(source, os.PathLike):
        return _read_file(path := os.fspath(source), with_memory=with_memory), path
    for method in ("XMLDesc", "getXMLDesc", "getCapabilities"):
        if callable(call := getattr(source, method, None)):
            return read_source(call(), with_memory=with_memory)
    if callable(getattr(source, "read", None)):
        name = getattr(source, "name", None)
        name = name if isinstance(name, str) else None
        return read_limited(source, name, with_memory=with_memory), name
    raise TypeError(f"cannot read XML from {type(source).__name__}")


def _read_file(path: str, *, with_memory: bool) -> Any:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib would be a third of what the first document takes
            return read_limited(file, path, with_memory=with_memory)
    except OSError as error:
        raise XMLError(f"cannot read: {(error.strerror or '').lower()}", source=path) from error
    except ValueError as error:
        raise XMLError(f"not a file name: {error}") from error
