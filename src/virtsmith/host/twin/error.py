"""The error of twins."""

from __future__ import annotations

from virtsmith.errors import InputError


class TwinError(InputError):
    """The facts do not say enough to make a host of, or describe one that QEMU cannot be."""
