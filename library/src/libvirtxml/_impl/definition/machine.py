"""Rules about memory, processors and NUMA cells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.guest import cpu_set, look, members, number
from libvirtxml._impl.definition.rule import Found, repeated, rule

if TYPE_CHECKING:
    from libvirtxml import Domain


@rule(
    "DEF010",
    "a guest has memory",
    why="libvirt does not make up an amount.",
    fix="Add <memory>, or give the NUMA cells memory.",
)
def check_memory(domain: Domain) -> Found:
    """Memory."""
    cells = domain.cpu.numa.cells if domain.cpu is not None and domain.cpu.numa is not None else []
    value = domain.memory.value if domain.memory is not None else 0
    if value in (0, None) and not any(cell.memory for cell in cells):
        yield "/domain/memory", "no memory is specified"


@rule(
    "DEF011",
    "the current number of vCPUs is at most their maximum",
    why="libvirt refuses more vCPUs than the guest can have.",
    fix="Raise the number in <vcpu>, or lower its attribute current.",
)
def check_vcpus(domain: Domain) -> Found:
    """Numbers of vCPUs."""
    vcpu = domain.vcpu
    most = 1 if vcpu is None or vcpu.value is None else vcpu.value
    if vcpu is not None and isinstance(vcpu.current, int) and isinstance(most, int) and vcpu.current > most >= 0:
        yield "/domain/vcpu/@current", f"{vcpu.current} vCPUs of at most {most}"


@rule(
    "DEF012",
    "a CPU without a model is not checked against one",
    why="There is nothing to check.",
    fix="Remove the attribute check, or name a model.",
)
def check_cpu_check(domain: Domain) -> Found:
    """CPU checks."""
    cpu = domain.cpu
    if cpu is not None and cpu.check is not None and cpu.mode in (None, "custom") and not look(cpu, "model.value"):
        yield "/domain/cpu/@check", f"{cpu.check!r} for a CPU that has no model"


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
    "DEF050",
    "I/O threads have numbers of their own, and pools that fit",
    why="Disks and pins name a thread by its number.",
    fix="Number the threads from 1, and make thread_pool_min at most thread_pool_max.",
)
def check_iothreads(domain: Domain) -> Found:
    """I/O threads."""
    threads = members(domain, "iothreadids.iothreads")
    for index, thread, first in repeated(threads, lambda thread: number(thread, "id")):
        yield f"/domain/iothreadids/iothread[{index}]/@id", f"{thread.id} is already that of iothread[{first}]"
    listed = [(f"/domain/iothreadids/iothread[{index}]", thread) for index, thread in enumerate(threads, 1)]
    for path, thread in [*listed, ("/domain/defaultiothread", look(domain, "defaultiothread"))]:
        most, least = number(thread, "thread_pool_max"), number(thread, "thread_pool_min")
        if most == 0:
            yield f"{path}/@thread_pool_max", "a pool has one thread at least"
        if least is not None and least > (-1 if most is None else most):
            yield f"{path}/@thread_pool_min", "it is more than thread_pool_max"


@rule(
    "DEF051",
    "system information has the form that SMBIOS prescribes",
    why="The guest would read something else.",
    fix="Write dates as MM/DD/YYYY, and the UUID of the domain.",
)
def check_sysinfo(domain: Domain) -> Found:
    """System information."""
    for index, info in enumerate(members(domain, "sysinfos"), 1):
        path = f"/domain/sysinfo[{index}]"
        for place, entry in enumerate(members(info, "bios.entries"), 1):
            if look(entry, "name") == "date" and not _is_date(str(look(entry, "value") or "")):
                yield f"{path}/bios/entry[{place}]", "a date is written as MM/DD/YYYY"
        for place, entry in enumerate(members(info, "system.entries"), 1):
            if look(entry, "name") != "uuid":
                continue
            own, given = _uuid(look(domain, "uuid")), _uuid(look(entry, "value"))
            if given is None:
                yield f"{path}/system/entry[{place}]", "it is not a UUID"
            elif own is not None and own != given and look(domain, "hwuuid") is None:
                yield f"{path}/system/entry[{place}]", "it is not the UUID of the domain"


def _is_date(text: str) -> bool:
    found = re.fullmatch(r"(\d\d)/(\d\d)/(\d\d|\d{4})", text)
    return found is not None and 1 <= int(found[1]) <= 12 and 1 <= int(found[2]) <= 31


def _uuid(text: Any) -> str | None:
    plain = str(text or "").strip().replace("-", "").lower()
    return plain if re.fullmatch(r"[0-9a-f]{32}", plain) else None


@rule(
    "DEF053",
    "a container maps users and groups, the root user first",
    why="Without its root user a container cannot start.",
    fix="Add both <uid start='0' ...> and <gid start='0' ...>.",
)
def check_idmap(domain: Domain) -> Found:
    """Maps of users and groups."""
    idmap = look(domain, "idmap")
    for own, other in (("uids", "gids"), ("gids", "uids")):
        mine = members(idmap, own)
        if mine and not members(idmap, other):
            yield f"/domain/idmap/{other[:-1]}", "is missing"
        starts = [number(item, "start") for item in mine]
        if starts and None not in starts and 0 not in starts:
            yield f"/domain/idmap/{own[:-1]}/@start", "the root user, 0, is not mapped"


@rule(
    "DEF054",
    "a CPU's features are named once",
    why="libvirt does not choose between two policies.",
    fix="Keep one of them.",
)
def check_features(domain: Domain) -> Found:
    """Features of the CPU."""
    features = members(domain, "cpu.features")
    for index, feature, first in repeated(features, lambda feature: look(feature, "name")):
        yield f"/domain/cpu/feature[{index}]/@name", f"{feature.name} is already that of feature[{first}]"
    model = look(domain, "cpu.model")
    if features and look(domain, "cpu.mode") in (None, "custom") and not look(model, "value"):
        yield "/domain/cpu/feature[1]", "there is no model that it would change"
    vendor = look(model, "vendor_id")
    if vendor is not None and len(str(vendor)) != 12:
        yield "/domain/cpu/model/@vendor_id", "it has exactly 12 characters"
