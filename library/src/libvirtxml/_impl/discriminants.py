"""Whether an element is of the variant that it was read as."""

from __future__ import annotations

from typing import Any

from libvirtxml._impl.tables import ClassInfo, find_class, info_of, quoted


def why_another(cls: type[Any], values: dict[str, Any]) -> str | None:
    """Why an element with these fields is not of a class, in words that name the class it is of; None if it is."""
    info = info_of(cls)
    while info.base is not None:
        union = info_of(find_class(info.base))
        name = union.discriminant.name
        own, given = info.fields[name].reference, values.get(name)
        if given != own and not (given is None and own == union.default):
            return _explained(cls, union, given)
        info = union
    return None


def _explained(cls: type[Any], union: ClassInfo, given: Any) -> str:
    value = union.default or "" if given is None else given
    other = union.variants.get(value) if isinstance(value, str) else None
    if other is not None:
        return f"this is {with_article(other)}, not {with_article(cls.__name__)}"
    if given is None:
        return f"this is not {with_article(cls.__name__)}: it has no {union.attribute}"
    return f"this is not {with_article(cls.__name__)}: its {union.attribute} is {quoted(str(given))}"


def with_article(name: str) -> str:
    """The name of a class with its article: ``a DiskFile``, ``an InterfaceBridge``."""
    return f"{'an' if name[0] in 'AEIO' else 'a'} {name}"
