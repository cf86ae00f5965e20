"""What the model knows of its classes, for programs that work on any of them."""

from __future__ import annotations

from collections.abc import Iterator

from libvirtxml._impl.element import Element
from libvirtxml._impl.kinds import FieldKind
from libvirtxml._impl.problems import walk
from libvirtxml._impl.sequence import children_in_order
from libvirtxml._impl.tables import find_class, info_of

__all__ = ["FieldKind", "children", "field_kind", "field_names", "schema_path", "walk"]


def children(element: Element) -> Iterator[tuple[str, int, Element]]:
    """The children of an element that have a class, in the order of the document.

    Yields:
        The tag, the number among the children with this tag (from 1, as in XPath), and the child.

    Example:
        >>> from libvirtxml import Devices
        >>> devices = Devices.parse("<devices><rng model='virtio'/><hub type='usb'/><rng model='virtio'/></devices>")
        >>> [(tag, number) for tag, number, child in children(devices)]
        [('rng', 1), ('hub', 1), ('rng', 2)]
    """
    fields = info_of(type(element)).fields
    for name, item in children_in_order(element):
        if name and isinstance(item[1], Element):
            yield fields[name].key.rpartition("}")[2], item[0] + 1, item[1]


def field_names(cls: type[Element]) -> tuple[str, ...]:
    """The fields of a class in the order in which libvirt writes them, inherited ones included.

    Example:
        >>> from libvirtxml import Alias
        >>> field_names(Alias)
        ('name',)
    """
    return tuple(info_of(cls).fields)


def field_kind(cls: type[Element], name: str) -> FieldKind:
    """What a field of a class is in XML: an attribute, text, a child.

    Raises:
        KeyError: the class has no such field.

    Example:
        >>> from libvirtxml import DiskFile
        >>> field_kind(DiskFile, "snapshot").is_attribute
        True
    """
    return info_of(cls).fields[name].kind


def schema_path(cls: type[Element]) -> str:
    """Where the schema has the elements of a class; the variants of one element share its path.

    Example:
        >>> from libvirtxml import DiskFile
        >>> schema_path(DiskFile)
        '/domain/devices/disk'
    """
    info = info_of(cls)
    while info.base is not None:
        info = info_of(find_class(info.base))
    return info.path
