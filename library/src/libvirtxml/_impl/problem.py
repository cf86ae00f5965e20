"""What a document can have that is unknown or wrong, as an object; ``problems`` finds it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class ProblemKind(StrEnum):
    """What sort of problem it is."""

    UNKNOWN_ELEMENT = "unknown-element"
    UNKNOWN_ATTRIBUTE = "unknown-attribute"
    UNKNOWN_TEXT = "unknown-text"
    VALUE = "value"
    MISSING = "missing"
    CLASS = "class"
    COMBINATION = "combination"
    NOT_DEFINED = "not-defined"
    """A rule of `libvirtxml.definition` is violated, whatever the schema says."""


class Problem(NamedTuple):
    """One thing that is unknown or wrong: where (an XPath), what, and what would be right.

    ``rule`` is the id of the rule that libvirt's definition violates; empty for what the schema says.
    """

    kind: ProblemKind
    path: str
    message: str
    rule: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"
