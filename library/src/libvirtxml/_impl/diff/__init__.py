"""Semantic comparison of libvirt documents: what really differs."""

from __future__ import annotations

from typing import Any

from libvirtxml._impl.data import type_of
from libvirtxml._impl.diff.changes import Change, ChangeKind
from libvirtxml._impl.diff.compare import Comparer
from libvirtxml._impl.diff.profiles import PROFILES
from libvirtxml._impl.element import Element
from libvirtxml._impl.fragments import parse_any
from libvirtxml.errors import ModelError, UsageError

__all__ = ["Change", "ChangeKind", "diff"]


def diff(old: Any, new: Any, profile: str = "all") -> list[Change]:
    """What differs between two documents, or two elements of one kind.

    Values are compared, not spellings; lists by the identity of their members; order only where libvirt gives it a
    meaning; an absent part is the same as its documented default. Comments and layout mean nothing.

    Args:
        old: an element, or whatever ``parse`` takes.
        new: what to compare it with.
        profile: ``all``; ``config``, without what changes while a domain runs and what libvirt makes up; ``abi``, only
            what a guest sees; or ``requested``: ``old`` was given to libvirt, ``new`` is what it returned, and what it
            and its drivers add by themselves is not a difference (addresses, controllers, defaults of the machine,
            versions of machine types, a resolved ``host-model``).

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
        >>> requested = "<domain type='kvm'><name>web</name><os><type machine='q35'>hvm</type></os></domain>"
        >>> diff(requested, requested.replace("q35", "pc-q35-9.0").replace("'kvm'", "'kvm' id='7'"), "requested")
        []
    """
    if profile not in PROFILES:
        raise UsageError(f"no profile is called {profile!r}", hint=f"there are {', '.join(PROFILES)}")
    first = old if isinstance(old, Element) else parse_any(old)
    second = new if isinstance(new, Element) else parse_any(new)
    kinds = type_of(first), type_of(second)
    if kinds[0] is not kinds[1]:
        raise ModelError(f"cannot compare a {kinds[0].__name__} with a {kinds[1].__name__}")
    return Comparer(PROFILES[profile]).run(first, second)
