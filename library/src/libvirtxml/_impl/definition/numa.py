"""Rules about NUMA cells: their vCPUs and distances, their caches, and how fast they reach memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.guest import cpu_set, look, members, number
from libvirtxml._impl.definition.rule import Found, repeated, rule

if TYPE_CHECKING:
    from libvirtxml import Domain

_NUMA = "/domain/cpu/numa"
_LEVELS = 3


@rule(
    "DEF013",
    "NUMA cells have numbers of their own",
    why="vCPUs and memory are assigned to cells by number.",
    fix="Number the cells from 0.",
)
def check_cells(domain: Domain) -> Found:
    """Numbers of NUMA cells."""
    cells = domain.cpu.numa.cells if domain.cpu is not None and domain.cpu.numa is not None else []
    for index, cell, first in repeated(cells, lambda cell: cell.id):
        yield f"/domain/cpu/numa/cell[{index}]/@id", f"cell {cell.id} is already cell[{first}]"


@rule(
    "DEF016",
    "NUMA cells fit together",
    why="libvirt refuses cells with vCPUs in common, and distances to cells that are not there.",
    fix="Give each vCPU to one cell, and name cells that exist.",
)
def check_numa(domain: Domain) -> Found:
    """NUMA cells, their vCPUs and distances."""
    cells = members(domain, "cpu.numa.cells")
    ids = [number(cell, "id") if "id" in cell.__dict__ else place for place, cell in enumerate(cells)]
    if None in ids:
        return
    if len(set(ids)) == len(ids) and set(ids) != set(range(len(ids))):
        yield "/domain/cpu/numa", "cells are numbered from 0 without gaps"
    most = number(domain, "vcpu.value") or 1
    if (count := sum(len(cpu_set(look(cell, "cpus")) or ()) for cell in cells)) > most:
        yield "/domain/cpu/numa", f"the cells have {count} vCPUs, and the guest has {most}"
    taken: dict[int, int] = {}
    for index, cell in enumerate(cells, 1):
        for cpu in sorted(cpu_set(look(cell, "cpus")) or ()):
            if cpu in taken:
                yield f"/domain/cpu/numa/cell[{index}]/@cpus", f"vCPU {cpu} is in cell[{taken[cpu]}] already"
                break
            taken[cpu] = index
        for place, sibling in enumerate(members(cell, "distances.siblings"), 1):
            at = f"/domain/cpu/numa/cell[{index}]/distances/sibling[{place}]"
            other, value = number(sibling, "id"), number(sibling, "value")
            if other is not None and other not in ids:
                yield f"{at}/@id", f"there is no cell {other}"
            if value is not None and not 10 <= value <= 255:
                yield f"{at}/@value", f"{value} is not in the range from 10 to 255"
            elif value is not None and (value == 10) != (other == ids[index - 1]):
                yield f"{at}/@value", "10 is the distance of a cell to itself, and of no other"


@rule(
    "DEF060",
    "latencies and bandwidths are those of cells and caches that exist",
    why="The guest gets them as a table, with one value for each pair.",
    fix="Name cells and cache levels that there are, give each value once, and let cells with vCPUs be the initiators.",
)
def check_interconnects(domain: Domain) -> Found:
    """Caches of cells, latencies and bandwidths."""
    cells = members(domain, "cpu.numa.cells")
    for index, cell in enumerate(cells, 1):
        yield from _caches(f"{_NUMA}/cell[{index}]", members(cell, "caches"))
    for field, tag in (("latencies", "latency"), ("bandwidths", "bandwidth")):
        values = members(domain, f"cpu.numa.interconnects.{field}")
        for place, value in enumerate(values, 1):
            yield from _ends(f"{_NUMA}/interconnects/{tag}[{place}]", value, cells)
        for place, _, first in repeated(values, _what):
            yield f"{_NUMA}/interconnects/{tag}[{place}]", f"{tag}[{first}] says the same"


def _what(value: Any) -> tuple[Any, ...]:
    """What a latency or bandwidth is of."""
    kind = look(value, "type")
    return (number(value, "initiator"), number(value, "target"), number(value, "cache") or 0, kind)


def _caches(path: str, caches: list[Any]) -> Iterator[tuple[str, str]]:
    for place, cache in enumerate(caches, 1):
        if (level := number(cache, "level")) is not None and not 1 <= level <= _LEVELS:
            yield f"{path}/cache[{place}]/@level", f"{level} is not in the range from 1 to {_LEVELS}"
    for place, cache, first in repeated(caches, lambda cache: number(cache, "level")):
        yield f"{path}/cache[{place}]/@level", f"cache[{first}] has the level {number(cache, 'level')}"


def _ends(path: str, value: Any, cells: list[Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with the cells that a value is about, numbered in the order of the document."""
    by_id = {_id_of(cell, place): cell for place, cell in enumerate(cells)}
    for end in ("initiator", "target"):
        if (cell := number(value, end)) is not None and cell not in by_id:
            yield f"{path}/@{end}", f"there is no cell {cell}"
    initiator, target = by_id.get(number(value, "initiator")), by_id.get(number(value, "target"))
    if initiator is not None and not look(initiator, "cpus"):
        yield f"{path}/@initiator", "it has no vCPUs"
    level = number(value, "cache")
    if level and target is not None and level not in [number(cache, "level") for cache in members(target, "caches")]:
        yield f"{path}/@cache", f"the target has no cache of level {level}"


def _id_of(cell: Any, place: int) -> int | None:
    return place if look(cell, "id") is None else number(cell, "id")
