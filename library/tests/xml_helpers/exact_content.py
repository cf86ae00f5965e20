"""All that an object of the model holds, in its order, with the types and spellings that equality passes over."""

from typing import Any

from libvirtxml._impl.element import Element
from libvirtxml._impl.raw import Extra


def exact_content(value: Any) -> Any:
    if isinstance(value, Element):
        return type(value).__name__, [(name, exact_content(item)) for name, item in value.__dict__.items()]
    if isinstance(value, (list, tuple)):
        return [exact_content(item) for item in value]
    if isinstance(value, Extra):
        return [exact_content(getattr(value, name)) for name in Extra.__slots__]
    return type(value).__name__, repr(value), str(value)
