"""Assertions about libvirt documents that say what differs."""

from __future__ import annotations

from typing import Any, Literal

Profile = Literal["all", "config", "abi"]


def assert_domain_equal(actual: Any, expected: Any, *, profile: Profile = "all") -> None:
    r"""Assert that two libvirt documents (of any kind, not domains alone) mean the same.

    Args:
        actual: an element of the model, or anything that `libvirtxml.parse` takes: text, a path, an object
            with ``XMLDesc()``.
        expected: what it should be.
        profile: ``all``; ``config``, without what changes while a domain runs and what libvirt fills in; or ``abi``,
            only what a guest sees.

    Raises:
        AssertionError: they differ; the message lists each difference.
        XMLError: one of them cannot be read.

    Example:
        >>> from libvirtxml.testing import assert_domain_equal
        >>> a = "<domain type='kvm'><name>web</name><memory unit='GiB'>1</memory></domain>"
        >>> b = "<domain type='kvm'>\n  <name>web</name>\n  <memory>1048576</memory>\n</domain>"
        >>> assert_domain_equal(a, b)
    """
    __tracebackhide__ = True
    if found := describe_differences(actual, expected, profile=profile):
        lines = "\n".join(f"  {line}" for line in found)
        count = "1 difference" if len(found) == 1 else f"{len(found)} differences"
        raise AssertionError(f"the documents differ ({count}, expected -> actual, profile {profile}):\n{lines}")


def describe_differences(actual: Any, expected: Any, *, profile: str = "all") -> list[str]:
    """The differences in words, one a line."""
    from libvirtxml import diff  # noqa: PLC0415 - nothing is imported before it is needed

    return [str(change) for change in diff(expected, actual, profile)]
