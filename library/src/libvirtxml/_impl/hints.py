"""The annotations of generated classes, for ``typing.get_type_hints`` and what works like it.

A module of the model imports what its fields refer to for type checkers alone, so that a program loads few modules.
Whoever looks at the annotations of a class needs these names: they are put into its module then.
"""

from __future__ import annotations

import re
import sys
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from importlib import import_module
from typing import Any

from libvirtxml.model import MODULES, UNIONS

_NAMES = re.compile(r"\b[A-Z]\w*")
_STRINGS = re.compile(r'"[^"]*"')


class Annotations(dict[str, Any]):
    """The annotations of a class; looking at them makes the names in them known to the module of the class."""

    def __init__(self, module: str, annotations: dict[str, Any]) -> None:
        super().__init__(annotations)
        self._module = module

    def _import_names(self) -> None:
        known = vars(sys.modules[self._module])
        for note in super().values():
            for name in _NAMES.findall(_STRINGS.sub("", note)) if isinstance(note, str) else ():
                source = MODULES.get(name) or UNIONS.get(name)
                if name not in known and source is not None:
                    known[name] = getattr(import_module(f"libvirtxml.model.{source}"), name)

    def __getitem__(self, name: str) -> Any:
        self._import_names()
        return super().__getitem__(name)

    def __iter__(self) -> Iterator[str]:
        self._import_names()
        return super().__iter__()

    def keys(self) -> KeysView[str]:  # type: ignore[override]  # as typeshed has it for `dict`
        self._import_names()
        return super().keys()

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        self._import_names()
        return super().values()

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        self._import_names()
        return super().items()


def complete_annotations(cls: type) -> None:
    """Make the annotations of a class of the model ones that can be evaluated."""
    if cls.__module__.startswith("libvirtxml.model.") and (own := cls.__dict__.get("__annotations__")):  # noqa: RUF063 - of this class alone, and cheaply
        cls.__annotations__ = Annotations(cls.__module__, own)
