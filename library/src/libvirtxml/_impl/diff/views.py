"""How an element looks under a profile: its fields without what is left out, in canonical values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from libvirtxml._impl.base import values_of
from libvirtxml._impl.diff.checked import LEADING, VALUES
from libvirtxml._impl.diff.defaults import DEFAULTS, DISTINGUISHED, MEANINGLESS_EMPTY
from libvirtxml._impl.diff.order import COMPARED, ORDERED
from libvirtxml._impl.diff.profiles import Profile, Test
from libvirtxml._impl.diff.spellings import SPELLINGS, SPLIT, filter_spelling, split_members
from libvirtxml._impl.diff.values import Canonical, Size, canonical_of, netmask_prefix
from libvirtxml._impl.element import Element
from libvirtxml._impl.mixins import Sized
from libvirtxml._impl.read import EXTRA
from libvirtxml._impl.tables import ClassInfo, Field, info_of
from libvirtxml.errors import SizeError
from libvirtxml.values import unit_size

_NOTHING = object()
_CHECKED = LEADING | VALUES
_LEASE = ("expiry", "unit", "minutes")
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600}


class FieldRule:
    """What holds for one field under a profile."""

    __slots__ = (
        "canonical",
        "default",
        "field",
        "filled",
        "filled_new",
        "ignored",
        "keys",
        "name",
        "order",
        "ordered",
        "shown",
        "split",
    )

    def __init__(self, field: Field, names: list[str], profile: Profile) -> None:
        keys = [f"{name}.{field.name}" for name in names]
        self.field = field
        self.keys = keys
        self.name = field.name
        special: Canonical | None = _first(keys, SPELLINGS) or filter_spelling(names[0], field.name)
        self.canonical = special or canonical_of(field)
        default = None if profile.stability and not DISTINGUISHED.isdisjoint(keys) else _first(keys, DEFAULTS)
        self.default: Any = _NOTHING
        if isinstance(default, str):
            value = field.codec[default]
            self.default = self.canonical(value) if self.canonical else value
        self.ignored: Test | None = _first(keys, profile.ignored)
        self.shown = True
        """Whether differences below count by themselves, and not only if libvirt refuses them."""
        if profile.stability and self.ignored is not None and not _CHECKED.isdisjoint(keys):
            self.ignored, self.shown = None, False
        self.filled = any(key in profile.filled for key in keys)
        self.filled_new: Test | None = _first(keys, profile.filled_new)
        orders = {**ORDERED, **COMPARED} if profile.stability else ORDERED
        self.ordered = next((key for key in keys if key in orders), None)
        self.order: str | None = orders[self.ordered] if self.ordered else None
        self.split: str | None = _first(keys, SPLIT)


def _first(keys: list[str], table: Mapping[str, Any]) -> Any:
    return next((table[key] for key in keys if key in table), None)


class ClassRules:
    """What holds for the elements of one class under a profile."""

    __slots__ = ("amount", "info", "meaningless", "netmask", "rules", "union", "unit", "unit_default")

    def __init__(self, cls: type[Element], profile: Profile) -> None:
        self.info: ClassInfo = info_of(cls)
        names = [item.__name__ for item in cls.__mro__ if item is not Element and issubclass(item, Element)]
        self.union = names[-1]
        """The class without its variant."""
        visible = _first(names, profile.visible)
        self.rules = {field.name: FieldRule(field, names, profile) for field in self.info.fields.values()}
        if visible is not None:
            for name in self.rules.keys() - visible:
                if not (profile.stability and not _CHECKED.isdisjoint(self.rules[name].keys)):
                    self.rules[name].ignored = lambda _value, _values: True
        self.meaningless = not MEANINGLESS_EMPTY.isdisjoint(names)
        self.netmask = {"netmask", "prefix"} <= self.rules.keys()
        self.amount, self.unit, self.unit_default = _amount_of(self.info)


def _amount_of(info: ClassInfo) -> tuple[str, str, str]:
    """The names of the fields that hold an amount and its unit, and the unit meant where there is none."""
    if issubclass(info.cls, Sized):
        return info.cls.size_fields()
    return _LEASE if set(_LEASE[:2]) <= info.fields.keys() else ("", "", "")


class Views:
    """Makes and remembers the views of elements under one profile."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._prints: dict[int, Any] = {}
        self._splits: dict[int, list[Element]] = {}

    def plan(self, cls: type[Element]) -> ClassRules:
        """The plan of a class."""
        found: ClassRules | None = self.profile.rules.get(cls)
        if found is None:
            found = self.profile.rules[cls] = ClassRules(cls, self.profile)
        return found

    def view(self, element: Element, *, defaults: bool = False) -> dict[str, Any]:
        """The fields that count, by name; plain values in canonical form, without defaults unless they are wanted."""
        plan = self.plan(type(element))
        values = values_of(element)
        if plan.amount or plan.netmask:
            values = _settled(plan, values)
        seen: dict[str, Any] = {}
        rules = plan.rules
        for name, value in values.items():
            if name == EXTRA or value == []:
                continue
            rule = rules[name]
            if rule.ignored is not None and (not rule.field.kind.is_object or not rule.field.many):
                if rule.ignored(value, values):
                    continue
            elif rule.ignored is not None:
                value = [item for item in value if not rule.ignored(item, values)]  # noqa: PLW2901 - the view of it
                if not value:
                    continue
            if rule.split is not None:
                value = self._split(value, rule.split)  # noqa: PLW2901 - the view of it
            if rule.canonical is not None and not rule.field.many:
                value = rule.canonical(value)  # noqa: PLW2901 - the view of it
            if rule.default is _NOTHING or value != rule.default or defaults:
                seen[name] = value
        return seen

    def _split(self, members: list[Element], field: str) -> list[Element]:
        """The members that these represent: the same objects each time, since prints are kept by identity."""
        found = self._splits.get(id(members))
        if found is None:
            found = self._splits[id(members)] = split_members(members, field)
        return found

    def print_of(self, element: Element) -> Any:
        """A value that is the same for all elements that look the same under the profile, whatever order is free."""
        found = self._prints.get(id(element))
        if found is None:
            found = self._prints[id(element)] = self._make_print(element)
        return found

    def _make_print(self, element: Element) -> Any:
        plan = self.plan(type(element))
        parts: list[tuple[str, Any]] = []
        for name, value in self.view(element).items():
            rule = plan.rules[name]
            if rule.field.kind.is_object:
                prints = [self.print_of(item) for item in (value if rule.field.many else [value])]
                if not rule.field.many and not prints[0][1] and plan_empty(self, value):
                    continue
                parts.append((name, tuple(prints) if rule.order else frozenset(_counted(prints))))
            elif rule.field.kind.is_nodes:
                parts.append((name, tuple(node.to_string() for node in value)))
            elif rule.field.many:
                items = [rule.canonical(item) for item in value] if rule.canonical else value
                parts.append((name, tuple(items) if rule.order else frozenset(_counted(items))))
            else:
                parts.append((name, value))
        extra = element.extra
        if extra is not None and (unknown := extra.unknown_attributes()):
            parts.append((EXTRA, frozenset(unknown.items())))
        return plan.union, frozenset(parts)


