"""The errors that the library raises on purpose.

Every error is a `LibvirtXMLError` and one of four kinds: a request that is wrong in itself, an input that cannot be
read, something that is not installed, or a file that cannot be written. A message is one lower-case sentence that names
the thing and the reason; a hint is one thing the reader can do about it.
"""

from __future__ import annotations

from typing import Any, Self


class LibvirtXMLError(Exception):
    """Base of all errors that the library raises on purpose."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy without calling ``__init__``, whose arguments differ from class to class: errors travel by pickle."""
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: type[LibvirtXMLError], arguments: tuple[Any, ...], attributes: dict[str, Any]) -> LibvirtXMLError:
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(attributes)
    return error


class UsageError(LibvirtXMLError):
    """The request itself is wrong: an unknown name, arguments that exclude each other."""


class InputError(LibvirtXMLError):
    """An input cannot be read or parsed.

    ``source`` names the input (a path or ``<stdin>``), ``line`` and ``column`` count from 1; each is None where it
    is not known. What is known is put in front of the message, as compilers do.
    """

    def __init__(
        self,
        message: str,
        *,
        source: str | None = None,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        where = ":".join(str(part) for part in (source, line, column) if part is not None)
        super().__init__(f"{where}: {message}" if where else message, hint=hint)
        self.reason = message
        self.source = source
        self.line = line
        self.column = column

    def with_source(self, source: str | None) -> Self:
        """The same error of an input with this name; an error that names its input already is returned as it is."""
        if self.source or not source:
            return self
        return type(self)(self.reason, source=source, line=self.line, column=self.column, hint=self.hint)


class MissingError(LibvirtXMLError):
    """Something needed is not installed."""


class WriteError(LibvirtXMLError):
    """A file cannot be written: the disk is full, permissions forbid it; ``source`` names it.

    The file that was there is unchanged.
    """

    def __init__(self, message: str, *, source: str, hint: str | None = None) -> None:
        super().__init__(f"{source}: {message}", hint=hint)
        self.source = source


class XMLError(InputError):
    """The input is not a well-formed libvirt document, or not one that is safe to read."""


class DataError(InputError):
    """JSON or YAML data is not that of a libvirt document; the message begins with the path of the culprit."""


class LimitError(XMLError, DataError):
    """An input goes beyond a limit of `libvirtxml.limits`; ``limit`` is its name there.

    It is both an `XMLError` and a `DataError`: whoever handles the errors of a reader handles this one too.
    """

    def __init__(
        self,
        limit: str,
        message: str,
        *,
        source: str | None = None,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        hint = hint or f"libvirtxml.limits.Limits({limit}=...) raises this limit"
        super().__init__(message, source=source, line=line, column=column, hint=hint)
        self.limit = limit

    def with_source(self, source: str | None) -> Self:
        """The same error of an input with this name; an error that names its input already is returned as it is."""
        if self.source or not source:
            return self
        return type(self)(self.limit, self.reason, source=source, line=self.line, column=self.column, hint=self.hint)


class ModelError(UsageError, ValueError):
    """A field was given a value that libvirt's schema forbids, or a required one is missing.

    It is a `ValueError` too, which is what Python users expect of a constructor. Its text has the hint as well, since a
    traceback shows nothing else.
    """

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class SizeError(InputError, ValueError):
    """A size, or a unit of size, that libvirt does not know."""


class UnknownFieldError(UsageError, AttributeError):
    """A class has no such field."""


class NothingFreeError(UsageError, LookupError):
    """A domain has no address or slot left of the kind that was asked for."""
