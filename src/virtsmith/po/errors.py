"""Errors that several modules of `virtsmith.po` raise."""

from __future__ import annotations

from virtsmith.errors import InputError


class CatalogueError(InputError):
    """A catalogue cannot be read; the error names the file and the line."""
