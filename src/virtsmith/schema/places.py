"""Positions of fields that occur in too few documents for `virtsmith.schema.order` to learn them."""

from __future__ import annotations

AFTER = {
    "/domain": {
        "hwuuid": "uuid", "genid": "hwuuid", "title": "genid", "description": "title", "metadata": "description",
        "defaultiothread": "iothreadids", "on_lockfailure": "on_crash", "perf": "pm",
    },
}  # fmt: skip
"""Fields by type id, with the field that libvirt writes directly before; as in virDomainDefFormatInternal."""


def complete(order: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the learned order with the fields in `AFTER` in their positions."""
    completed = dict(order)
    for path, places in AFTER.items():
        names = list(order.get(path, ()))
        for name, predecessor in places.items():
            if predecessor in names:
                names = [other for other in names if other != name]
                names.insert(names.index(predecessor) + 1, name)
        completed[path] = names
    return completed
