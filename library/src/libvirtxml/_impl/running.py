"""Whether a document is that of a running domain, and what in it belongs to this run."""

from __future__ import annotations

from typing import Any

from libvirtxml._impl.base import values_of
from libvirtxml._impl.diff.profiles import RUNTIME
from libvirtxml._impl.element import Element
from libvirtxml._impl.problems import walk
from libvirtxml._impl.tables import info_of
from libvirtxml.model.domain import Domain

_KEPT_OUT = (".alias", ".current_memory", ".current")
"""Libvirt drops these itself when a document is defined, or they are as good in a stored definition."""


def run_time_parts(document: Element) -> list[str]:
    """What belongs to one run in the document of a running domain, as XPaths; empty for all other documents.

    libvirt gives an id to running domains only, and leaves it out of stored definitions.
    """
    if not isinstance(document, Domain) or document.__dict__.get("id") is None:
        return []
    return [path for place, element in walk(document) for path in _parts_of(element, place)]


def _parts_of(element: Element, place: str) -> list[str]:
    names = [item.__name__ for item in type(element).__mro__ if item is not Element and issubclass(item, Element)]
    fields, values = info_of(type(element)).fields, values_of(element)
    return [
        f"{place}/{'@' * fields[name].kind.is_attribute}{fields[name].key}"
        for name, value in values.items()
        if name in fields and _is_of_run([f"{owner}.{name}" for owner in names], value, values)
    ]


def _is_of_run(keys: list[str], value: Any, values: Any) -> bool:
    test = next((RUNTIME[key] for key in keys if key in RUNTIME and not key.endswith(_KEPT_OUT)), None)
    return test is not None and not isinstance(value, list) and test(value, values)
