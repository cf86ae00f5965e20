"""Whether libvirt defines a document, whatever its schema says of it.

The schema (`libvirtxml.acceptance`) and libvirt's parser are two things: the schema allows a domain without memory, the
parser a second `<cpu>`. The rules here are about what libvirt's parser and its common checks refuse for all drivers,
and about what QEMU's driver refuses whatever its QEMU can do. So an objection is meant to be certain, and its absence
is not a promise.

Example:
    >>> from libvirtxml.definition import find_objections
    >>> for found in find_objections("<domain type='kvm'><os><type>hvm</type></os><memory>1</memory></domain>"):
    ...     print(found)
    /domain/name: is missing [DEF002]
"""

from __future__ import annotations

from typing import Any

from libvirtxml._impl.definition import (
    attached,
    chardevs,
    controllers,
    devices,
    disks,
    features,
    fields,
    filters,
    firmware,
    labels,
    machine,
    memory,
    networks,
    numa,
    qemu,
    tuning,
    vcpus,
)
from libvirtxml._impl.definition.kept import Loss, find_lost
from libvirtxml._impl.definition.rule import (
    ALL,
    EVERY_KIND,
    RULES,
    DefinitionRule,
    Objection,
    kind_of,
    measured_like,
    objections,
)
from libvirtxml._impl.definition.tables import KINDS
from libvirtxml._impl.element import Element
from libvirtxml._impl.fragments import parse_any
from libvirtxml._impl.recognition import is_document
from libvirtxml._impl.tables import info_of

__all__ = ["RULES", "DefinitionRule", "Loss", "Objection", "find_losses", "find_objections"]

_DECLARED = (
    attached,
    chardevs,
    controllers,
    devices,
    disks,
    features,
    fields,
    filters,
    firmware,
    labels,
    machine,
    memory,
    networks,
    numa,
    qemu,
    tuning,
    vcpus,
)  # their rules are declared when they are loaded


def find_objections(document: Any, release: str = "", *, driver: str | None = None) -> list[Objection] | None:
    """What keeps libvirt from defining a document; None for documents that no rule is about.

    Of a part of a document, such as ``<disk>``, only single fields are judged.

    Args:
        document: an element of the model, or anything that `libvirtxml.parse` takes.
        release: the libvirt in question, ``11.3``; by default, what all releases object to that were asked. A release
            that was not asked is judged as the newest older one that was, and one older than all as the oldest.
        driver: the driver that is to define it, ``qemu``, or an empty text for what all drivers have in common; by
            default, that of a domain's type.

    Raises:
        XMLError: the document cannot be read, or is none of libvirt's.
        UsageError: the release is not a version.
    """
    element = document if isinstance(document, Element) else parse_any(document)
    kind = kind_of(element)
    if kind not in KINDS:
        return None
    root = kind if is_document(type(element)) else EVERY_KIND
    if driver is None:
        driver = "qemu" if element.__dict__.get("type") in ("qemu", "kvm", "hvf") else ""
    asked = measured_like(release) if release else ALL
    return [*objections(element, root, driver, asked)]


def find_losses(document: Any, release: str = "") -> list[Loss] | None:
    """What libvirt drops or changes without a word if it defines a domain; None for other documents and for parts.

    Args:
        document: an element of the model, or anything that `libvirtxml.parse` takes.
        release: the libvirt in question, ``11.3``; by default, only what all lose that know the document.

    Raises:
        XMLError: the document cannot be read, or is none of libvirt's.
        UsageError: the release is not a version.

    Example:
        >>> from libvirtxml.definition import find_losses
        >>> for found in find_losses("<domain type='kvm'><name>a</name><memory>1</memory><memory>2</memory></domain>"):
        ...     print(found)
        /domain/memory[2]: libvirt does not read it here
    """
    element = document if isinstance(document, Element) else parse_any(document)
    if info_of(type(element)).path != "/domain":
        return None
    return [*find_lost(element, release)]
