"""What sorts of fields there are."""

from __future__ import annotations

from enum import Enum


class FieldKind(Enum):
    """What a field of a class is in XML. Programs ask ``kind.is_attribute`` and the like."""

    ATTRIBUTE = "a"
    DISCRIMINANT = "d"
    """The attribute that distinguishes the variants of a union."""
    TEXT = "t"
    """The element's own text."""
    LEAF = "l"
    """A child that holds only text."""
    FLAG = "f"
    """An empty child, which is there or not."""
    OBJECT = "c"
    """A child with a class of its own."""
    NODES = "r"
    """Children of any sort."""

    def __init__(self, letter: str) -> None:
        self.is_attribute = letter in "ad"
        """Whether it is an attribute, discriminants included."""
        self.is_discriminant = letter == "d"
        self.is_text = letter == "t"
        self.is_leaf = letter == "l"
        self.is_flag = letter == "f"
        self.is_object = letter == "c"
        self.is_nodes = letter == "r"
        self.has_tag = letter in "lfc"
        """Whether it is a child, or children, with one name."""
        self.is_child = letter in "lfcr"
        """Whether it is a child, or children, of whatever name."""
        self.is_value = letter in "atl"
        """Whether it is text with a codec, which the schema may restrict."""
