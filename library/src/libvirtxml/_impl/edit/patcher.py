"""Turns the difference between a document and what it was into replacements in its text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from libvirtxml._impl.alignment import moved_pairs, opcodes
from libvirtxml._impl.edit.patches import Patches
from libvirtxml._impl.edit.shadow import Shadow, ShadowItem, attribute_values, own_text, raw_nodes
from libvirtxml._impl.edit.style import Style, escape_attribute, escape_text, indent_of
from libvirtxml._impl.element import Element
from libvirtxml._impl.raw import RawNode
from libvirtxml._impl.read import EXTRA
from libvirtxml._impl.scan import Attribute, SourceNode
from libvirtxml._impl.sequence import place_for as canonical_place
from libvirtxml._impl.tables import Field, info_of
from libvirtxml._impl.trees import Scope

_REST_OF_LINE = re.compile(r"(?:[ \t]*<!--(?:(?!-->)[^\n])*+-->)*+[ \t]*+(\r?\n|\Z)")
_UNSET = object()


class Patcher:
    """Writes the changes of one document."""

    def __init__(self, text: str, root: SourceNode) -> None:
        self.text = text
        self.root = root
        self.style = Style.of(text, root)
        self.patches = Patches(text)
        self._declare: dict[str, str] = {}
        self._gone: set[int] = set()
        """The nodes that are taken out already, by id."""
        self._sorted: set[int] = set()
        """The elements in which children moved, and what belongs to them with them, by id."""

    def run(self, shadow: Shadow, new: Element) -> str:
        """The text after the edit."""
        self._element(shadow, new)
        if self._declare:
            place = self.root.attributes[-1].end if self.root.attributes else self.root.start + 1 + len(self.root.name)
            for prefix, uri in self._declare.items():
                self.patches.insert(place, f" xmlns:{prefix}={self.style.quote}{uri}{self.style.quote}")
        return self.patches.apply()

    def _element(self, shadow: Shadow, new: Element) -> None:
        self._attributes(shadow, new)
        if (text := own_text(new)) != shadow.text:
            field = info_of(type(new)).text
            self._set_text(shadow.node, "" if text is None or field is None else field.text_of(text))
        self._children(shadow, new)

    # --- attributes -----------------------------------------------------------------------------------------------

    def _attributes(self, shadow: Shadow, new: Element) -> None:
        node = shadow.node
        after = attribute_values(new)
        places = {attribute.name: attribute for attribute in node.attributes}
        for attribute in node.attributes:
            if attribute.name in shadow.attributes and attribute.name not in after:
                start = attribute.start
                while self.text[start - 1].isspace():
                    start -= 1
                self.patches.replace(start, attribute.end, "")
        previous = None
        for name, (field, value) in after.items():
            place = places.get(name)
            if place is None:
                self._add_attribute(node, name, _text(field, value), places.get(previous or ""))
                continue
            old_field, old = shadow.attributes.get(name, (field, _UNSET))
            if old != value or isinstance(old, bool) is not isinstance(value, bool):
                quote = self.text[place.value_end]
                value_text = escape_attribute(_text(field or old_field, value), quote)
                self.patches.replace(place.value_start, place.value_end, value_text)
            previous = name

    def _add_attribute(self, node: SourceNode, name: str, value: str, before: Attribute | None) -> None:
        near = before or (node.attributes[0] if node.attributes else None)
        gap, quote = " ", self.style.quote
        if near is not None:
            start = near.start
            while self.text[start - 1].isspace():
                start -= 1
            gap, quote = self.text[start : near.start], self.text[near.value_end]
        place = before.end if before else node.start + 1 + len(node.name)
        self.patches.insert(place, f"{gap}{name}={quote}{escape_attribute(value, quote)}{quote}")

    # --- text -------------------------------------------------------------------------------------------------------

    def _set_text(self, node: SourceNode, value: str) -> None:
        new = escape_text(value)
        if node.inner is None:
            slash = self.text.rindex("/", node.start, node.end)
            start = slash
            while self.text[start - 1].isspace():
                start -= 1
            self.patches.replace(start, node.end, f">{new}</{node.name}>")
            return
        pieces = [child for child in node.children if child.is_text]
        solid = [item for item in pieces if item.kind == "cdata" or not self.text[item.start : item.end].isspace()]
        if not node.parts and len(solid) == len(pieces) == 1 and solid[0].kind == "cdata" and "]]>" not in value:
            new = f"<![CDATA[{value}]]>"
        if not node.parts:
            assert node.close is not None  # noqa: S101 - it does not close itself
            self.patches.replace(node.inner, node.close, new)
            return
        for piece in pieces:  # blanks beside it would be read as a part of the value
            self.patches.replace(piece.start, piece.end, new if solid and piece is solid[0] else "")
        if not solid:
            self.patches.insert(node.inner, new)

    # --- children ---------------------------------------------------------------------------------------------------

    def _children(self, shadow: Shadow, new: Element) -> None:
        info = info_of(type(new))
        names = {id(item.node): name for name, items in shadow.children.items() for item in items}
        jobs: list[tuple[Field, list[ShadowItem], Sequence[Any]]] = []
        for name, items in shadow.children.items():
            if name not in new.__dict__ or name not in info.fields:
                for item in items:
                    self._remove_child(shadow, item.node)
        for name, value in new.__dict__.items():
            if name == EXTRA or name not in info.fields or not (field := info.fields[name]).kind.has_tag:
                continue
            values = value if field.many else [value]
            jobs.append((field, shadow.children.get(name, []), values))
        added: list[str] = []
        for field, items, values in jobs:
            pairs = self._pair(items, values)
            for i, j in pairs:
                self._child(items[i], field, values[j])
            self._place_members(shadow, new, field, items, values, pairs, names, added)
        self._unknown(shadow, new, added)
        if added:
            self._fill(shadow.node, added)
        elif shadow.children and not any(new.__dict__.get(name) for name in shadow.children):
            self._leave_empty(shadow.node, own_text(new), new)

    def _leave_empty(self, node: SourceNode, text: Any, new: Element) -> None:
        """Take out the layout around children that are gone, where it would be read as the element's text."""
        has_text = info_of(type(new)).text is not None
        if not has_text or text is not None or raw_nodes(new, info_of(type(new))):
            return
        if node.inner is not None and node.close is not None:
            self.patches.take(node.inner, node.close)
            self.patches.replace(node.inner, node.close, "")

    def _child(self, item: ShadowItem, field: Field, value: Any) -> None:
        if isinstance(item.value, Shadow):
            self._element(item.value, value)
        elif field.kind.is_leaf and (
            item.value != value or isinstance(item.value, bool) is not isinstance(value, bool)
        ):
            self._set_text(item.node, field.text_of(value))

    def _pair(self, items: list[ShadowItem], values: Sequence[Any]) -> list[tuple[int, int]]:
        """Which old child is which new one: the same object, an equal value, or what took its place."""
        if items and isinstance(items[0].value, Shadow):
            places = {id(value): j for j, value in enumerate(values)}
            pairs = [(i, places[id(item.source)]) for i, item in enumerate(items) if id(item.source) in places]
            taken_old, taken_new = {i for i, _ in pairs}, {j for _, j in pairs}
            free_new = {j for j in range(len(values)) if j not in taken_new}
            for i, item in enumerate(items):
                if i not in taken_old and i in free_new and _could_be(item.value, values[i]):
                    pairs.append((i, i))
            return sorted(pairs)
        pairs = []
        for tag, a, b, c, d in opcodes([str(item.value) for item in items], list(map(str, values))):
            if tag in ("equal", "replace"):
                pairs += list(zip(range(a, b), range(c, d), strict=False))
        return pairs

    def _place_members(  # noqa: PLR0917 - all that is known of one list
        self,
        shadow: Shadow,
        new: Element,
        field: Field,
        items: list[ShadowItem],
        values: Sequence[Any],
        pairs: list[tuple[int, int]],
        names: dict[int, str],
        added: list[str],
    ) -> None:
        """Take out what is gone, put in what is new, and move what moved."""
        kept_old = {i for i, _ in pairs}
        for i, item in enumerate(items):
            if i not in kept_old:
                self._remove_child(shadow, item.node)
        moved = dict((j, i) for i, j in moved_pairs(pairs))  # noqa: C402 - a swap
        if len(pairs) == len(values) and not moved:
            return
        texts = {j: self._take_away(shadow, items[i].node) for j, i in moved.items()}
        nodes = {j: items[i].node for i, j in pairs if j not in moved}
        following = min(nodes, default=None)
        anchor: SourceNode | None = None
        for j, value in enumerate(values):
            if j in nodes:
                anchor = nodes[j]
                continue
            if anchor is not None:
                self._insert_after(anchor, field, value, texts.get(j), self._end(shadow, anchor))
            elif following is not None:
                self._insert_before(self._begin(shadow, nodes[following]), field, value, texts.get(j))
            else:
                self._insert_first(shadow, new, field, value, texts.get(j), names, items, added)

    def _take_away(self, shadow: Shadow, node: SourceNode) -> str:
        """Take a child out with what belongs to it, and return the text of both."""
        self._sorted.add(id(shadow))
        first, last = self._begin(shadow, node), self._end(shadow, node)
        text = self.patches.take(first.start, last.end)
        self._remove(first, last)
        return text

    def _remove_child(self, shadow: Shadow, node: SourceNode) -> None:
        """Take a child out with the comments that are about it."""
        first, last = self._begin(shadow, node, remarks=True), self._end(shadow, node)
        places = shadow.places
        self._gone.update(map(id, shadow.parts[places[id(first)] : places[id(last)] + 1]))
        self._remove(first, last)

    @staticmethod
    def _begin(shadow: Shadow, node: SourceNode, *, remarks: bool = False) -> SourceNode:
        """Where a child begins with what belongs to it: the unknown content before it, or only the remarks."""
        for place in range(shadow.places[id(node)] - 1, -1, -1):
            part = shadow.parts[place]
            found = shadow.raw.get(id(part))
            if found is None or found.behind or (remarks and not found.is_remark):
                break
            node = part
        return node

    @staticmethod
    def _end(shadow: Shadow, node: SourceNode) -> SourceNode:
        """Where a child ends with the remarks behind it on its line."""
        for place in range(shadow.places[id(node)] + 1, len(shadow.parts)):
            part = shadow.parts[place]
            found = shadow.raw.get(id(part))
            if found is None or not found.behind:
                break
            node = part
        return node

    def _insert_first(  # noqa: PLR0917 - all that is known of one list
        self,
        shadow: Shadow,
        new: Element,
        field: Field,
        value: Any,
        text: str | None,
        names: dict[int, str],
        items: list[ShadowItem],
        added: list[str],
    ) -> None:
        """Put in the first child of its kind, at its canonical place."""
        parts = shadow.parts
        if not parts:
            added.append(text or self._written(field, value, self._inner_indent(shadow.node), shadow.node))
            return
        if items:  # all of them are taken out: the new ones come in their place
            self._insert_after(items[-1].node, field, value, text)
            return
        info = info_of(type(new))
        known = [name if (name := names.get(id(part), "")) in info.ranks else "" for part in parts]
        place = canonical_place(field.name, known, info)
        if place:
            self._insert_after(parts[place - 1], field, value, text)
        else:
            self._insert_before(parts[0], field, value, text)

    def _insert_after(
        self, anchor: SourceNode, field: Field | None, value: Any, text: str | None, last: SourceNode | None = None
    ) -> None:
        """Put a child behind another one, and behind the last remark about that one."""
        last = last or anchor
        indent = indent_of(self.text, anchor)
        rest = _REST_OF_LINE.match(self.text, last.end)
        if indent is None or rest is None or not rest[1]:
            written = text or self._written(field, value, indent, anchor.parent)
            self.patches.insert(last.end, written if indent is None else f"{self.style.newline}{indent}{written}")
        else:
            written = text or self._written(field, value, indent, anchor.parent)
            self.patches.insert(rest.end(), f"{indent}{written}{rest[1]}")

    def _insert_before(self, anchor: SourceNode, field: Field | None, value: Any, text: str | None) -> None:
        indent = indent_of(self.text, anchor)
        written = text or self._written(field, value, indent, anchor.parent)
        if indent is None:
            self.patches.insert(anchor.start, written)
        else:
            self.patches.insert(anchor.start - len(indent), f"{indent}{written}{self.style.newline}")

    def _inner_indent(self, node: SourceNode) -> str | None:
        outer = indent_of(self.text, node)
        return outer + self.style.unit if outer is not None and (node is self.root or self._has_layout) else None

    @cached_property
    def _has_layout(self) -> bool:
        return self.text.find("\n", self.root.start, self.root.end) >= 0

    def _fill(self, node: SourceNode, added: list[str]) -> None:
        """Put the first children into an element that has none."""
        indent = self._inner_indent(node)
        if indent is None:
            content, tail = "".join(added), ""
        else:
            content = "".join(f"{self.style.newline}{indent}{text}" for text in added)
            tail = self.style.newline + (indent_of(self.text, node) or "")
        if node.inner is None:
            start = self.text.rindex("/", node.start, node.end)
            while self.text[start - 1].isspace():
                start -= 1
            self.patches.replace(start, node.end, f">{content}{tail}</{node.name}>")
        elif node.close is not None and not self.text[node.inner : node.close].strip():
            self.patches.replace(node.inner, node.close, content + tail)
        else:
            self.patches.insert(node.close or node.inner, content + tail)

    def _written(self, field: Field | None, value: Any, indent: str | None, parent: SourceNode | None) -> str:
        """A new child as text."""
        if field is not None and field.kind.is_flag:
            return f"<{field.key}/>"
        if field is not None and field.kind.is_leaf:
            return f"<{field.key}>{escape_text(field.text_of(value))}</{field.key}>"
        scope = parent.scope if parent else Scope()
        text, missing = self.style.write(value, indent, scope.inside(self._declare))
        self._declare.update(missing)
        return text

    def _remove(self, first: SourceNode, last: SourceNode | None = None) -> None:
        """Take a node out, or all from it to another, with their lines if nothing else is on them."""
        last = last or first
        self.patches.take(first.start, last.end)
        indent = indent_of(self.text, first)
        rest = re.compile(r"[ \t]*(\r?\n)").match(self.text, last.end)
        if indent is not None and rest is not None:
            self.patches.replace(first.start - len(indent), rest.end(), "")
        else:
            self.patches.replace(first.start, last.end, "")

    # --- what the model does not know -------------------------------------------------------------------------------

    def _unknown(self, shadow: Shadow, new: Element, added: list[str]) -> None:
        unknown = [item for item in shadow.unknown if id(item.node) not in self._gone]
        nodes = raw_nodes(new, info_of(type(new)))
        if id(shadow) in self._sorted:  # what is still there is where it belongs
            old_ids, new_ids = {id(item.source) for item in unknown}, {id(node) for node in nodes}
            unknown = [item for item in unknown if id(item.source) not in new_ids]
            nodes = [node for node in nodes if id(node) not in old_ids]
        texts = [entry.to_inner_string() for entry in nodes]
        anchor: SourceNode | None = None
        for tag, a, b, c, d in opcodes([item.value for item in unknown], texts):
            if tag == "equal":
                anchor = unknown[b - 1].node
                continue
            olds, news = unknown[a:b], nodes[c:d]
            for item, node in zip(olds, news, strict=False):
                self.patches.replace(item.node.start, item.node.end, self._written(None, node, None, item.node.parent))
                anchor = item.node
            for item in olds[len(news) :]:
                self._remove(item.node)
            for node in news[len(olds) :]:
                anchor = self._insert_raw(shadow, node, anchor, added)

    def _insert_raw(
        self, shadow: Shadow, node: RawNode, anchor: SourceNode | None, added: list[str]
    ) -> SourceNode | None:
        parts = shadow.parts
        if anchor is None and not parts:
            added.append(self._written(None, node, None, shadow.node))
        elif anchor is None and shadow.unknown:
            self._insert_before(shadow.unknown[0].node, None, node, None)
        else:
            self._insert_after(anchor or parts[-1], None, node, None)
        return anchor


def _text(field: Field | None, value: Any) -> str:
    return field.text_of(value) if field is not None else str(value)


def _could_be(old: Shadow, new: Any) -> bool:
    """Whether a new object can be written over an old one: another variant of the same union, or the same class."""
    if not isinstance(new, Element):
        return False
    info = info_of(type(new))
    return (info.tag, info.namespace) == (old.info.tag, old.info.namespace)
