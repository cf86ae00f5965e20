"""Help for the tests of those who build on libvirt; the pytest plugin comes with the installation."""

from __future__ import annotations

from virtsmith.testing.asserts import assert_domain_equal

__all__ = ["assert_domain_equal"]
