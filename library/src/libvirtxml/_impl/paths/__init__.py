"""Paths into documents, in either language: read, followed, written."""

from __future__ import annotations

import re

from libvirtxml._impl.data import type_of
from libvirtxml._impl.element import Element
from libvirtxml._impl.paths import dotted, xpath
from libvirtxml._impl.paths.find import find
from libvirtxml._impl.paths.steps import Language, NothingThereError, Path, PathError
from libvirtxml._impl.paths.translate import translate

__all__ = ["NothingThereError", "PathError", "parse_path", "split_assignment", "to_dotted", "to_xpath"]

_BEFORE_VALUE = re.compile(r"""(?:[^=\[]|\[(?:[^\]"']|"(?:[^"\\]|\\.)*"|'[^']*')*\])*""", re.DOTALL)


def parse_path(text: str) -> Path:
    """Read a path: an XPath if it has a slash outside of brackets, else a dotted one.

    Raises:
        PathError: it is neither.
    """
    text = text.strip()
    return xpath.parse_xpath(text) if "/" in text.partition("[")[0] else dotted.parse_dotted(text)


def split_assignment(text: str) -> tuple[str, str | None]:
    """Split ``PATH=VALUE`` at the first ``=`` outside of brackets; without one the value is None.

    Example:
        >>> split_assignment("devices.disks[target.dev=vda].driver.cache=none")
        ('devices.disks[target.dev=vda].driver.cache', 'none')
    """
    match = _BEFORE_VALUE.match(text)
    end = match.end() if match else 0
    if text[end : end + 1] != "=":
        return text.strip(), None
    return text[:end].strip(), text[end + 1 :]


def to_xpath(of: Element | type[Element], path: str) -> str:
    """A path as an XPath.

    Args:
        of: the document, or the class of one. A document also gives names to what the model does not know.
        path: the path, in either language.

    Raises:
        PathError: no document of the class can have the place, or it depends on the variant which one is meant.

    Example:
        >>> from libvirtxml import Domain
        >>> to_xpath(Domain, "devices.disks[target.dev=vda].driver.cache")
        "/domain/devices/disk[target/@dev='vda']/driver/@cache"
    """
    parsed = parse_path(path)
    found = _translated(of, parsed)
    return _format(parsed if parsed.language is Language.XPATH else found)


def to_dotted(of: Element | type[Element], path: str) -> str:
    """A path in the dotted language, the names of which are those of the model in Python.

    Args:
        of: the document, or the class of one. A document also gives names to what the model does not know.
        path: the path, in either language.

    Raises:
        PathError: no document of the class can have the place, or it depends on the variant which one is meant.

    Example:
        >>> from libvirtxml import Domain
        >>> to_dotted(Domain, "/domain/devices/disk[2]/target/@dev")
        'devices.disks[1].target.dev'
    """
    parsed = parse_path(path)
    found = _translated(of, parsed)
    return _format(parsed if parsed.language is Language.DOTTED else found)


def _format(path: Path) -> str:
    return xpath.format_xpath(path.root, path.steps) if path.root else dotted.format_steps(path.steps)


def _translated(of: Element | type[Element], path: Path) -> Path:
    """A path in the other language."""
    if not isinstance(of, Element):
        return _only(path, translate(of, path))
    if (places := _places(of, path)) and (
        same := [item for item in translate(type_of(of), path, lenient=True) if _places(of, item) == places]
    ):
        return same[0]
    return _only(path, translate(type_of(of), path))


def _only(path: Path, found: list[Path]) -> Path:
    names = list(dict.fromkeys(found))
    if len(names) > 1:
        hint = "say which variant is meant, with a condition such as [@type='...']"
        raise PathError(f"{path.text} may be {' or '.join(map(_format, names))}", hint=hint)
    return names[0]


def _places(document: Element, path: Path) -> list[str]:
    """Where a path leads in a document."""
    try:
        return [place.path(Language.XPATH) for place in find(document, path, tolerant=True)]
    except PathError:
        return []
