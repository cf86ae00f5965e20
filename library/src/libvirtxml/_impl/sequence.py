"""The order of an element's children: what is remembered of the document, followed as far as the children are there.

Comments, instructions and unknown elements belong to the known child that they come before, remarks at the end of a
line to the child on that line. They go where it goes when a list is sorted. When it is removed, its remarks and the
comments directly before it are removed with it, so that they never describe another; unknown elements stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any

from libvirtxml._impl.raw import Extra, RawNode
from libvirtxml._impl.tables import ClassInfo, info_of

Entry = tuple[str, Any]
"""A child: ``(field, (index, value, odd node or None))`` or ``("", raw node)``."""

Group = list[Entry]
"""A child with what belongs to it, before it and behind it."""


def children_in_order(element: Any) -> list[Entry]:
    """The children of an element in the order in which they are written."""
    return merged_sequence(element.__dict__, element.extra, info_of(type(element)))


def current_sequence(element: Any) -> list[Any]:
    """The `Extra.sequence` that the children of an element have now; empty if none is remembered."""
    extra = element.extra
    if extra is None or not extra.sequence:
        return []
    info = info_of(type(element))
    own_text = [item for item in extra.sequence if isinstance(item, tuple) and info.fields[item[0]].kind.is_text]
    if info.nodes is not None or own_text:
        return list(extra.sequence)
    return [_item(name, value) for name, value in children_in_order(element)]


def _item(name: str, value: Any) -> Any:
    if not name:
        return value
    return name if value[2] is None else (name, value[2])


def remember_members(extra: Extra | None, values: dict[str, Any], info: ClassInfo) -> None:
    """Note which children there are now, if any content beyond the model is among them."""
    if extra is None or not extra.sequence:
        return
    if any(not isinstance(item, str) for item in extra.sequence):
        extra.members = {name: tuple(items) for name, items in _lists(values, info).items()}


def merged_sequence(values: dict[str, Any], extra: Extra | None, info: ClassInfo) -> list[Entry]:
    """The children in order; a new one comes after the one before it in its list, or where libvirt has it.

    Without a sequence, the order of the fields is the order in the document.
    """
    lists = _lists(values, info)
    sequence = (extra.sequence if extra else None) or []
    if not sequence:
        return [_entry(name, i, item) for name, items in lists.items() for i, item in enumerate(items)]
    slots = Counter(item if isinstance(item, str) else item[0] for item in sequence if not isinstance(item, RawNode))
    members = (extra.members if extra else None) or {}
    matched = {
        name: match_members(members.get(name, ()), items, slots[name]) if name in slots else {}
        for name, items in lists.items()
    }
    groups = _follow(sequence, lists, matched)
    for name, items in lists.items():
        _add_new(groups, name, items, set(matched[name].values()), info)
    return [entry for group in groups for entry in group]


def _lists(values: dict[str, Any], info: ClassInfo) -> dict[str, list[Any]]:
    """The children by field; those of a field that is not a list too."""
    return {
        name: value if field.many else [value]
        for name, value in values.items()
        if name in info.fields and (field := info.fields[name]).kind.is_child
    }


def _entry(name: str, index: int, value: Any, odd: RawNode | None = None) -> Entry:
    return ("", value) if isinstance(value, RawNode) else (name, (index, value, odd))


def match_members(before: Sequence[Any], now: Sequence[Any], count: int) -> dict[int, int]:
    """Which of ``count`` former members is which one now: itself, or what was put in its place; in places."""
    if len(before) != count or (all(a is b for a, b in zip(before, now, strict=False)) and len(now) >= count):
        return {i: i for i in range(min(count, len(now)))}

    from libvirtxml._impl.alignment import opcodes  # noqa: PLC0415 - rarely needed

    old, new = _keys(before), _keys(now)
    places = {key: i for i, key in enumerate(new)}
    found = {i: places[key] for i, key in enumerate(old) if key in places}
    kept = set(found.values())
    for tag, a, b, c, d in opcodes(old, new):
        gone = [i for i in range(a, b) if i not in found]
        come = [j for j in range(c, d) if j not in kept]
        if tag == "replace" and len(gone) == len(come):
            found |= zip(gone, come, strict=True)
    return found


def _keys(members: Sequence[Any]) -> list[Hashable]:
    """What members are known by: elements by identity, equal values by the number of the occurrence."""
    seen: Counter[Hashable] = Counter()
    keys: list[Hashable] = []
    for member in members:
        key = (type(member), member) if isinstance(member, (str, int)) else id(member)
        seen[key] += 1
        keys.append((key, seen[key]))
    return keys


def _follow(sequence: list[Any], lists: dict[str, list[Any]], matched: dict[str, dict[int, int]]) -> list[Group]:
    """The children that the sequence knows and what belongs to them, in groups in its order."""
    belongs: dict[tuple[str, int], Group] = {}
    order: list[str | Group] = []
    seen: Counter[str] = Counter()
    waiting: Group = []
    last: Group = []
    for item in sequence:
        if isinstance(item, RawNode):
            (last if item.behind and seen and not waiting else waiting).append(("", item))
            continue
        name, odd = item if isinstance(item, tuple) else (item, None)
        place = seen[name]
        seen[name] += 1
        if place in matched.get(name, {}):
            index = matched[name][place]
            last = belongs[name, index] = [*waiting, _entry(name, index, lists[name][index], odd)]
            order.append(name)
        else:
            order.append(_without_comments_at_end(waiting))
            last = []
        waiting = []
    present = {name: iter(sorted(places.values())) for name, places in matched.items()}
    groups = [belongs[item, next(present[item])] if isinstance(item, str) else item for item in order]
    return [group for group in (*groups, *([entry] for entry in waiting)) if group]


def _without_comments_at_end(group: Group) -> Group:
    """What stays where a child was removed: all up to the last unknown element or text."""
    end = len(group)
    while end and group[end - 1][1].is_remark:
        end -= 1
    return group[:end]


def _add_new(groups: list[Group], name: str, items: list[Any], known: set[int], info: ClassInfo) -> None:
    """Put the members of a field that the sequence does not know into the order.

    Members that follow one another go to one place: behind the one before them in the list.
    """
    runs: list[tuple[int, Group]] = []
    for index, value in enumerate(items):
        if index in known:
            continue
        if index - 1 in known or not runs:
            runs.append((index, []))
        runs[-1][1].append(_entry(name, index, value))
    if not runs:
        return
    children = [_child(group) for group in groups]
    places = {child[1][0]: place for place, child in enumerate(children) if child[0] == name}
    coming: dict[int, Group] = {}
    for first, run in runs:
        if not run[0][0]:
            place = len(groups)
        elif first - 1 in places:
            place = places[first - 1] + 1
        elif known and places:
            place = min(places.values())
        else:
            place = place_for(run[0][0], [child[0] for child in children], info)
        coming.setdefault(place, []).extend(run)
    merged: list[Group] = []
    for place in range(len(groups) + 1):
        merged += [[entry] for entry in coming.get(place, ())]
        merged += groups[place : place + 1]
    groups[:] = merged


def _child(group: Group) -> Entry:
    """The child to which the rest of a group belongs; the last node of a group without one."""
    return next((entry for entry in group if entry[0]), group[-1])


def place_for(name: str, names: list[str], info: ClassInfo) -> int:
    """Where a new child goes: behind its like, else behind the last one that comes before it in canonical order."""
    if not name or info.nodes:
        return len(names)
    rank = info.ranks[name]
    best, place = -1, 0
    for i, other in enumerate(names):
        if other and best <= info.ranks[other] <= rank:
            best, place = info.ranks[other], i + 1
    return place
