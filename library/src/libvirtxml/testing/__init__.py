"""Help for the tests of those who build on libvirt; the pytest plugin comes with the installation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from libvirtxml.testing.asserts import assert_domain_equal as assert_domain_equal


def __getattr__(name: str) -> Any:
    """Import what is asked for: pytest imports this package in every run."""
    if name == "assert_domain_equal":
        from libvirtxml.testing.asserts import assert_domain_equal  # noqa: PLC0415 - at its first use

        return assert_domain_equal
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
