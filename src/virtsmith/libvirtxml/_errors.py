"""Errors of the XML model."""

from __future__ import annotations

from virtsmith.errors import InputError, UsageError


class XMLError(InputError):
    """The input is not a well-formed libvirt document, or not one that is safe to read."""


class DataError(InputError):
    """JSON or YAML data is not that of a libvirt document; the message begins with the path of the culprit."""


class ModelError(UsageError, ValueError):
    """A field was given a value that libvirt's schema forbids, or a required one is missing.

    It is a `ValueError` too, which is what Python users expect of a constructor.
    """


class UnknownFieldError(UsageError, AttributeError):
    """A class has no such field."""
