"""Names for classes and fields: what a libvirt user would guess from the documentation.

The lock (`data/lock.json`) contains every name that was ever assigned, so that a later release can only add names.
Other classes and fields are named by the rules here, in breadth-first order from the documents; the first free name is
used.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from virtsmith.errors import InputError
from virtsmith.schema import overlay
from virtsmith.schema.facts import Body, SchemaFacts, Slot, iter_bodies

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SNAKE_WORDS = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z][a-z0-9]*|[0-9]+")

RESERVED = {
    "extra", "parse", "to_xml", "unknown", "problems", "replace", "to_dict", "from_dict", "to_json", "from_json",
    "to_python", "self",
}  # fmt: skip


def words(name: str, pattern: re.Pattern[str] = _WORDS) -> list[str]:
    """Return the words of an XML name: boot, menu and x for ``bootMenu-x``."""
    return [part for piece in re.split(r"[^A-Za-z0-9]+", name) for part in pattern.findall(piece)]


def camel(name: str) -> str:
    """Return a name in CamelCase with acronyms in capitals: VirtioSerial for ``virtio-serial``, PCI for ``pci``."""
    if name in overlay.SPELLINGS:
        return overlay.SPELLINGS[name]
    parts = (overlay.SPELLINGS.get(word.lower()) or word[:1].upper() + word[1:] for word in words(name))
    return "".join(parts) or "Default"


def snake(name: str) -> str:
    """Return a name in snake_case: startup_policy for ``startupPolicy``; Python keywords get an underscore.

    Digits belong to the word before them: ``ipv6``.
    """
    result = "_".join(word.lower() for word in words(name, _SNAKE_WORDS))
    if not result or result[0].isdigit():
        result = f"n{result}"
    return result + "_" if keyword.iskeyword(result) or result in RESERVED else result


def plural(name: str) -> str:
    """Return the plural of a snake_case name."""
    head, _, last = name.rpartition("_")
    if last in overlay.PLURALS:
        last = overlay.PLURALS[last]
    elif last.endswith(("s", "x", "ch", "sh")):
        last += "es"
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        last = last[:-1] + "ies"
    else:
        last += "s"
    return f"{head}_{last}" if head else last


def prefix_of(namespace: str) -> str:
    """Return libvirt's prefix for one of its namespaces: ``qemu`` for ``.../schemas/domain/qemu/1.0``."""
    return namespace.rstrip("/").split("/")[-2]


@dataclass
class Names:
    """Class names by type id (variants included: ``ID[@type='file']``) and field names by ``ID`` and slot key."""

    classes: dict[str, str] = field(default_factory=dict)
    fields: dict[str, dict[str, str]] = field(default_factory=dict)


def variant_path(path: str, attribute: str, value: str) -> str:
    """Return the id of a variant."""
    return f"{path}[@{attribute}='{value}']"


def is_flag(facts: SchemaFacts, slot: Slot) -> bool:
    """Whether a child is an always empty element, so that only its presence matters."""
    kind = facts.types[slot.type or ""]
    return not (kind.slots or kind.free or kind.namespace or kind.union)


def is_leaf(facts: SchemaFacts, slot: Slot) -> bool:
    """Whether a child contains only text, and so is a plain value in its parent."""
    kind = facts.types[slot.type or ""]
    return set(kind.slots) == {"#"} and not (kind.namespace or kind.free or kind.union)


def has_class(facts: SchemaFacts, slot: Slot) -> bool:
    """Whether a child has a class of its own."""
    return slot.type is not None and not is_flag(facts, slot) and not is_leaf(facts, slot)


def name_everything(facts: SchemaFacts, lock: Names) -> Names:
    """Name all classes and fields.

    Raises:
        InputError: no free name is left for a class, or two fields of a class have the same name; the overlay must
            then distinguish them.
    """
    return _Namer(facts, lock).run()


