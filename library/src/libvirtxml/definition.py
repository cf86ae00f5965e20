"""Whether libvirt defines a domain, whatever its schema says of it.

The schema (`libvirtxml.acceptance`) and libvirt's parser are two things: the schema allows a domain without memory, the
parser a second `<cpu>`. The rules here are about what libvirt's parser and its common checks refuse for all drivers;
a driver (QEMU's, for example) refuses more. So an objection is meant to be certain, and its absence is not a promise.

Example:
    >>> from libvirtxml.definition import find_objections
    >>> for found in find_objections("<domain type='kvm'><os><type>hvm</type></os><memory>1</memory></domain>"):
    ...     print(found)
    /domain/name: is missing [DEF002]
"""

from __future__ import annotations

from typing import Any

from libvirtxml._impl.definition import devices as _devices
from libvirtxml._impl.definition import fields as _fields
from libvirtxml._impl.definition import machine as _machine
from libvirtxml._impl.definition.rule import RULES, DefinitionRule, Objection, objections
from libvirtxml._impl.element import Element
from libvirtxml._impl.fragments import parse_any
from libvirtxml._impl.tables import info_of

__all__ = ["RULES", "DefinitionRule", "Objection", "find_objections"]

_DECLARED = (_devices, _fields, _machine)  # their rules are declared when they are loaded


def find_objections(document: Any) -> list[Objection] | None:
    """What keeps libvirt from defining a document; None for documents and parts that no rule is about.

    Args:
        document: an element of the model, or anything that `libvirtxml.parse` takes.

    Raises:
        XMLError: the document cannot be read, or is none of libvirt's.
    """
    element = document if isinstance(document, Element) else parse_any(document)
    info = info_of(type(element))
    if info.path != f"/{info.name}" or all(declared.root != info.name for declared in RULES.values()):
        return None
    return [*objections(element, info.name)]
