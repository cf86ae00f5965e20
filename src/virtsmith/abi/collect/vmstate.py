"""The description of migrated state (``-dump-vmstate``), as a tree without positions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from virtsmith.abi.model import Section, Status

_NO_DEVICE = "vmschkmachine"


def describe_all(answer: Mapping[str, Any]) -> dict[str, Any]:
    """All device types of a dump with what is migrated of them."""
    return {
        kind: _describe(item["Description"])
        for kind, item in answer.items()
        if kind != _NO_DEVICE and "Description" in item
    }


def of_machine(everything: Section, types: Collection[str]) -> Section:
    """The ``vmstate`` section of a machine: the types that are in it."""
    if everything.status is not Status.OK:
        return Section(everything.status, detail=everything.detail)
    return Section(Status.OK, {kind: tree for kind, tree in everything.data.items() if kind in types})


def _describe(description: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {
        "name": description["name"], "version": description["version_id"], "minimum": description["minimum_version_id"],
    }  # fmt: skip
    fields = description.get("Fields", ())
    if fields:
        tree["fields"] = _by_name(fields, "field", _field)
    subsections = description.get("Subsections", ())
    if subsections:
        tree["subsections"] = _by_name(subsections, "name", _describe)
    return tree


def _field(item: Mapping[str, Any]) -> dict[str, Any]:
    """What counts of a field. The size of a structure says nothing: its parts are sent, not its bytes in memory."""
    tree: dict[str, Any] = {"since": item.get("version_id", 0)}
    if item.get("field_exists"):
        tree["conditional"] = True
    if "num" in item:
        tree["count"] = item["num"]
    if "Description" in item:
        tree["structure"] = _describe(item["Description"])
    elif "size" in item:
        tree["size"] = item["size"]
    return tree


def _by_name(items: Sequence[Mapping[str, Any]], key: str, describe: Any) -> dict[str, Any]:
    """Items under their names; of several with one name the second is called ``NAME#2``."""
    found: dict[str, Any] = {}
    for item in items:
        name, number = str(item[key]), 1
        unique = name
        while unique in found:
            number += 1
            unique = f"{name}#{number}"
        found[unique] = describe(item)
    return found
