"""Errors of the catalogue tool that several modules raise."""

from __future__ import annotations

from virtsmith.errors import InputError


class CatalogueError(InputError):
    """A catalogue that cannot be read; names the file and the line."""
