"""What is at a path, as text and as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from libvirtxml._impl.data import to_data, type_of
from libvirtxml._impl.element import Element
from libvirtxml._impl.paths import NothingThereError, parse_path
from libvirtxml._impl.paths.find import find
from libvirtxml._impl.paths.places import PathTarget, Place, is_list
from libvirtxml._impl.paths.prefixes import resolve, undeclared
from libvirtxml._impl.paths.steps import Language, Path, PathError
from libvirtxml._impl.paths.translate import translate
from libvirtxml._impl.raw import RawNode


@dataclass(frozen=True, slots=True)
class PathValue:
    """One value of a document.

    Attributes:
        text: as text; of an element, its XML.
        data: as in the document's JSON.
        dotted: its path in the dotted language, with places in lists as numbers.
        xpath: its path as an XPath, with positions.
    """

    text: str
    data: Any
    dotted: str = ""
    xpath: str = ""


def get(document: Element, path: str) -> list[PathValue]:
    """All values that a path leads to, in the order of the document; of a list, its members.

    Variants that cannot have the value (a network disk has no file) are passed over.

    Args:
        document: the document, or a part of one.
        path: ``devices.disks[*].source.file`` or ``/domain/devices/disk/source/@file``; content that the model does not
            know can be reached, too.

    Raises:
        NothingThereError: the document holds none.
        PathError: no document of this kind can: the path is wrong.

    Example:
        >>> from libvirtxml import get, parse
        >>> domain = parse("<domain><devices><disk type='file'><target dev='vda'/></disk></devices></domain>")
        >>> [found.text for found in get(domain, "/domain/devices/disk/target/@dev")]
        ['vda']
        >>> get(domain, "devices.disks[0].target.dev")[0].xpath
        '/domain/devices/disk[1]/target/@dev'
    """
    parsed = parse_path(path)
    found = [_found(place) for place in _places(document, parsed)]
    if not found:
        raise _nothing(document, parsed)
    return found


def objects(document: Element, path: str) -> list[Any]:
    """What a path leads to, as it is kept in the document; errors are those of `get`."""
    parsed = parse_path(path)
    found = [place.text() if place.value is None else place.value for place in _places(document, parsed)]
    if not found:
        raise _nothing(document, parsed)
    return found


def _places(document: Element, path: Path) -> list[Place]:
    """Where there is something; lists are taken apart."""
    try:
        places = find(document, path, tolerant=True)
    except NothingThereError as error:
        raise _nothing(document, path, error) from None
    members = [member for place in places for member in (place.members() if is_list(place) else [place])]
    return [place for place in members if place.value is not None or place.text() is not None]


def _nothing(document: Element, path: Path, found: NothingThereError | None = None) -> PathError:
    """The error for a document that holds nothing at a path; a wrong path is a graver one."""
    try:
        translate(type_of(document), resolve(document, path))
    except PathError as error:
        return error
    if found is not None and found.hint:
        return found
    return NothingThereError(found.message if found else f"there is no {path.text}", hint=undeclared(document, path))


def _found(place: Place) -> PathValue:
    value = place.value
    if isinstance(value, Element):
        text = value.to_xml().rstrip("\n")
    elif isinstance(value, RawNode) and value.is_element:
        text = value.to_string()
    else:
        text = place.text() or ""
    data = to_data(place.field, text if value is None else value) if isinstance(place, PathTarget) else text
    return PathValue(text, data, place.path(Language.DOTTED), place.path(Language.XPATH))
