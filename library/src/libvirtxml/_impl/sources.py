"""What documents are read from: text, files, and objects that have one."""

from __future__ import annotations

import os
from typing import Any

from libvirtxml.errors import XMLError
from libvirtxml.limits import check_size, current


def read_limited(file: Any, name: str | None = None) -> Any:
    """The text or the bytes of an open file.

    Raises:
        LimitError: there are more than `libvirtxml.limits` allow; only so much is read.
    """
    most = current().size
    if most is None:
        return file.read()
    data = file.read(most + 1)
    check_size(len(data), name=name)
    return data


def read_source(source: Any) -> tuple[str | bytes, str | None]:
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
        return _read_file(source), source
    if isinstance(source, os.PathLike):
        return _read_file(path := os.fspath(source)), path
    for method in ("XMLDesc", "getXMLDesc", "getCapabilities"):
        if callable(call := getattr(source, method, None)):
            return read_source(call())
    if callable(getattr(source, "read", None)):
        name = getattr(source, "name", None)
        name = name if isinstance(name, str) else None
        return read_limited(source, name), name
    raise TypeError(f"cannot read XML from {type(source).__name__}")


def _read_file(path: str) -> Any:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib would be a third of what the first document takes
            return read_limited(file, path)
    except OSError as error:
        raise XMLError(f"cannot read: {(error.strerror or '').lower()}", source=path) from error
    except ValueError as error:
        raise XMLError(f"not a file name: {error}") from error
