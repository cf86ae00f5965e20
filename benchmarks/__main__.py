"""Runs every benchmark: each module here that has a ``main()``, which prints its figures and returns misses."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks


def run(names: list[str]) -> int:
    missed = 0
    for info in pkgutil.iter_modules(benchmarks.__path__):
        if info.name.startswith("_") or (names and info.name not in names):
            continue
        main = getattr(importlib.import_module(f"benchmarks.{info.name}"), "main", None)
        if main is not None:
            print(f"== {info.name}")
            missed += main() or 0
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
