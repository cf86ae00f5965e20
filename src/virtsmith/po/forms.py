"""Whose form catalogues have: that of a version of gettext.

Versions differ in where they break lines, since they follow newer versions of Unicode, and in compiled catalogues.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CatalogueForm:
    """What distinguishes a writer of catalogues.

    ``unicode`` is the version of Unicode whose rules say where lines may be broken. ``expands`` says whether compiled
    catalogues are in UTF-8 and have macros such as ``<PRIu64>`` also expanded, as libraries need that do not do it
    themselves (musl). ``smallest_table`` is the size of the hash table of two compiled messages.
    """

    name: str
    unicode: int
    expands: bool
    smallest_table: int = 5


FORMS = {
    form.name: form
    for form in (CatalogueForm("0.21", 14, False), CatalogueForm("0.23", 16, True), CatalogueForm("1.0", 17, True, 3))
}
"""The versions of gettext by name; each is for those after it, up to the next."""
DEFAULT_FORM = "0.21"
