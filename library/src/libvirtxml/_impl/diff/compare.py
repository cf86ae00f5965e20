"""The walk through two documents side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.alignment import moved_pairs
from libvirtxml._impl.diff.changes import Change, ChangeKind
from libvirtxml._impl.diff.identity import IDENTITY, Key
from libvirtxml._impl.diff.matching import key_value, lookup, match_members
from libvirtxml._impl.diff.order import INTERLEAVED, NUMBERED, as_kept, moved_members
from libvirtxml._impl.diff.profiles import Profile
from libvirtxml._impl.diff.rawnodes import compare_nodes
from libvirtxml._impl.diff.requests import is_fulfilled, is_left_to_libvirt, is_resolved
from libvirtxml._impl.diff.views import FieldRule, Views
from libvirtxml._impl.element import Element
from libvirtxml._impl.paths.dotted import HERE, quote_value
from libvirtxml._impl.raw import RawNode
from libvirtxml._impl.sequence import children_in_order
from libvirtxml._impl.tables import info_of

if TYPE_CHECKING:
    from libvirtxml._impl.diff.stability import Stability


class Labels:
    """How the members of a list are named in paths: by identity where that is plain and unique, else by place."""

    def __init__(self, members: list[Element], views: Views) -> None:
        self._members = members
        self._views = views
        self._counts: dict[Key, Counter[Any]] = {}

    def __getitem__(self, place: int) -> str:
        member = self._members[place]
        for key in IDENTITY.get(self._views.plan(type(member)).union, ()):
            names = [part.rstrip("?") for part in key]
            value = key_value(member, key, place, self._views)
            parts = [lookup(member, name) for name in names]
            plain = value is not None and "|" not in key[0] and not isinstance(parts[0], Element)
            if plain and self._count(key)[value] == 1:
                texts = [f"{name}={quoted(part)}" for name, part in zip(names, parts, strict=True) if part is not None]
                return f"[{','.join(texts)}]"
        return f"[{place}]"

    def _count(self, key: Key) -> Counter[Any]:
        if key not in self._counts:
            values = [key_value(member, key, i, self._views) for i, member in enumerate(self._members)]
            self._counts[key] = Counter(values)
        return self._counts[key]


class Comparer:
    """Compares documents under one profile, collecting changes."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.views = Views(profile)
        self.changes: list[Change] = []
        self._stability = _stability_of(self.views) if profile.stability else None
        self._trail: list[FieldRule] = []
        self._parents: list[tuple[Element, Element]] = []

    def run(self, old: Element, new: Element) -> list[Change]:
        """All changes from one document to another, in the order of libvirt's layout."""
        self.compare(old, new, "")
        if self._stability is not None:
            self.changes = [replace(change, refused=bool(change.refused)) for change in self.changes]
        return [change if change.path else replace(change, path=HERE) for change in self.changes]

    def _add(self, change: Change) -> None:
        """Report a change of the field that the walk is at."""
        if self._stability is None:
            self.changes.append(change)
            return
        if change.refused is None:
            value = change.new if change.kind is ChangeKind.ADDED else change.old
            refused = self._stability.is_refused(self._trail, self._parents, value)
            since = self._stability.since(self._trail) if refused else ""
            change = replace(change, refused=refused, refused_since=since)
        if change.refused or all(rule.shown for rule in self._trail):
            self.changes.append(change)

    # --- elements -----------------------------------------------------------------------------------------------

    def _add_nodes(self, changes: list[Change]) -> None:
        """Report changes of what the model does not know: libvirt does not check that."""
        if all(rule.shown for rule in self._trail):
            self.changes += changes

    def compare(self, old: Element, new: Element, path: str) -> None:
        """Compare two elements that are one and the same. Few frames for each level: documents may nest deeply."""
        self._parents.append((old, new))
        first, second = self.views.view(old), self.views.view(new)
        old_plan, new_plan = self.views.plan(type(old)), self.views.plan(type(new))
        names = dict.fromkeys([*first, *second])
        if old_plan is not new_plan or len(names) > 1:
            ranks = {**new_plan.info.ranks, **old_plan.info.ranks}
            names = dict.fromkeys(sorted(names, key=lambda name: ranks[name]))
        for name in names:
            rule = old_plan.rules.get(name) or new_plan.rules[name]
            a, b = first.get(name), second.get(name)
            self._trail.append(rule)
            if name not in first or name not in second:
                if not self._is_filled(rule, a is None, b, new):
                    self._compare_field(path, rule, old, new, a, b)
            elif _shape(rule) == _shape(new_plan.rules[name]):
                self._compare_field(path, rule, old, new, a, b)
            else:
                self._changed(path, rule, old.__dict__[name], new.__dict__[name])
            self._trail.pop()
        if old.extra is not None or new.extra is not None:
            self._compare_extras(old, new, path)
        if (fields := INTERLEAVED.get(old_plan.union)) and old_plan is new_plan:
            self._compare_interleaving(old, new, path, fields)
        self._parents.pop()

    def _is_filled(self, rule: FieldRule, is_new: bool, value: Any, new: Element) -> bool:
        """Whether that one side lacks a field means nothing, since libvirt makes it up."""
        if rule.filled and (is_new or not self.profile.requested):
            return True
        if not is_new or rule.filled_new is None:
            return False
        several = rule.field.kind.is_object and rule.field.many
        return not several and rule.filled_new(value, new.__dict__)

    def _compare_field(  # noqa: PLR0917 - both elements and both views
        self, path: str, rule: FieldRule, old: Element, new: Element, a: Any, b: Any
    ) -> None:
        kind = rule.field.kind
        if kind.is_nodes:
            self._add_nodes(compare_nodes(path, a or [], b or []))
        elif rule.field.many:
            if kind.is_object:
                self._compare_members(join(path, rule.name), rule, a or [], b or [], new)
            else:
                self._compare_values(join(path, rule.name), rule, a or [], b or [])
        elif kind.is_object:
            if a is None or b is None:
                self._compare_presence(join(path, rule.name), a, b)
            elif not (self.profile.requested and is_resolved(a, b, old)):
                self.compare(a, b, join(path, rule.name))
        elif a != b and not (self.profile.requested and is_fulfilled(rule.name, old, new, a, b)):
            self._changed(path, rule, *(self._shown(item, rule, view) for item, view in ((old, a), (new, b))))

    def _shown(self, element: Element, rule: FieldRule, view: Any) -> Any:
        """A value as it is to be reported: as written; an amount with its unit; a default where nothing is written."""
        written = element.__dict__.get(rule.name)
        if written is None:
            return view
        return view if type(view).__name__ == "Size" else written

    def _changed(self, path: str, rule: FieldRule, old: Any, new: Any) -> None:
        where = path if rule.field.kind.is_text else join(path, rule.name)
        if old is None and rule.default is not None and new is not None:
            self._add(Change(ChangeKind.ADDED, where, None, new))
        elif new is None:
            self._add(Change(ChangeKind.REMOVED, where, old, None))
        else:
            self._add(Change(ChangeKind.CHANGED, where, old, new))

    def _compare_presence(self, path: str, old: Element | None, new: Element | None) -> None:
        if new is not None and not self._is_silent(new):
            self._add(Change(ChangeKind.ADDED, path, None, new))
        elif old is not None and not self._is_silent(old):
            self._add(Change(ChangeKind.REMOVED, path, old, None))

    def _is_silent(self, element: Element) -> bool:
        """Whether adding or removing an element changes nothing: libvirt may check its presence alone."""
        if not self.says_nothing(element):
            return False
        return self._stability is None or not self._stability.is_refused(self._trail, self._parents, element)

    def says_nothing(self, element: Element) -> bool:
        """Whether an element means the same as its absence: all in it is left out, or is a default."""
        if not self.views.plan(type(element)).meaningless:
            return self.profile.name != "all" and self._had_only_ignored(element)
        extra = element.extra
        if extra is not None and any(extra.content()):
            return False
        return all(
            isinstance(value, Element) and self.says_nothing(value) for value in self.views.view(element).values()
        )

    def _had_only_ignored(self, element: Element) -> bool:
        fields = [name for name, value in element.__dict__.items() if name in self.views.plan(type(element)).rules]
        return bool(fields) and not self.views.view(element, defaults=True) and element.extra is None

    # --- lists --------------------------------------------------------------------------------------------------

    def _compare_members(
        self, path: str, rule: FieldRule, old: list[Element], new: list[Element], parent: Element
    ) -> None:
        pairs = match_members(old, new, self.views)
        labels, new_labels = Labels(old, self.views), Labels(new, self.views)
        for i, j in pairs:
            if old[i] is not new[j]:
                self._compare_pair(old[i], new[j], path, labels, i)
        paired_old, paired_new = {i for i, _ in pairs}, {j for _, j in pairs}
        for i, element in enumerate(old):
            if i in paired_old or (self.profile.requested and is_left_to_libvirt(element)):
                continue
            if not self._is_silent(element):
                self._add(Change(ChangeKind.REMOVED, path + labels[i], element, None))
        for j, element in enumerate(new):
            if j in paired_new or self._is_silent(element):
                continue
            if rule.filled_new is None or not rule.filled_new(element, parent.__dict__):
                self._add(Change(ChangeKind.ADDED, path + new_labels[j], None, element))
        if rule.ordered and not (self.profile.requested and rule.ordered in NUMBERED):
            moved = list(moved_members(rule.ordered, old, new, pairs))
            refused = self._differ_in_turn(rule.ordered, old, new) if moved and self._stability is not None else None
            why = f"order matters: {rule.order}"
            for i, j in moved:
                self._add(Change(ChangeKind.MOVED, path + labels[i], i, j, why, refused))

    def _differ_in_turn(self, key: str, old: list[Element], new: list[Element]) -> bool:
        """Whether libvirt, which compares the first member with the first and so on, refuses any of them."""
        changes, self.changes = self.changes, []
        for a, b in zip(as_kept(key, old), as_kept(key, new), strict=False):
            self.compare(a, b, "")
        refused = any(change.refused for change in self.changes)
        self.changes = changes
        return refused

    def _compare_pair(self, old: Element, new: Element, path: str, labels: Labels, place: int) -> None:
        """Compare two members; their label, which is dear, is made only if they differ."""
        start = len(self.changes)
        self.compare(old, new, "")
        if len(self.changes) > start:
            path += labels[place]
            self.changes[start:] = [
                replace(change, path=join(path, change.path) if change.path else path)
                for change in self.changes[start:]
            ]

    def _compare_values(self, path: str, rule: FieldRule, old: list[Any], new: list[Any]) -> None:
        canonical: Callable[[Any], Any] = rule.canonical or (lambda value: value)
        a, b = [canonical(item) for item in old], [canonical(item) for item in new]
        if a == b:
            return
        pairs = _pair_values(a, b)
        lost = sorted(set(range(len(a))) - {i for i, _ in pairs})
        found = sorted(set(range(len(b))) - {j for _, j in pairs})
        for i, j in zip(lost, found, strict=False):
            self._add(Change(ChangeKind.CHANGED, f"{path}[{i}]", old[i], new[j]))
        for i in lost[len(found) :]:
            self._add(Change(ChangeKind.REMOVED, f"{path}[{i}]", old[i], None))
        for j in found[len(lost) :]:
            self._add(Change(ChangeKind.ADDED, f"{path}[{j}]", None, new[j]))
        if rule.order:
            for i, j in moved_pairs(pairs):
                self._add(Change(ChangeKind.MOVED, f"{path}[{i}]", i, j, f"order matters: {rule.order}"))

    def _compare_interleaving(self, old: Element, new: Element, path: str, fields: tuple[str, ...]) -> None:
        """Where members of several lists have one order: compare how the lists alternate."""
        a, b = ([name for name, _ in children_in_order(item) if name in fields] for item in (old, new))
        if a != b and sorted(a) == sorted(b):
            where = join(path, fields[0])
            place = next(i for i, name in enumerate(a) if name != b[i])
            reason = f"order matters: {' and '.join(fields)} are tried in turn, and now alternate in another way"
            self._add(Change(ChangeKind.MOVED, where, a.index(fields[0], 0), place, reason))

    # --- what the model does not know -----------------------------------------------------------------------------

    def _compare_extras(self, old: Element, new: Element, path: str) -> None:
        first = old.extra.unknown_attributes() if old.extra else {}
        second = new.extra.unknown_attributes() if new.extra else {}
        for name in dict.fromkeys([*first, *second]):
            a, b = first.get(name), second.get(name)
            if a != b:
                kind = ChangeKind.ADDED if a is None else ChangeKind.REMOVED if b is None else ChangeKind.CHANGED
                self._add_nodes([Change(kind, join(path, f"@{name}"), a, b)])
        known = {field.key for field in info_of(type(old)).fields.values() if field.kind.has_tag}
        nodes = [item.extra.nodes() if item.extra else [] for item in (old, new)]
        self._add_nodes(compare_nodes(path, *nodes, known=known))
        self._add_nodes(compare_nodes(path, _odd_leaves(old), _odd_leaves(new)))


