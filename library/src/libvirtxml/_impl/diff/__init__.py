"""Semantic comparison of libvirt documents: what really differs."""

from __future__ import annotations

from typing import Any

from libvirtxml._impl.data import type_of
from libvirtxml._impl.diff.changes import Change, ChangeKind
from libvirtxml._impl.diff.compare import Comparison
from libvirtxml._impl.diff.profiles import PROFILES, REQUESTED, Profile
from libvirtxml._impl.element import Element
from libvirtxml._impl.fragments import parse_any
from libvirtxml.errors import ModelError, UsageError

__all__ = ["Change", "ChangeKind", "diff", "requested_vs_actual"]


def diff(old: Any, new: Any, profile: str = "all") -> list[Change]:
    """What differs between two documents, or two elements of one kind.

    Values are compared, not spellings; lists by the identity of their members; order only where libvirt gives it a
    meaning; an absent part is the same as its documented default. Comments and layout mean nothing.

    Args:
        old: an element, or whatever ``parse`` takes.
        new: what to compare it with.
        profile: ``all``; ``config``, without what changes while a domain runs and what libvirt makes up; or ``abi``,
            only what a guest sees.

    Raises:
        ModelError: the two are of different kinds.
        UsageError: there is no such profile.
        XMLError: one of them cannot be read.

    Example:
        >>> old = "<domain type='kvm'><name>web</name><memory unit='GiB'>1</memory><vcpu>2</vcpu></domain>"
        >>> new = "<domain type='kvm'><name>web</name><vcpu>4</vcpu><memory>1048576</memory></domain>"
        >>> for change in diff(old, new):
        ...     print(change)
        vcpu: 2 -> 4
    """
    if profile not in PROFILES:
        raise UsageError(f"no profile is called {profile!r}", hint=f"there are {', '.join(PROFILES)}")
    return _compare(old, new, PROFILES[profile])


def requested_vs_actual(requested: Any, actual: Any) -> list[Change]:
    """What was asked for and is not so, for tools that poll libvirt.

    As the profile ``config``, and besides what libvirt and its drivers add by themselves counts as no difference:
    addresses, controllers, defaults of the machine, versions of machine types, a resolved ``host-model``.

    Args:
        requested: the document that was given to libvirt: an element, or whatever ``parse`` takes.
        actual: what libvirt returned, active or inactive.

    Example:
        >>> asked = "<domain type='kvm'><name>web</name><os><type machine='q35'>hvm</type></os></domain>"
        >>> returned = "<domain type='kvm' id='7'><name>web</name><os><type machine='pc-q35-9'>hvm</type></os></domain>"
        >>> requested_vs_actual(asked, returned)
        []
    """
    return _compare(requested, actual, REQUESTED)


def _compare(old: Any, new: Any, profile: Profile) -> list[Change]:
    first = old if isinstance(old, Element) else parse_any(old)
    second = new if isinstance(new, Element) else parse_any(new)
    kinds = type_of(first), type_of(second)
    if kinds[0] is not kinds[1]:
        raise ModelError(f"cannot compare a {kinds[0].__name__} with a {kinds[1].__name__}")
    return Comparison(profile).run(first, second)
