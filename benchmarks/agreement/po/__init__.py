"""Catalogues: extraction, checks, merges, reading and writing, judged by gettext, git and a message-level oracle."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.agreement import Row
from benchmarks.agreement.po import acceptance, check, extraction, merge


def rows() -> Iterator[Row]:
    for part in (extraction, check, merge, acceptance):
        yield from part.rows()
