"""The pytest plugin: a fixture, and failed comparisons of documents in words.

pytest loads it in every run of everybody who has the library installed, so it imports nothing of it, and does
nothing, until a test uses it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session", name="assert_domain_equal")
def _assert_domain_equal() -> Callable[..., None]:
    """Assert that two libvirt documents mean the same: see `libvirtxml.testing.assert_domain_equal`."""
    from libvirtxml.testing.asserts import assert_domain_equal  # noqa: PLC0415 - at its first use

    return assert_domain_equal


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Say what differs between two elements of the model of which a test asserted that they are equal."""
    model: Any = sys.modules.get("libvirtxml._impl.element")
    if model is None or op != "==" or not (isinstance(left, model.Element) and isinstance(right, model.Element)):
        return None
    if type(left) is not type(right):
        return None
    from libvirtxml.testing.asserts import describe_differences  # noqa: PLC0415 - at its first use

    found = describe_differences(left, right)
    return [f"{type(left).__name__} == {type(right).__name__} (right -> left):", *found] if found else None
