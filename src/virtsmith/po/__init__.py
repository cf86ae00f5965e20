"""Gettext catalogues that stay small: read, minimised, expanded, compiled, checked, merged, shared with translators."""

from virtsmith.po.catalogue import Catalogue, CatalogueError, load_catalogue, parse_catalogue
from virtsmith.po.entry import Entry

__all__ = ["Catalogue", "CatalogueError", "Entry", "load_catalogue", "parse_catalogue"]
