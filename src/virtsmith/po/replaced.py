"""Which translations a file has that are not in what is to replace it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from virtsmith.po.catalogue import Catalogue, load_catalogue, parse_catalogue
from virtsmith.po.entry import Row
from virtsmith.po.quoting import value_of
from virtsmith.po.trust import Loss, refuse_doubtful
from virtsmith.po.work import CatalogueResult


def replaced_keys(done: Iterable[CatalogueResult], *, compare_texts: bool = False) -> dict[Path, tuple[bytes, ...]]:
    """The keys of translations that other files than the sources of results would lose, by file.

    Args:
        done: results that are not written yet.
        compare_texts: whether a translation with another text is a loss, too.

    Raises:
        CatalogueError: a file that would be replaced cannot be read.
    """
    found = {}
    for result in done:
        target = result.job.target
        if target == result.job.source or not target.is_file():
            continue
        old, new = load_catalogue(target), parse_catalogue(result.data, str(target))
        if lost := _lost(old, new, compare_texts=compare_texts):
            found[target] = lost
    return found


def refuse_replacing(replaced: dict[Path, tuple[bytes, ...]], *, allowed: bool) -> None:
    """Refuse losses of more than a few percent of a file; ``allowed`` says that they are meant.

    Raises:
        DoubtfulLoss: a file would lose so much.
    """
    if not allowed:
        losses = [
            Loss(f"translations in {path}", len(load_catalogue(path).translated_keys()), len(keys))
            for path, keys in replaced.items()
        ]
        refuse_doubtful("the result lacks", losses)


def _lost(old: Catalogue, new: Catalogue, *, compare_texts: bool) -> tuple[bytes, ...]:
    rows, known = new.by_key(), old.by_key()
    usable = set(new.translated_keys())

    def is_lost(key: bytes) -> bool:
        return key not in usable or (compare_texts and _texts(rows[key]) != _texts(known[key]))

    return tuple(key for key in old.translated_keys() if is_lost(key))


def _texts(row: Row) -> list[bytes]:
    return [value_of(raw) for raw in row.translations()]
