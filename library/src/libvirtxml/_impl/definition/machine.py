"""Rules about memory, processors and NUMA cells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.guest import look, members, number
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
