"""Runs every benchmark: each module here that has a ``main()``, which prints its figures and returns misses."""

from __future__ import annotations

import compileall
import importlib
import pkgutil
import sys

import benchmarks
import virtsmith


def run(names: list[str]) -> int:
    compileall.compile_dir(virtsmith.__path__[0], quiet=2)  # as in an installation; a checkout may lack bytecode
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
