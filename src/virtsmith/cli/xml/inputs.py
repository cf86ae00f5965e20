"""Inputs of the commands of ``virtsmith xml``: documents as XML, JSON or YAML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from virtsmith.cli.output import input_name, read_input

if TYPE_CHECKING:
    from libvirtxml import Element


def read_document(path: Path) -> Element:
    """Read a document from XML, JSON or YAML; the format is detected by the name and the first character."""
    from libvirtxml import load_any

    return load_any(read_input(path), name=input_name(path))
