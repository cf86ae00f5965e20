"""Prefixes in paths: in a document, a prefix means the namespace that the document declares it for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from libvirtxml._impl.base import child_items
from libvirtxml._impl.element import Element
from libvirtxml._impl.paths.steps import Axis, Condition, Path, PathStep
from libvirtxml._impl.raw import RawNode
from libvirtxml._impl.tables import info_of
from libvirtxml._impl.trees import declarations


def resolve(document: Element, path: Path) -> Path:
    """A path whose names of elements have the namespace in place of their prefix: ``{uri}arg`` for ``q:arg``.

    Names stay as they are if the document does not declare their prefix, or for several namespaces.
    """
    if ":" not in path.text:
        return path
    declared = _declared(document)
    known = {prefix: uris.pop() for prefix, uris in declared.items() if prefix and len(uris) == 1}
    return replace(path, steps=tuple(_resolve_step(step, known) for step in path.steps))


def undeclared(document: Element, path: Path) -> str | None:
    """The hint that a document does not declare a prefix of a path; None if it declares all."""
    declared = _declared(document)
    used = [_prefix(step) for step in path.steps]
    missing = next((prefix for prefix in used if prefix and prefix not in declared), None)
    if missing is None:
        return None
    others = ", ".join(sorted(filter(None, declared)))
    return f"the document declares no prefix {missing!r}: " + (f"it has {others}" if others else "it has none at all")


def _prefix(step: PathStep) -> str:
    """The prefix of the name of an element; empty without one."""
    is_written = step.axis is Axis.ELEMENT and not step.name.startswith("{")
    return step.name.rpartition(":")[0] if is_written else ""


def _resolve_step(step: PathStep, known: dict[str, str]) -> PathStep:
    tests = tuple(
        tuple(Condition(tuple(_resolve_step(item, known) for item in part.path), part.value) for part in test)
        if isinstance(test, tuple)
        else test
        for test in step.tests
    )
    uri = known.get(_prefix(step))
    return PathStep(step.axis, f"{{{uri}}}{step.name.rpartition(':')[2]}" if uri else step.name, tests)


def _declared(document: Element) -> dict[str, set[str]]:
    """The prefixes that a document declares anywhere, and for what."""
    found: dict[str, set[str]] = {}
    for scope in _scopes(document):
        for prefix, uri in scope.items():
            found.setdefault(prefix, set()).add(uri)
    return found


def _scopes(document: Element) -> Iterator[dict[str, str]]:
    todo: list[Any] = [document]
    while todo:  # not recursive: documents may nest deeply
        item = todo.pop()
        if isinstance(item, RawNode):
            yield item.namespaces
            yield from (declarations(element) for element in item.element.iter() if isinstance(element.tag, str))
            continue
        if item.extra is not None:
            names = item.extra.attributes
            yield {name[6:]: uri for name, uri in names.items() if name == "xmlns" or name.startswith("xmlns:")}
            yield dict(item.extra.namespaces)
            todo += item.extra.nodes()
        holder = info_of(type(item)).nodes
        if holder is not None:
            todo += [node for node in item.__dict__.get(holder.name, ()) if isinstance(node, RawNode)]
        todo += [child for _, _, child in child_items(item)]
