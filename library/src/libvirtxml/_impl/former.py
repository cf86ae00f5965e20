"""What some release's schema allows is no problem, though the newest one does not allow it any more."""

from __future__ import annotations

from collections.abc import Iterable

from libvirtxml._impl.element import Element
from libvirtxml._impl.problem import Problem, ProblemKind

_OF_OTHER_PLACES = (ProblemKind.COMBINATION, ProblemKind.MISSING)
"""Their paths are those of the element around them, and the model asks itself which releases demand what is missing."""


def in_no_release(element: Element, problems: Iterable[Problem]) -> list[Problem]:
    """The problems of an element without those that the schema of some release does not mind."""
    found = list(problems)
    if all(problem.kind in _OF_OTHER_PLACES for problem in found):
        return found
    from libvirtxml.acceptance import check  # noqa: PLC0415 - only for documents that have problems

    allowed: dict[str, frozenset[str]] = {}
    for refusal in check(element).refusals:
        path, releases = _plain(refusal.path), frozenset(refusal.accepted.releases)
        allowed[path] = allowed.get(path, releases) & releases
    return [item for item in found if item.kind in _OF_OTHER_PLACES or not allowed.get(_plain(item.path))]


def _plain(path: str) -> str:
    return path.replace("[1]", "")
