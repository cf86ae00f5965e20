"""``python -m benchmarks.agreement [--json] [NAMES]``: the table of all areas, or of those with these names."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator

import benchmarks.agreement
from benchmarks.agreement import Row

_COLUMNS = ("area", "question", "judge", "cases", "agree", "wrong yes", "wrong no", "note")


def find_areas(names: list[str]) -> Iterator[str]:
    for info in pkgutil.iter_modules(benchmarks.agreement.__path__):
        if not info.name.startswith("_") and (not names or info.name in names):
            yield info.name


def cells_of(area: str, row: Row) -> tuple[str, ...]:
    numbers = (row.cases, row.agree, row.wrong_yes, row.wrong_no)
    return (area, row.question, row.judge, *(f"{number:,}" for number in numbers), row.note)


def main(words: list[str]) -> int:
    as_json = "--json" in words
    names = [word for word in words if not word.startswith("-")]
    found: dict[str, list[Row]] = {}
    if not as_json:
        print("| " + " | ".join(_COLUMNS) + " |\n" + "|---" * len(_COLUMNS) + "|")
    for area in find_areas(names):
        found[area] = []
        for row in importlib.import_module(f"benchmarks.agreement.{area}").rows():
            found[area].append(row)
            if not as_json:
                print("| " + " | ".join(cells_of(area, row)) + " |", flush=True)
    if as_json:
        print(json.dumps({area: [row.to_dict() for row in rows] for area, rows in found.items()}, indent=2))
    return 1 if names and set(names) - found.keys() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
