"""Rules about memory devices, and the room that the guest has for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.guest import Guest, address_type, each, is_of_qemu, look, members, number, size_of
from libvirtxml._impl.definition.rule import Found, measured_before, measured_since, rule

if TYPE_CHECKING:
    from libvirtxml import Domain

_PAGE = 4096
_SMALLEST_LABEL = 128 << 10
_PATHS = ("nvdimm", "virtio-pmem")
_DIMMS = ("dimm", "nvdimm")
"""Models of memory devices that are plugged into a slot."""
_VIRTIO = ("virtio-mem", "virtio-pmem")
_ON_CELLS = (*_DIMMS, "virtio-mem")
"""Models of memory devices that belong to a NUMA cell."""
_WITH_PLACES = measured_since("11.3.0")
"""The measured releases, as bits, in which all drivers compare slots and addresses."""
_CELLS_NEEDED = measured_before("11.3.0")
"""The measured releases, as bits, that want NUMA cells where memory can be plugged."""


@rule(
    "DEF042",
    "memory devices fit the guest and each other",
    why="libvirt checks sizes, cells, slots and addresses when the domain is defined.",
    fix="Choose a cell that exists, a slot of its own, and sizes that are multiples of the block.",
)
def check_memories(domain: Domain) -> Found:
    """Memory devices."""
    cells = len(members(domain, "cpu.numa.cells"))
    yield from _total(domain)
    slots: dict[int, str] = {}
    ranges: list[tuple[int, int, str]] = []
    for path, memory in each(domain, "memories"):
        model = str(look(memory, "model") or "")
        node = number(memory, "target.node")
        if node is not None and node >= max(cells, 1):  # without cells, newer releases make one
            yield f"{path}/target/node", f"there is no NUMA cell {node}"
        yield from _memory_model(path, memory, model, is_completed=is_of_qemu(domain))
        slot = number(memory, "address.slot") if address_type(memory) == "dimm" else None
        if slot is not None and slot in slots:
            yield f"{path}/address/@slot", f"{slots[slot]} is there", _WITH_PLACES
        if slot is not None:
            slots.setdefault(slot, path)
        start, size = _start(memory), size_of(look(memory, "target.size"))
        if model == "nvdimm" and size is not None:
            yield from _label(path, size, size_of(look(memory, "target.label.size")) or 0)
            yield from _of_power(path, memory, is_ppc64=Guest(domain).is_ppc64)
        if size and (label := size_of(look(memory, "target.label.size"))):
            page = size_of(look(memory, "source.alignsize")) or _PAGE
            size -= -(-label // page) * page  # it is not mapped
        if start and size:
            for low, high, other in ranges:
                if start < high and low < start + size:
                    yield path, f"its addresses overlap with those of {other}", _WITH_PLACES
            ranges.append((start, start + size, path))


def _label(path: str, size: int, label: int) -> Iterator[tuple[str, str]]:
    if 0 < label < _SMALLEST_LABEL:
        yield f"{path}/target/label/size", "it is less than 128 KiB"
    elif label >= size:
        yield f"{path}/target/label/size", "it is not smaller than the device"


def _of_power(path: str, memory: Any, *, is_ppc64: bool) -> Iterator[tuple[str, str]]:
    if is_ppc64 and look(memory, "target.label.size") is None:
        yield f"{path}/target/label/size", "is missing"
    if not is_ppc64 and look(memory, "uuid") is not None:
        yield f"{path}/uuid", "only NVDIMMs of POWER have one"


def _total(domain: Any) -> Iterator[tuple[str, str]]:
    """Memory devices are part of the total; where cells have the memory, they come on top in QEMU's driver."""
    total, in_cells = size_of(look(domain, "memory")), _in_cells(domain)
    plugged = sum(size_of(look(memory, "target.size")) or 0 for _, memory in each(domain, "memories"))
    if total and plugged > total and not (in_cells and is_of_qemu(domain)):
        yield "/domain/memory", "the memory devices are larger than all of the memory"
    most = size_of(look(domain, "max_memory"))
    all_of_it = in_cells + plugged if in_cells and is_of_qemu(domain) else total
    if most and all_of_it and most < all_of_it:
        yield "/domain/maxMemory", f"it is less than the memory with all memory devices, {all_of_it >> 10} KiB"


