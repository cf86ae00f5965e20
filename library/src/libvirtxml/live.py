"""Documents of libvirt-python's objects: read them with the right flags, change them and define them again.

`parse` asks an object for the document as libvirt shows it by default: of a running domain what is running, without
passwords. Whoever changes that and defines it writes runtime state into the stored definition, and deletes passwords.
The functions here know the flags of each kind of object. The library does not import libvirt-python; it is given its
objects.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

from libvirtxml._impl.diff import Change, diff
from libvirtxml._impl.document import parse
from libvirtxml._impl.element import Element
from libvirtxml._impl.running import run_time_parts
from libvirtxml.errors import ModelError
from libvirtxml.model.domain import Domain

__all__ = ["Update", "load", "run_time_parts", "update"]

AnyElement = TypeVar("AnyElement", bound=Element)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of object of libvirt-python: the flags of its document, and how it is defined."""

    inactive: int = 0
    secure: int = 0
    define: str = ""


_KINDS = {
    "virDomain": _Kind(inactive=2, secure=1, define="defineXML"),
    "virNetwork": _Kind(inactive=1, define="networkDefineXML"),
    "virStoragePool": _Kind(inactive=1, define="storagePoolDefineXML"),
    "virInterface": _Kind(inactive=1, define="interfaceDefineXML"),
    "virNWFilter": _Kind(define="nwfilterDefineXML"),
    "virSecret": _Kind(define="secretDefineXML"),
    "virDomainSnapshot": _Kind(secure=1),
    "virDomainCheckpoint": _Kind(secure=1),
}
"""By the name of the class; the numbers are those of libvirt's ABI, ``VIR_DOMAIN_XML_INACTIVE`` and so on."""


@dataclass(frozen=True, slots=True)
class Update(Generic[AnyElement]):
    """What became of a change."""

    old: AnyElement
    """The definition as it was."""
    requested: AnyElement
    """The definition as it was changed, and given to libvirt."""
    actual: AnyElement
    """The definition as libvirt has it now."""
    defined: bool
    """Whether libvirt was given a new definition; False if nothing was changed."""
    needs_restart: bool
    """Whether the object is running, so that the new definition counts from its next start."""

    @property
    def changes(self) -> list[Change]:
        """What was changed: the old and the requested definition compared."""
        return diff(self.old, self.requested)

    @property
    def not_fulfilled(self) -> list[Change]:
        """What libvirt did not take as it was requested; what it only filled in is not among it."""
        return diff(self.requested, self.actual, "requested")


@overload
def load(source: Any, *, inactive: bool = False, secure: bool = False) -> Element: ...
@overload
def load(source: Any, cls: type[AnyElement], *, inactive: bool = False, secure: bool = False) -> AnyElement: ...
def load(source: Any, cls: type[Element] | None = None, *, inactive: bool = False, secure: bool = False) -> Element:
    """Read the document of an object of libvirt-python.

    Args:
        source: a ``virDomain``, ``virNetwork``, ``virStoragePool`` and so on, or an object of a class derived from one.
        cls: the class to read it as; the result has this type.
        inactive: read the stored definition, which the object has at its next start, and not what is running.
        secure: with passwords; libvirt refuses this on a read-only connection.

    Raises:
        ModelError: objects of this kind have no such form.
        XMLError: the document is not one of ``cls``.

    Example:
        >>> import libvirt  # doctest: +SKIP
        >>> connection = libvirt.open("test:///default")  # doctest: +SKIP
        >>> load(connection.lookupByName("test"), Domain, inactive=True, secure=True).name  # doctest: +SKIP
        'test'
    """
    kind = _kind_of(source)
    for word, given, flag in (("inactive", inactive, kind.inactive), ("secure", secure, kind.secure)):
        if given and not flag:
            raise ModelError(f"a {type(source).__name__} has no {word} form", hint=f"leave out {word}")
    flags = kind.inactive * inactive | kind.secure * secure
    text = source.XMLDesc(flags) if flags else source
    return parse(text, cls) if cls is not None else parse(text)


@overload
def update(source: Any, change: Callable[[Domain], object]) -> Update[Domain]: ...
@overload
def update(source: Any, change: Callable[[AnyElement], object], cls: type[AnyElement]) -> Update[AnyElement]: ...
def update(source: Any, change: Callable[[Any], object], cls: type[Element] = Domain) -> Update[Any]:
    """Change the stored definition of an object of libvirt-python, and see what libvirt made of it.

    The definition is read whole, with passwords; nothing is defined if nothing was changed. A running object goes on as
    it is. Between reading and defining somebody else may define it too: whoever comes last wins, as libvirt has it.

    Args:
        source: a ``virDomain``, ``virNetwork``, ``virStoragePool``, ``virInterface``, ``virNWFilter`` or ``virSecret``.
        change: changes the document that it is given, in place.
        cls: the class of the document, if it is not a domain.

    Raises:
        ModelError: the name or UUID was changed, which would define another object; or such objects are not defined.
        libvirt.libvirtError: libvirt refuses the definition.

    Example:
        >>> def more_memory(domain: Domain) -> None:
        ...     domain.memory.resize(4 << 30)
        >>> done = update(connection.lookupByName("test"), more_memory)  # doctest: +SKIP
        >>> print(*done.changes, *done.not_fulfilled)  # doctest: +SKIP
    """
    kind = _kind_of(source)
    if not kind.define:
        raise ModelError(f"a {type(source).__name__} cannot be defined again")
    old = load(source, cls, inactive=bool(kind.inactive), secure=bool(kind.secure))
    requested = deepcopy(old)
    change(requested)
    _check_identity(old, requested)
    needs_restart = bool(kind.inactive and source.isActive())
    if requested.to_xml() == old.to_xml():
        return Update(old, requested, old, defined=False, needs_restart=False)
    defined = getattr(source.connect(), kind.define)(requested.to_xml())
    actual = load(defined, cls, inactive=bool(kind.inactive), secure=bool(kind.secure))
    return Update(old, requested, actual, defined=True, needs_restart=needs_restart)


def _kind_of(source: Any) -> _Kind:
    """The kind of an object, by the names of its class and those that it derives from."""
    for cls in type(source).__mro__:
        if (found := _KINDS.get(cls.__name__)) is not None:
            return found
    return _Kind()


def _check_identity(old: Any, new: Any) -> None:
    for name in ("name", "uuid"):
        before, after = getattr(old, name, None), getattr(new, name, None)
        if before != after:
            raise ModelError(
                f"the {name} was changed from {before!r} to {after!r}, which defines another object",
                hint="rename it with libvirt's own call, or define a clone",
            )