def plan_empty(views: Views, element: Element) -> bool:
    """Whether an element of this class says nothing when it is empty."""
    return views.plan(type(element)).meaningless


def _counted(items: list[Any]) -> list[tuple[Any, int]]:
    """The items with a number for each repetition, so that a set of them is a multiset."""
    seen: dict[Any, int] = {}
    result = []
    for item in items:
        seen[item] = seen.get(item, 0) + 1
        result.append((item, seen[item]))
    return result


def _settled(plan: ClassRules, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an element with amount and unit made one, and a netmask made a prefix."""
    values = dict(given)
    if plan.amount and isinstance(amount := values.get(plan.amount), int):
        unit = str(values.get(plan.unit) or plan.unit_default)
        if (scale := _scale(unit)) is not None:
            values[plan.amount] = Size(amount * scale, f"{amount} {unit}")
            values.pop(plan.unit, None)
    if plan.netmask and (netmask := values.pop("netmask", None)) is not None:
        prefix = netmask_prefix(netmask)
        values.setdefault("prefix", netmask if prefix is None else prefix)
    return values


def _scale(unit: str) -> int | None:
    """Seconds or bytes in a unit; None for one that does not exist: such amounts are compared as they are written."""
    try:
        return _SECONDS.get(unit) or unit_size(unit)
    except SizeError:
        return None