def _in_cells(domain: Any) -> int:
    return sum(size_of(cell) or 0 for cell in members(domain, "cpu.numa.cells"))


def _memory_model(path: str, memory: Any, model: str, *, is_completed: bool) -> Iterator[tuple[str, str]]:
    """What a model demands of its device; QEMU's driver completes the access of a virtio-pmem."""
    if model in _PATHS and not look(memory, "source.path"):
        yield f"{path}/source/path", "is missing"
    if model in _PATHS and look(memory, "discard") is True:
        yield f"{path}/@discard", f"{model} does not have it"
    access = look(memory, "access")
    if model == "virtio-pmem" and access != "shared" and not (access is None and is_completed):
        yield f"{path}/@access", "it is 'shared' for virtio-pmem"
    if model == "sgx-epc" and address_type(memory) is not None:
        yield f"{path}/address", "sgx-epc has none"
    if model == "virtio-mem":
        yield from _blocks(path, memory)


def _start(memory: Any) -> int | None:
    return number(memory, "target.address.base") or number(memory, "address.base")


def _blocks(path: str, memory: Any) -> Iterator[tuple[str, str]]:
    block, asked = size_of(look(memory, "target.block")), size_of(look(memory, "target.requested"))
    size = size_of(look(memory, "target.size"))
    if not block:
        return
    if block & (block - 1):
        yield f"{path}/target/block", "it is not a power of two"
    elif asked is not None and asked % block:
        yield f"{path}/target/requested", "it is not a multiple of the block"
    if asked is not None and size is not None and asked > size:
        yield f"{path}/target/requested", "it is more than the size"
    if (start := number(memory, "target.address.base")) and start % block:
        yield f"{path}/target/address/@base", "it is not a multiple of the block"


@rule(
    "DEF115",
    "memory devices have room in the guest",
    why="QEMU's driver plugs them into slots and a range of addresses that <maxMemory> sets up.",
    fix="Add <maxMemory slots=...>, and a <node> where there are NUMA cells.",
    driver="qemu",
)
def check_room(domain: Domain) -> Found:
    """Slots, cells and the largest amount of memory."""
    cells, most = len(members(domain, "cpu.numa.cells")), look(domain, "max_memory")
    slots = number(most, "slots")
    if most is not None and not cells:
        yield "/domain/maxMemory", "there are no NUMA cells to plug memory into", _CELLS_NEEDED
    plugged = [(path, memory, str(look(memory, "model") or "")) for path, memory in each(domain, "memories")]
    for path, memory, model in plugged:
        if most is None:
            yield path, "the guest has no <maxMemory> to plug it into"
        if cells and model in _ON_CELLS and look(memory, "target.node") is None:
            yield f"{path}/target/node", "is missing"
        slot = number(memory, "address.slot") if address_type(memory) == "dimm" else None
        if model in _VIRTIO and address_type(memory) not in (None, "pci", "ccw"):
            yield f"{path}/address/@type", f"a {model} is a PCI or CCW device"
        if model in _DIMMS and slots is not None and slot is not None and slot >= slots:
            yield f"{path}/address/@slot", f"there are {slots} slots, numbered from 0"
    dimms = [path for path, _, model in plugged if model in _DIMMS]
    if slots is not None and len(dimms) > slots:
        yield dimms[slots], f"there are {slots} slots for memory"
    elif slots is not None and len(plugged) > slots:
        yield plugged[slots][0], f"there are {slots} slots for memory", _CELLS_NEEDED
