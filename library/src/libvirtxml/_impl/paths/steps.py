"""A path step by step, whichever language it was written in.

Two languages name the same places. In the dotted one a step is the name of a field of the model, and places in lists
count from 0: ``devices.disks[0].target.dev``. In the other, a part of XPath, it is the name in the XML, and places
count from 1: ``/domain/devices/disk[1]/target/@dev``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from libvirtxml.errors import UsageError


class PathError(UsageError):
    """A path that leads nowhere, or to something else than what is needed."""


class NothingThereError(PathError):
    """A path that is right, in a document that holds nothing at its end."""


class Axis(StrEnum):
    """What a step names."""

    FIELD = "field"
    """A field of the model: ``disks``. Only dotted paths have such steps."""
    ELEMENT = "element"
    """A child element, by its tag: ``disk``, in dotted paths ``<disk>``."""
    ATTRIBUTE = "attribute"
    """An attribute: ``@type`` in both languages."""
    TEXT = "text"
    """The element's own text: ``text()`` in both languages."""


class Language(StrEnum):
    """The two ways to write a path."""

    DOTTED = "dotted"
    XPATH = "xpath"


EVERY = "*"
"""The test that all members of a list pass."""


@dataclass(frozen=True, slots=True)
class Condition:
    """That what is found at a path below a member has a value; an empty path is the member's own text."""

    path: tuple[PathStep, ...]
    value: str


Test = int | str | tuple[Condition, ...]
"""A place in a list, from 0 or from -1 backwards; `EVERY`; or conditions that all must hold."""


@dataclass(frozen=True, slots=True)
class PathStep:
    """One name, and which of the members of that name are meant: those that pass the tests, one after the other."""

    axis: Axis
    name: str
    tests: tuple[Test, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """A path that was read."""

    steps: tuple[PathStep, ...]
    root: PathStep | None = None
    """The document's own element, in an XPath; dotted paths begin within it."""
    text: str = field(default="", compare=False)
    """The path as it was written."""

    @property
    def language(self) -> Language:
        """The language that it was written in."""
        return Language.DOTTED if self.root is None else Language.XPATH
