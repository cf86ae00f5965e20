"""Which member of one list is which of another: by identity, by equality, then by what they have in common."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from libvirtxml._impl.diff.identity import DEVICE_KEYS, IDENTITY, Key
from libvirtxml._impl.diff.values import canonical_mac
from libvirtxml._impl.diff.views import Views
from libvirtxml._impl.element import Element
from libvirtxml._impl.tables import info_of

Pair = tuple[int, int]
_MOST_COMPARED = 10_000
"""Beyond so many pairs of members without identity only position pairs them: comparing all would take too long."""
_ALIKE = 0.5
"""Members that have an identity, but not the same, are one and the same only if so much of them is alike."""


def match_members(old: Sequence[Element], new: Sequence[Element], views: Views) -> list[Pair]:
    """Pairs of places, sorted by the first; what is in no pair was removed or added."""
    pairs: list[Pair] = []
    free_old, free_new = dict.fromkeys(range(len(old))), dict.fromkeys(range(len(new)))

    def take(i: int, j: int) -> None:
        pairs.append((i, j))
        del free_old[i]
        del free_new[j]

    if not old or not new:
        return pairs
    keys = keys_of(old[0], views)
    for key in keys:
        _pair_unique(old, new, free_old, free_new, lambda item, i, key=key: key_value(item, key, i, views), take)  # type: ignore[misc]
        if not free_old or not free_new:
            return sorted(pairs)
    _pair_in_turn(old, new, free_old, free_new, views, take)
    if free_old and free_new:
        _pair_similar(old, new, free_old, free_new, views, take)
    return sorted(pairs)


def keys_of(member: Element, views: Views) -> tuple[Key, ...]:
    """What members of this class are known by."""
    name = views.plan(type(member)).union
    fields = info_of(type(member)).fields
    return IDENTITY.get(name, ()) + (DEVICE_KEYS if "alias" in fields or "address" in fields else ())


def key_value(member: Element, key: Key, place: int, views: Views) -> Any:
    """What a key is for a member; None if it has none."""
    found: list[Any] = []
    for path in key:
        names, _, position = path.partition("|")
        value = lookup(member, names.rstrip("?"))
        if value is None and position:
            value = place
        if isinstance(value, Element):
            value = views.print_of(value)
            if not value[1]:
                return None
        if value is None and not path.endswith("?"):
            return None
        found.append(canonical_mac(value))
    return tuple(found)


def lookup(member: Any, path: str) -> Any:
    """The value at a dotted path, or None."""
    for name in path.split("."):
        if not isinstance(member, Element):
            return None
        member = getattr(member, name, None) if name == "type" else member.__dict__.get(name)
    return member if not isinstance(member, list) else None


def _pair_unique(  # noqa: PLR0917 - the state of one matching
    old: Sequence[Element],
    new: Sequence[Element],
    free_old: dict[int, None],
    free_new: dict[int, None],
    key: Callable[[Element, int], Any],
    take: Callable[[int, int], None],
) -> None:
    """Pair members whose key no other member of their list has."""
    first, second = _unique(old, free_old, key), _unique(new, free_new, key)
    for value, i in first.items():
        if (j := second.get(value)) is not None:
            take(i, j)


def _unique(members: Sequence[Element], free: dict[int, None], key: Callable[[Element, int], Any]) -> dict[Any, int]:
    found: dict[Any, int] = {}
    repeated: set[Any] = set()
    for i in free:
        value = key(members[i], i)
        if value is None:
            continue
        if value in found:
            repeated.add(value)
        found[value] = i
    return {value: i for value, i in found.items() if value not in repeated}


def _pair_in_turn(  # noqa: PLR0917 - the state of one matching
    old: Sequence[Element],
    new: Sequence[Element],
    free_old: dict[int, None],
    free_new: dict[int, None],
    views: Views,
    take: Callable[[int, int], None],
) -> None:
    """Pair members that look the same: those at one place, then the first with the first."""
    for i in list(free_old):
        if i in free_new and views.print_of(old[i]) == views.print_of(new[i]):
            take(i, i)
    waiting: dict[Any, deque[int]] = {}
    for j in free_new:
        waiting.setdefault(views.print_of(new[j]), deque()).append(j)
    for i in list(free_old):
        if places := waiting.get(views.print_of(old[i])):
            take(i, places.popleft())


def _pair_similar(  # noqa: PLR0917 - the state of one matching
    old: Sequence[Element],
    new: Sequence[Element],
    free_old: dict[int, None],
    free_new: dict[int, None],
    views: Views,
    take: Callable[[int, int], None],
) -> None:
    """Pair the rest, those with most in common first."""
    if len(free_old) * len(free_new) > _MOST_COMPARED:
        for i, j in zip(list(free_old), list(free_new), strict=False):
            take(i, j)
        return
    parts_old = {i: _leaves(views.print_of(old[i])) for i in free_old}
    parts_new = {j: _leaves(views.print_of(new[j])) for j in free_new}
    scores = []
    for i, text in parts_old.items():
        for j, other in parts_new.items():
            score = 2 * len(text & other) / ((len(text) + len(other)) or 1)
            if score >= _ALIKE or not _are_two(old[i], i, new[j], j, views):
                scores.append((-score, abs(i - j), i, j))
    for _, _, i, j in sorted(scores):
        if i in free_old and j in free_new:
            take(i, j)


def _are_two(old: Element, i: int, new: Element, j: int, views: Views) -> bool:
    """Whether members have identities of their own, and not the same."""
    keys = IDENTITY.get(views.plan(type(old)).union, ())
    pairs = [(key_value(old, key, i, views), key_value(new, key, j, views)) for key in keys]
    if any(a is not None and a == b for a, b in pairs):
        return False
    return any(a is not None for a, _ in pairs) and any(b is not None for _, b in pairs)


def _leaves(print_: Any, path: str = "") -> set[Any]:
    """The leaves of a print, with their paths."""
    found: set[Any] = set()
    for name, value in print_[1]:
        where = f"{path}.{name}"
        if isinstance(value, frozenset) and all(
            isinstance(item, tuple) and isinstance(item[0], tuple) for item in value
        ):
            for inner, _count in value:
                if len(inner) == 2 and isinstance(inner[1], frozenset):
                    found |= _leaves(inner, where)
                else:
                    found.add((where, inner))
        else:
            found.add((where, value))
    return found