class _Namer:
    def __init__(self, facts: SchemaFacts, lock: Names) -> None:
        self.facts = facts
        self.lock = lock
        self.names = Names()
        self.taken = set(lock.classes.values()) | overlay.RESERVED_CLASSES
        self.parents: dict[str, list[str]] = {}

    def run(self) -> Names:
        order = list(self._walk())
        for path, parent in order:
            if parent:
                self.parents.setdefault(path, []).append(parent)
        for path in dict.fromkeys(path for path, _ in order):
            self._name_class(path)
        return self.names

    def _walk(self) -> Iterator[tuple[str, str]]:
        """Yield every type with a class, and the path of each parent, breadth first."""
        queue = [(identity, "") for roots in self.facts.roots.values() for identity in roots.values()]
        seen: set[str] = set()
        while queue:
            later: list[tuple[str, str]] = []
            for path, parent in queue:
                yield path, parent
                if path not in seen:
                    seen.add(path)
                    for owner, body in bodies(self.facts.types[path], path):
                        later.extend(
                            (slot.type, owner)
                            for _, slot in sorted(body.slots.items())
                            if slot.type is not None and has_class(self.facts, slot)
                        )
            queue = later

    def _name_class(self, path: str) -> None:
        kind = self.facts.types[path]
        if path in self.lock.classes:
            name = self.lock.classes[path]
        else:
            name = self._first_free(path, self._candidates(path, kind.name))
        self.names.classes[path] = name
        self._name_variants(path, kind, name)
        for owner, body in bodies(kind, path):
            self._name_fields(owner, body, self.names.fields.get(path, {}) if owner != path else {})

    def _name_variants(self, path: str, body: Body, base: str) -> None:
        if body.union:
            for value, variant in body.union.variants.items():
                inner = variant_path(path, body.union.attribute, value)
                name = self.lock.classes.get(inner)
                if name is None:
                    prefix = overlay.VARIANT_PREFIXES.get(path, base)
                    name = self._first_free(inner, [overlay.CLASS_NAMES.get(inner, prefix + camel(value))])
                self.names.classes[inner] = name
                self._name_variants(inner, variant, name)

    def _first_free(self, path: str, candidates: list[str]) -> str:
        for name in candidates:
            if name not in self.taken:
                self.taken.add(name)
                return name
        tried = ", ".join(candidates)
        raise InputError(f"no free class name for {path} (tried {tried})", hint="add one to the overlay")

    def _candidates(self, path: str, tag: str) -> list[str]:
        if path in overlay.CLASS_NAMES:
            return [overlay.CLASS_NAMES[path]]
        namespace = self.facts.types[path].namespace
        name = camel(prefix_of(namespace)) + camel(tag) if namespace else camel(tag)
        parents = self.parents.get(path, [])
        bases = [self.names.classes[parent] for parent in parents if parent in self.names.classes]
        own = [base + name for base in bases]
        if any(parent in overlay.CONTAINERS for parent in parents):
            return [name, name + "Device", *own]
        if len({re.sub(r"\[.*?\]$", "", parent) for parent in parents}) > 2:
            return [name, *own]
        if not bases:
            return [name]
        trimmed = [overlay.shortened(base) + name for base in bases]
        return [*trimmed, *own, *(camel(path.split("/")[1]) + candidate for candidate in own)]

    def _name_fields(self, path: str, body: Body, inherited: dict[str, str]) -> None:
        result = dict(inherited)
        locked = self.lock.fields.get(path, {})
        for key, slot in sorted(body.slots.items(), key=lambda item: (item[0][0] != "@", item[0])):
            name = locked.get(key) or inherited.get(key) or self._field_name(path, key, slot)
            if name in {other for k, other in result.items() if k != key}:
                raise InputError(f"two fields named {name!r} in {path}: {key}", hint="add one to the overlay")
            result[key] = name
        self.names.fields[path] = result

    def _field_name(self, path: str, key: str, slot: Slot) -> str:
        if (path, key) in overlay.FIELD_NAMES:
            return overlay.FIELD_NAMES[path, key]
        for pattern, pattern_key, name in overlay.FIELD_PATTERNS:
            if key == pattern_key and re.search(pattern, path):
                return name
        if key == "#":
            return "value"
        namespace, _, local = key.rpartition("}")
        name = snake(local.removeprefix("@"))
        if namespace:
            name = f"{prefix_of(namespace[1:])}_{name}"
        return plural(name) if slot.many and not key.startswith("@") else name


def bodies(body: Body, path: str) -> Iterator[tuple[str, Body]]:
    """Yield a body and its variants, with their paths."""
    yield path, body
    if body.union:
        for value, variant in body.union.variants.items():
            yield from bodies(variant, variant_path(path, body.union.attribute, value))


__all__ = ["Names", "bodies", "camel", "has_class", "is_flag", "is_leaf", "iter_bodies", "name_everything", "snake"]
