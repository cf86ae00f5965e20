"""The error for twins."""

from __future__ import annotations

from virtsmith.errors import InputError


class TwinError(InputError):
    """The facts are not sufficient for a host, or describe one that QEMU cannot emulate."""
