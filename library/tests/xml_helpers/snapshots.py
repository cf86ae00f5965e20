"""What an element is made of, to the last list and node: two snapshots are equal if nothing at all has changed."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from libvirtxml import Extra, RawNode
from libvirtxml._impl.base import is_element


def snapshot(value):
    """The types, values, order and identity of everything in a value; objects are known by their ``id``."""
    if is_element(value):
        return id(value), type(value), [(name, snapshot(item)) for name, item in vars(value).items()]
    if isinstance(value, (Extra, RawNode)):
        return id(value), [(name, snapshot(getattr(value, name))) for name in type(value).__slots__]
    if isinstance(value, ET.Element):
        return (
            id(value),
            value.tag,
            list(value.attrib.items()),
            value.text,
            value.tail,
            [snapshot(item) for item in value],
        )
    if isinstance(value, (list, tuple)):
        return id(value), type(value), [snapshot(item) for item in value]
    if isinstance(value, dict):
        return id(value), [(key, snapshot(item)) for key, item in value.items()]
    return type(value), value, str(value)
