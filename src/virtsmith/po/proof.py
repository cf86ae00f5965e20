"""Proof that a catalogue is equivalent to the one it replaces, with the full parser, and that a new one can be read."""

from __future__ import annotations

from functools import partial

from libvirtxml.files import Check

from virtsmith.errors import InputError
from virtsmith.po.catalogue import Catalogue, parse_catalogue, parse_fully
from virtsmith.po.mo import compile_catalogue


class ConversionChanged(InputError):
    """A new version would change what users see; nothing was written."""


def visible_part(catalogue: Catalogue) -> bytes:
    """The compiled catalogue without what programs do not show: order of messages, and dropped header fields."""
    live = [(key, row) for key, row in zip(catalogue.keys, catalogue.rows, strict=True) if key]
    live.sort()
    return compile_catalogue(Catalogue([row for _, row in live], [key for key, _ in live], charset="UTF-8"))


def says_the_same(old: Catalogue) -> Check:
    """A check for `libvirtxml.files.write_atomic`: the new file compiles to the same as another catalogue."""
    return partial(_compare, old)


def _compare(old: Catalogue, written: bytes) -> None:
    if visible_part(parse_fully(written, old.source)) != visible_part(old):
        raise ConversionChanged("its new form would change the compiled catalogue", source=old.source)


def is_readable(written: bytes) -> None:
    """A check for `libvirtxml.files.write_atomic`: the new file is a catalogue.

    Raises:
        CatalogueError: it is not.
    """
    parse_catalogue(written)
