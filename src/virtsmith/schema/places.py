"""Where fields stand that too few documents hold for their place to be learned (`virtsmith.schema.order`)."""

from __future__ import annotations

AFTER = {
    "/domain": {
        "hwuuid": "uuid", "genid": "hwuuid", "title": "genid", "description": "title", "metadata": "description",
        "defaultiothread": "iothreadids", "on_lockfailure": "on_crash", "perf": "pm",
    },
}  # fmt: skip
"""Fields by type id, and what libvirt writes right before each; as in virDomainDefFormatInternal."""


def complete(order: dict[str, list[str]]) -> dict[str, list[str]]:
    """The learned order with the fields that `AFTER` names in their places."""
    completed = dict(order)
    for path, places in AFTER.items():
        names = list(order.get(path, ()))
        for name, predecessor in places.items():
            if predecessor in names:
                names = [item for item in names if item != name]
                names.insert(names.index(predecessor) + 1, name)
        completed[path] = names
    return completed
