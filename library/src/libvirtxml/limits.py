"""How much of an input is read before it is refused: size, number of nodes, attributes of an element.

Documents of libvirt are small: the largest of its own test documents has 187 kB and 4,127 nodes, libvirt's protocol
carries 32 MiB at most, and ``virsh`` reads 10 MB. The limits are far above that, and keep what an input can cost in
bounds: reading what the limits allow takes well under a gigabyte of memory and some seconds.

Example:
    >>> from libvirtxml import Domain
    >>> from libvirtxml.limits import Limits
    >>> with Limits(nodes=3).applied():
    ...     Domain.parse("<domain type='kvm'><name>web</name><devices><disk/><disk/></devices></domain>")
    Traceback (most recent call last):
    ...
    libvirtxml.errors.LimitError: 1:52: more than 3 nodes
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, ClassVar, NoReturn, Self

from libvirtxml.errors import LimitError, SizeError, UsageError

__all__ = ["LimitError", "Limits", "current", "set_default"]

SHORTEST_NODE = 4
"""Characters of ``<a/>``."""
SHORTEST_ATTRIBUTE = 5
"""Characters of `` a=''``, of which the first in a tag may be a line break."""
_LONGEST_NUMBER = 20


class Limits:
    """The most that is read of one input; None for no limit.

    The depth of elements, 256 levels as in libxml2 and so in libvirt, is not among them: it cannot be raised.

    Attributes:
        size: bytes of an input that is read as a whole.
        nodes: elements, comments and processing instructions of a document; in JSON and YAML all keys and values, with
            each alias in full.
        attributes: attributes of one element.
        shortest: a document of so many bytes or fewer is within the limits of documents, whatever is in it.
    """

    DEFAULTS: ClassVar[dict[str, int]] = {"size": 64 << 20, "nodes": 250_000, "attributes": 10_000}

    if TYPE_CHECKING:
        size: int | None
        nodes: int | None
        attributes: int | None
        shortest: float

    def __init__(self, **limits: int | None) -> None:
        if wrong := sorted(limits.keys() - self.DEFAULTS.keys()):
            raise UsageError(f"no such limit: {wrong[0]!r}", hint=f"there are {', '.join(self.DEFAULTS)}")
        self.__dict__.update({**self.DEFAULTS, **limits})
        bounds = ((self.size, 1), (self.nodes, SHORTEST_NODE), (self.attributes, SHORTEST_ATTRIBUTE))
        shortest = min((most * length for most, length in bounds if most is not None), default=float("inf"))
        self.__dict__["shortest"] = shortest

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("limits do not change: make others")

    def __eq__(self, other: object) -> bool:
        return self.__dict__ == other.__dict__ if isinstance(other, Limits) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self.__dict__.values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={self.__dict__[name]!r}' for name in self.DEFAULTS)})"

    @classmethod
    def none(cls) -> Self:
        """No limits at all."""
        return cls(**dict.fromkeys(cls.DEFAULTS))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Limits from text such as ``size=1G,nodes=none``; the word ``none`` alone lifts all.

        Numbers may end with ``K``, ``M`` or ``G``, for 1024 and its powers.

        Raises:
            UsageError: there is no such limit, or it is not a number.
        """
        limits: dict[str, int | None] = {}
        for word in filter(None, (part.strip() for part in text.split(","))):
            name, _, value = word.partition("=")
            if word.lower() == "none":
                limits = dict.fromkeys(cls.DEFAULTS)
            elif name in cls.DEFAULTS:
                limits[name] = _number(name, value)
            else:
                limits[name] = None  # which the constructor refuses
        return cls(**limits)

    @contextmanager
    def applied(self) -> Iterator[Self]:
        """Apply these limits, within a ``with`` block and the thread or task that it is in."""
        token = _applied.set(self)
        try:
            yield self
        finally:
            _applied.reset(token)


def _number(name: str, text: str) -> int | None:
    if text.lower() == "none":
        return None
    from libvirtxml.values import split_size, unit_size  # noqa: PLC0415 - only settings need it

    try:
        number, unit = split_size(text if len(text) <= _LONGEST_NUMBER else "")
    except SizeError as error:
        hint = f"{name}=1000, {name}=64M or {name}=none"
        raise UsageError(f"limit {name}: {text!r} is not a number", hint=hint) from error
    return number * (unit_size(unit) if unit else 1)


_applied: ContextVar[Limits] = ContextVar("limits")
_default = Limits()


def current() -> Limits:
    """The limits that apply here."""
    return _applied.get(_default)


def set_default(limits: Limits) -> None:
    """Apply limits wherever no others are, in all threads: for programs, not for libraries."""
    global _default  # noqa: PLW0603 - what is set for the process
    _default = limits


def check_size(size: int, *, name: str | None = None) -> None:
    """Raise a `LimitError` if an input of this size is not read."""
    if (most := current().size) is not None and size > most:
        raise LimitError("size", f"larger than {shown_bytes(most)}", source=name)


def shown_bytes(count: int) -> str:
    """A number of bytes for people: in MiB where it is a whole number of them."""
    return f"{count >> 20:,} MiB" if count and not count % (1 << 20) else f"{count:,} bytes"
