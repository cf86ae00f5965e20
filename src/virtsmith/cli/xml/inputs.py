"""What the commands of ``virtsmith xml`` read: documents as XML, JSON or YAML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from virtsmith.cli.output import input_name, read_input
from virtsmith.errors import InputError

if TYPE_CHECKING:
    from libvirtxml import Element

_SUFFIXES = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".xml": "xml"}


def read_document(path: Path, form: str | None = None) -> Element:
    """Read a document from XML, JSON or YAML; the form is guessed from the name and the first character."""
    import libvirtxml

    data = read_input(path)
    form = form or _guess_form(path, data)
    try:
        if form == "json":
            element = libvirtxml.from_json(data)
        elif form == "yaml":
            element = libvirtxml.from_yaml(data)
        else:
            return libvirtxml.parse_any(data)
    except InputError as error:
        raise error.with_source(input_name(path)) from error
    assert isinstance(element, libvirtxml.Element)  # noqa: S101 - what the readers promise
    return element


def _guess_form(path: Path, data: bytes) -> str:
    if known := _SUFFIXES.get(path.suffix.lower()):
        return known
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"{":
        return "json"
    return "yaml" if start in (b"$", b"-", b"'", b'"') else "xml"
