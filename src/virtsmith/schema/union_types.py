"""The types of unions: ``AnyDisk`` is what an element of a list of disks can be, for ``match`` and narrowing.

A union class such as ``Disk`` is the base of its variants. Type checkers cannot know that there are no others, so a
field that holds variants is declared with a type that lists them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import replace

from virtsmith.schema.plan import ClassPlan, FieldPlan

_WIDTH = 120


def union_types(plans: Iterable[ClassPlan]) -> dict[str, list[str]]:
    """Return the classes that an element of each union can have, by the name of the union class.

    Unions that can be built themselves, without the attribute that distinguishes the variants, have no such type.
    """
    plans = list(plans)
    variants: dict[str, list[ClassPlan]] = {}
    for plan in plans:
        if plan.base is not None:
            variants.setdefault(plan.base, []).append(plan)
    abstract = {plan.name for plan in plans if is_abstract(plan)}

    def leaves(name: str) -> list[str]:
        below = [leaf for variant in variants.get(name, []) for leaf in leaves(variant.name)]
        return below if name in abstract else [name, *below]

    return {name: leaves(name) for name in sorted(abstract)}


def is_abstract(plan: ClassPlan) -> bool:
    """Whether only the variants of a class can be built."""
    return plan.union is not None and (plan.union.default is not None or plan.union.required)


def type_name(union: str) -> str:
    """Return the name of the type of a union: ``AnyDisk``."""
    return f"Any{union}"


def use_union_types(plans: Iterable[ClassPlan], unions: dict[str, list[str]]) -> None:
    """Declare the fields that hold variants with the types of their unions."""
    for plan in plans:
        plan.uses = {type_name(name) if name in unions else name for name in plan.uses}
        for planned in plan.fields:
            reference = planned.reference
            if reference in unions:
                planned.annotation = planned.annotation.replace(reference, type_name(reference))


def plan_common_fields(plans: Iterable[ClassPlan]) -> None:
    """Plan what can be read on a union itself: the children that all its variants have, whatever their types."""
    plans = list(plans)
    variants: dict[str, list[ClassPlan]] = {}
    for plan in plans:
        if plan.base is not None:
            variants.setdefault(plan.base, []).append(plan)

    def children(plan: ClassPlan) -> dict[str, FieldPlan]:
        """Return the children that objects of a class have beyond those of its base."""
        own = {planned.name: planned for planned in plan.fields if planned.kind.is_object and not planned.inherited}
        if not is_abstract(plan):
            return own
        found = [children(variant) for variant in variants.get(plan.name, [])]
        names = (
            [name for name in found[0] if all(name in other for other in found) and name not in own] if found else []
        )
        plan.common = []
        for name in names:
            several = [other[name] for other in found]
            notes = list(dict.fromkeys(note for planned in several for note in planned.annotation.split(" | ")))
            if len({planned.many for planned in several}) == 1 and not (several[0].many and len(notes) > 1):
                plan.common.append(replace(several[0], annotation=" | ".join(notes)))
        plan.uses |= {note for planned in plan.common for note in _class_names(planned.annotation)}
        return own | {planned.name: planned for planned in plan.common}

    for plan in plans:
        if plan.base is None:
            children(plan)


def _class_names(annotation: str) -> list[str]:
    return [note.removeprefix("list[").removesuffix("]") for note in annotation.split(" | ")]


def declaration(union: str, members: list[str]) -> str:
    """Return the type of a union as Python text."""
    head = f"{type_name(union)}: TypeAlias = "
    line = head + " | ".join(members)
    if len(line) <= _WIDTH:
        return f"{line}\n"
    lines = textwrap.wrap(" | ".join(members), _WIDTH - 4, break_long_words=False)
    inside = "\n".join(f"    {line}" for line in lines)
    return f"{head}(\n{inside}\n)\n"