def _stability_of(views: Views) -> Stability:
    from libvirtxml._impl.diff.stability import Stability  # noqa: PLC0415 - it needs the model of domains

    return Stability(views)


def _odd_leaves(element: Element) -> list[RawNode]:
    """What plain values have beyond the model: attributes and elements. The values are compared as fields."""
    return element.extra.beside_values() if element.extra else []


def _pair_values(old: list[Any], new: list[Any]) -> list[tuple[int, int]]:
    """Pair equal values: those at one place first, then the first with the first."""
    pairs = [(i, i) for i in range(min(len(old), len(new))) if old[i] == new[i]]
    taken = {i for i, _ in pairs}
    free: dict[Any, list[int]] = {}
    for j in reversed([j for j in range(len(new)) if j not in taken]):
        free.setdefault(new[j], []).append(j)
    pairs += [(i, free[value].pop()) for i, value in enumerate(old) if i not in taken and free.get(value)]
    return sorted(pairs)


def _shape(rule: FieldRule) -> tuple[Any, bool]:
    """What the values of a field are: fields of one name may differ in it between variants."""
    return rule.field.kind, rule.field.many


def join(path: str, name: str) -> str:
    """A path with one more step."""
    return f"{path}.{name}" if path else name


def quoted(value: Any) -> str:
    """A value in a path: in quotes if it would not be read back otherwise."""
    return quote_value("yes" if value is True else "no" if value is False else str(value))
