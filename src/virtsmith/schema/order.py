"""Learns the order in which libvirt writes attributes and children, from documents that it wrote.

The schema nearly always allows any order of children; libvirt always writes them in the same order.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

from libvirtxml import Element, XMLError, parse
from libvirtxml.files import write_if_changed
from libvirtxml.introspect import field_names, schema_path, walk

from virtsmith.errors import InputError

Pairs = Counter[tuple[str, str]]


def learn_order(documents: Iterable[Path]) -> tuple[dict[str, list[str]], int]:
    """Return the field order of each element type, by type id, and the number of documents it was learned from.

    Files that are not libvirt documents are skipped.
    """
    pairs: dict[str, Pairs] = defaultdict(Counter)
    count = 0
    for path in documents:
        try:
            document = parse(path)
        except XMLError:
            continue
        count += 1
        for _, element in walk(document):
            _count_pairs(element, pairs)
    return {path: _sorted_names(pair) for path, pair in sorted(pairs.items())}, count


def write_order(documents: Iterable[Path], target: Path) -> int:
    """Learn the order and write it to the data file; return the number of documents that it was learned from.

    What the documents do not show is kept as it is: element types that are in none of them, and fields of others.
    """
    order, count = learn_order(documents)
    if not count:
        raise InputError("none of these files is a libvirt document", hint="the existing order was kept")
    known: dict[str, list[str]] = json.loads(target.read_text()) if target.exists() else {}
    order = {path: _merged(order.get(path, []), known.get(path, [])) for path in sorted(order.keys() | known.keys())}
    lines = ",\n".join(f"{json.dumps(path)}: {json.dumps(names)}" for path, names in order.items())
    write_if_changed(target, f"{{\n{lines}\n}}\n")
    return count


def _merged(learned: list[str], known: list[str]) -> list[str]:
    """The learned order, with each name that was known before after the one that it followed."""
    result = list(learned)
    for place, name in enumerate(known):
        if name not in result:
            before = [other for other in known[:place] if other in result]
            result.insert(result.index(before[-1]) + 1 if before else 0, name)
    return result


def _count_pairs(element: Element, pairs: dict[str, Pairs]) -> None:
    cls = type(element)
    known = field_names(cls)
    names = [name for name in element.__dict__ if name in known]
    if len(names) > 1:
        pairs[schema_path(cls)].update(combinations(names, 2))


def _sorted_names(pairs: Pairs) -> list[str]:
    """Return an order that agrees with most pairs: repeatedly take the name that the fewest others precede."""
    left = sorted({name for pair in pairs for name in pair})
    result: list[str] = []
    while left:
        best = min(left, key=lambda name: (sum(max(pairs[o, name] - pairs[name, o], 0) for o in left), name))
        result.append(best)
        left.remove(best)
    return result
