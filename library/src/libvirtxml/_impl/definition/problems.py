"""What keeps libvirt from defining an element, as problems beside those of its schema."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from libvirtxml._impl.element import Element
from libvirtxml._impl.problem import Problem, ProblemKind
from libvirtxml._impl.problems import find_problems
from libvirtxml.definition import find_objections


def all_problems(element: Element) -> list[Problem]:
    """What the schema forbids, and what keeps libvirt from defining it where the schema says nothing of the place."""
    found = find_problems(element)
    return found + definition_problems(element, [(problem.path, problem.message) for problem in found])


def definition_problems(element: Element, known: Collection[tuple[str, str]]) -> list[Problem]:
    """What keeps libvirt from defining an element, whatever its schema says; only what all releases object to.

    What is known already, as paths and messages, is left out.
    """
    messages: defaultdict[str, list[str]] = defaultdict(list)
    for place, message in known:
        messages[place].append(message)

    def is_known(path: str) -> bool:
        owner, _, step = path.rpartition("/")
        missing = f" {step.removeprefix('@')} is missing"
        return path in messages or any(missing in message for message in messages.get(owner, ()))

    objections = find_objections(element) or ()
    return [
        Problem(ProblemKind.NOT_DEFINED, item.path, item.message, item.rule)
        for item in objections
        if not is_known(item.path)
    ]
