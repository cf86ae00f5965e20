"""Documents in any of their forms: XML, JSON, YAML, and for writing Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from libvirtxml._impl.data import from_json, from_yaml
from libvirtxml._impl.element import Element
from libvirtxml._impl.fragments import parse_any
from libvirtxml._impl.python import to_script
from libvirtxml._impl.sources import read_source
from libvirtxml.errors import InputError, UsageError

_Entry = TypeVar("_Entry")
_SUFFIXES = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".xml": "xml"}
_READERS: dict[str, Callable[[str | bytes], Element]] = {
    "xml": parse_any,
    "json": from_json,
    "yaml": from_yaml,
}
_WRITERS: dict[str, Callable[[Element], str]] = {
    "xml": lambda element: element.to_xml(),
    "json": lambda element: element.to_json(),
    "yaml": lambda element: element.to_yaml(),
    "python": to_script,
}


def load_any(source: Any, form: str | None = None, *, name: str | None = None) -> Element:
    """Read a document, or a part of one, from XML, JSON or YAML.

    Args:
        source: whatever `libvirtxml.parse` takes: a path, an open file, bytes, a libvirt object.
        form: ``xml``, ``json`` or ``yaml``; by default from the suffix of the name, else from the first character.
        name: what to call it in errors, where the source has no name of its own.

    Raises:
        InputError: it cannot be read, or is not a libvirt document.
        UsageError: there is no such form.
        MissingError: it is YAML, and ruamel.yaml is not installed.

    Example:
        >>> from libvirtxml import load_any
        >>> load_any(b'{"$class": "Alias", "name": "ua-web"}')
        Alias(name='ua-web')
    """
    text, own_name = read_source(source)
    name = own_name or name
    read = _pick(_READERS, form or _guess_form(name or "", text))
    try:
        return read(text)
    except InputError as error:
        raise error.with_source(name) from error


def convert(source: Any, to: str, form: str | None = None, *, name: str | None = None) -> str:
    """Write a document in another form, without losing anything.

    Args:
        source: an element, or whatever `load_any` takes.
        to: ``xml``, ``json``, ``yaml``, or ``python``: a program that builds the document.
        form: the form of the source; by default it is guessed.
        name: what to call the source in errors.

    Raises:
        InputError, UsageError, MissingError: as `load_any`.

    Example:
        >>> from libvirtxml import convert
        >>> print(convert(b"<alias name='ua-web'/>", "python"))
        from libvirtxml import Alias
        <BLANKLINE>
        document = Alias(name='ua-web')
        <BLANKLINE>
    """
    write = _pick(_WRITERS, to)
    return write(source if isinstance(source, Element) else load_any(source, form, name=name))


def _pick(table: dict[str, _Entry], form: str) -> _Entry:
    if form not in table:
        raise UsageError(f"no such form: {form!r}", hint=f"there are {', '.join(table)}")
    return table[form]


def _guess_form(name: str, text: str | bytes) -> str:
    if known := _SUFFIXES.get(Path(name).suffix.lower()):
        return known
    data = text.encode() if isinstance(text, str) else text
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"{":
        return "json"
    return "yaml" if start in (b"$", b"-", b"'", b'"') else "xml"
