"""Things that declare themselves: adding one is adding a module to a package, and nothing else."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import TypeVar

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """What the modules of a package declare, by name and in the order of names.

    The modules are imported when somebody first looks, so that a module of the package can use the registry itself,
    and commands that need nothing of it do not pay for it.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self._items: dict[str, T] = {}
        self._loaded = False

    def add(self, name: str, item: T) -> None:
        """Declare an item; called by decorators.

        Raises:
            ValueError: there is another of its name.
        """
        if name in self._items:
            raise ValueError(f"{name} is declared twice")
        self._items[name] = item

    def load(self) -> None:
        """Import the modules of the package, those that are new included."""
        for module in pkgutil.iter_modules(importlib.import_module(self._package).__path__):
            importlib.import_module(f"{self._package}.{module.name}")
        self._loaded = True

    def _all(self) -> dict[str, T]:
        if not self._loaded:
            self.load()
        return self._items

    def __getitem__(self, name: str) -> T:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._all()))

    def __len__(self) -> int:
        return len(self._all())
