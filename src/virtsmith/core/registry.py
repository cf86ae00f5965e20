"""Registries of items that modules declare: to add an item, add a module to the package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import TypeVar

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """Items that the modules of a package declare, by name and sorted by name.

    The modules are imported on first access, so that a module of the package can use the registry itself, and commands
    that do not need it do not pay for it.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self._items: dict[str, T] = {}
        self._loaded = False

    def add(self, name: str, item: T) -> None:
        """Declare an item; called by decorators.

        Raises:
            ValueError: the name is already taken.
        """
        if name in self._items:
            raise ValueError(f"{name} is declared twice")
        self._items[name] = item

    def load(self) -> None:
        """Import all modules of the package, including new ones."""
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
