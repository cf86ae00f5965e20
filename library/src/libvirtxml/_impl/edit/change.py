"""Changes by path: set, add, remove."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from libvirtxml._impl.data import from_dict, to_dict, type_of
from libvirtxml._impl.edit.flow import parse_flow
from libvirtxml._impl.element import Element
from libvirtxml._impl.paths import NothingThereError, PathError, parse_path
from libvirtxml._impl.paths.find import find
from libvirtxml._impl.paths.places import PathTarget, Place, is_list
from libvirtxml._impl.paths.steps import Language
from libvirtxml._impl.problem import ProblemKind
from libvirtxml._impl.problems import find_problems
from libvirtxml._impl.tables import Field, find_class, info_of, is_xml_text
from libvirtxml.errors import DataError, ModelError, XMLError

_AMOUNT = re.compile(r"\s*(\d+)\s*([A-Za-z]+)\s*")
_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")


def apply(
    document: Element,
    *,
    remove: Sequence[str] = (),
    set: Sequence[tuple[str, str]] = (),  # noqa: A002 - the word of the command line
    add: Sequence[tuple[str, str]] = (),
) -> None:
    """Remove, set and add, in this turn, and check the outcome; paths and values are as for the single functions.

    Raises:
        PathError: a path leads nowhere.
        ModelError: the schema forbids a value, or what came out of all changes together.
    """
    before = {str(problem) for problem in find_problems(document)}
    for path in remove:
        remove_value(document, path)
    for path, text in set:
        set_value(document, path, text)
    for path, text in add:
        add_value(document, path, text)
    found = [str(problem) for problem in find_problems(document)]
    if new := [item for item in found if item not in before and len(found) > len(before)]:
        raise ModelError(new[0], hint="set what belongs together in one go")


def set_value(document: Element, path: str, text: str) -> None:
    """Set what a path leads to; single elements on the way are made if they are missing.

    The value is that of an attribute or text as in XML; of an element with a text (``memory=8GiB``), its text and unit;
    or a whole element as XML or in short notation (``{name: qemu, type: qcow2}``).

    Raises:
        PathError: the path leads nowhere, or to a list.
        ModelError: the schema forbids the value.
    """
    parsed = parse_path(path)
    for place in find(document, parsed, create=True):
        for member in _members(place) if parsed.language is Language.XPATH else [place]:
            _set_one(member, text)


def _members(place: Place) -> list[Place]:
    """A place, or the members of a list: in XPath a name means every element that has it."""
    if not is_list(place):
        return [place]
    if not (members := place.members()):
        raise NothingThereError(f"there is no {place.path()}", hint="add one")
    return list(members)


def add_value(document: Element, path: str, text: str) -> None:
    """Add a member to a list, or a single part that is not there yet: as XML, in short notation, or plain text.

    Raises:
        PathError: the path leads nowhere, or to a part that is there already.
        ModelError: the schema forbids the value.
        XMLError: it is given as XML that is not well-formed.
    """
    for target in find(document, parse_path(path), create=True):
        if not isinstance(target, PathTarget) or (not target.field.many and target.value is not None):
            raise PathError(f"{target.path()} is there already", hint="set it instead")
        if target.index is not None:
            where = target.path()
            raise PathError(f"{where} is a member of a list", hint=f"add to {where.rpartition('[')[0]}")
        value = _new_value(target, text)
        if target.field.many:
            getattr(target.owner, target.field.name).append(value)
        else:
            target.replace(value)


def remove_value(document: Element, path: str) -> None:
    """Take out what a path leads to.

    Raises:
        PathError: the path leads nowhere.
        ModelError: it is required.
    """
    places = find(document, parse_path(path))
    if any(place.value is None for place in places):
        raise NothingThereError(f"there is no {path}")
    for place in reversed(places):
        place.remove()


def _set_one(place: Place, text: str) -> None:
    if not isinstance(place, PathTarget):
        place.set_text(text)
    elif is_list(place):
        where = place.path()
        raise PathError(f"{where} is a list", hint=f"set one member, {where}[0], or add to it")
    elif place.field.kind.is_discriminant:
        _set_variant(place, text)
    elif place.field.kind.is_object and not text.lstrip().startswith(("{", "<")):
        _set_element_text(place, text)
    else:
        place.replace(_new_value(place, text))


def _new_value(target: PathTarget, text: str) -> Any:
    """The value of a field that a text means."""
    field = target.field
    if field.kind.is_object:
        return _new_element(target, text)
    if field.kind.is_nodes:
        from libvirtxml._impl.raw import RawNode  # noqa: PLC0415 - rarely needed

        return RawNode.from_string(text)
    if field.kind.is_flag or field.codec.python == "bool":
        return _new_switch(target, text)
    return _checked(field, text, target.path())


def _checked(field: Field, text: str, path: str) -> Any:
    if not is_xml_text(text):
        raise ModelError(f"{path}: {text!r} holds a character that XML forbids")
    if field.allowed is not None and text not in field.allowed:
        raise ModelError(f"{path}: {text!r} is not allowed", hint=field.expected(text))
    value = field.codec[text]
    if field.codec.python == "int" and isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d+\s*", text):
        raise ModelError(
            f"{path}: libvirt cannot read {text!r} as a number",
            hint="a leading 0 makes it octal; write it without",
        )
    return value


def _new_switch(target: PathTarget, text: str) -> Any:
    field = target.field
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    if not field.kind.is_flag:
        return _checked(field, text, target.path())
    raise ModelError(f"{target.path()}: {text!r} is not allowed", hint="yes or no")


def _new_element(target: PathTarget, text: str) -> Element:
    cls = find_class(target.field.reference)
    if text.lstrip().startswith("<"):
        try:
            made = cls.parse(text.strip())
        except XMLError as error:
            raise XMLError(f"{target.path()}: {error.reason}", hint=error.hint) from error
    else:
        data = parse_flow(text)
        if not isinstance(data, dict):
            made = _from_text(cls, target, text)
        else:
            try:
                made = from_dict({"$class": cls.__name__, **_without_nothing(data)})
            except DataError as error:
                message = str(error).replace("$", target.path(), 1) if str(error).startswith("$") else str(error)
                raise ModelError(message, hint=error.hint or _variants_hint(cls)) from error
    problems = [problem for problem in find_problems(made) if problem.kind is not ProblemKind.CLASS]
    if problems:
        raise ModelError(f"{target.path()}: {problems[0]}", hint=_variants_hint(cls))
    return made


def _from_text(cls: type[Element], target: PathTarget, text: str) -> Element:
    made = cls.__new__(cls)
    _write_text(made, target.path(), text)
    return made


def _without_nothing(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _without_nothing(value) for key, value in data.items() if value is not None}
    return [_without_nothing(item) for item in data] if isinstance(data, list) else data


def _variants_hint(cls: type[Element]) -> str | None:
    info = info_of(cls)
    return f"{info.attribute} is one of {', '.join(v for v in info.variants if v)}" if info.variants else None


def _set_element_text(target: PathTarget, text: str) -> None:
    value = target.value
    if value is None:
        cls = find_class(target.field.reference)
        value = cls.__new__(cls)
        _write_text(value, target.path(), text)
        target.replace(value)
    else:
        _write_text(value, target.path(), text)


def _write_text(element: Element, path: str, text: str) -> None:
    """Set an element's own text; of an amount, the unit too."""
    info = info_of(type(element))
    field = info.text
    if field is None:
        names = ", ".join(f"{path}.{name}" for name in list(info.fields)[:6])
        raise PathError(f"{path} is an element, with fields of its own", hint=f"set one of them: {names}")
    amount = _AMOUNT.fullmatch(text)
    if amount and "unit" in info.fields:
        unit = info.fields["unit"]
        setattr(element, field.name, _checked(field, amount[1], path))
        setattr(element, unit.name, _checked(unit, amount[2], path))
    else:
        setattr(element, field.name, _checked(field, text, path))


def _set_variant(target: PathTarget, text: str) -> None:
    """Make an element another variant of its union; what both have is kept."""
    old = target.owner
    union = type_of(old)
    info = info_of(union)
    if text not in info.variants:
        close = get_close_matches(text, info.variants, 1)
        hint = f"did you mean {close[0]}?" if close else _variants_hint(union)
        raise ModelError(f"{target.path()}: {text!r} is not allowed", hint=hint)
    if not isinstance(target.parent, PathTarget):
        raise PathError(f"the {target.field.name} of the document itself cannot be set")
    try:
        new = from_dict({**to_dict(old), target.field.name: text})
    except DataError as error:
        raise ModelError(
            f"{target.path()} cannot become {text!r} as it is: {error}", hint="remove what does not belong to it first"
        ) from error
    target.parent.replace(new)
