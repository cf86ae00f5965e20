"""What the model knows of its classes, for programs that work on any of them."""

from __future__ import annotations

from libvirtxml._impl.element import Element
from libvirtxml._impl.problems import walk
from libvirtxml._impl.tables import find_class, info_of

__all__ = ["field_names", "schema_path", "walk"]


def field_names(cls: type[Element]) -> tuple[str, ...]:
    """The fields of a class in the order in which libvirt writes them, inherited ones included.

    Example:
        >>> from libvirtxml import Alias
        >>> field_names(Alias)
        ('name',)
    """
    return tuple(info_of(cls).fields)


def schema_path(cls: type[Element]) -> str:
    """Where the elements of a class stand in the schema; the variants of one element share its path.

    Example:
        >>> from libvirtxml import DiskFile
        >>> schema_path(DiskFile)
        '/domain/devices/disk'
    """
    info = info_of(cls)
    while info.base is not None:
        info = info_of(find_class(info.base))
    return info.path
