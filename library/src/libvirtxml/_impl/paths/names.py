"""From the names in paths to the fields of a class, and back."""

from __future__ import annotations

import re
from difflib import get_close_matches

from libvirtxml._impl.paths.steps import Axis, PathError, PathStep, Test
from libvirtxml._impl.tables import ClassInfo, Field
from libvirtxml._impl.trees import shown


def axis_of(field: Field) -> Axis:
    """What a field is in XML."""
    if field.kind.is_attribute:
        return Axis.ATTRIBUTE
    return Axis.TEXT if field.kind.is_text else Axis.ELEMENT


def field_of(info: ClassInfo, step: PathStep) -> Field | None:
    """The field of a class that a step names, or None."""
    if step.axis is Axis.FIELD:
        return info.fields.get(step.name)
    return next(
        (
            field
            for field in info.fields.values()
            if axis_of(field) is step.axis and (step.axis is Axis.TEXT or step.name in (field.key, shown(field.key)))
        ),
        None,
    )


def in_dotted(field: Field, tests: tuple[Test, ...] = ()) -> PathStep:
    """The step that names a field in a dotted path."""
    return PathStep(Axis.FIELD, field.name, tests)


def in_xpath(field: Field, tests: tuple[Test, ...] = ()) -> PathStep:
    """The step that names a field in an XPath."""
    axis = axis_of(field)
    return PathStep(axis, "" if axis is Axis.TEXT else shown(field.key), tests)


def no_such_name(info: ClassInfo, step: PathStep, walked: str) -> PathError:
    """The error for a name that a class does not have, with what it may have been meant for."""
    if step.axis is Axis.FIELD:
        return _no_field(info, step.name, walked)
    names = [in_xpath(field).name for field in info.fields.values() if axis_of(field) is step.axis]
    prefixed = [name for name in names if name.rpartition(":")[2] == re.split("[:}]", step.name)[-1]]
    close = prefixed or get_close_matches(step.name, names, 1)
    mark = "@" if step.axis is Axis.ATTRIBUTE else ""
    what = f"{step.axis} {mark}{shown(step.name)}" if step.name else "text"
    hint = f"did you mean {' or '.join(mark + name for name in close)}?" if close else _listed(names, mark)
    return PathError(f"{walked or '/' + info.tag} has no {what}", hint=hint)


def _listed(names: list[str], mark: str) -> str:
    return f"it has {', '.join(mark + name for name in names)}" if names else "it has none at all"


def _no_field(info: ClassInfo, name: str, walked: str) -> PathError:
    by_key = {field.key.rpartition("}")[2]: field.name for field in info.fields.values()}
    if name in by_key:
        close = [by_key[name]]
    else:
        close = get_close_matches(name, info.fields, 1) or [by_key[key] for key in get_close_matches(name, by_key, 1)]
    hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(info.fields) or 'none'}"
    return PathError(f"{walked or 'a ' + info.tag} has no field {name!r}", hint=hint)
