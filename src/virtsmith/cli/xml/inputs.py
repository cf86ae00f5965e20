"""Inputs of the commands of ``virtsmith xml``: documents as XML, JSON or YAML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from virtsmith.cli.output import input_name, read_input
from virtsmith.errors import InputError

if TYPE_CHECKING:
    from libvirtxml import Domain, Element


def read_document(path: Path) -> Element:
    """Read a document from XML, JSON or YAML; the format is detected by the name and the first character."""
    from libvirtxml import load_any

    return load_any(read_input(path, with_memory=False), name=input_name(path))


def read_domain(path: Path) -> Domain:
    """Read a domain as `read_document` does, or that of a snapshot or checkpoint."""
    from libvirtxml import Domain, load_any
    from libvirtxml.containers import document_in

    found = load_any(document_in(read_input(path, with_memory=False), "domain"), name=input_name(path))
    if not isinstance(found, Domain):
        raise InputError(f"not a domain but a {type(found).__name__}", source=input_name(path))
    return found
