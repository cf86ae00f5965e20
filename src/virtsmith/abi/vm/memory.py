"""Memory of a domain document as QEMU options and devices: sizes, NUMA nodes, what can be plugged."""

from __future__ import annotations

from collections.abc import Iterator

from libvirtxml import (
    AddressDIMM,
    CPUSet,
    Domain,
    MemoryDevice,
    MemoryDeviceDIMM,
    MemoryDeviceNVDIMM,
    MemoryDeviceVirtioMem,
    MemoryDeviceVirtioPMEM,
    Topology,
)

from virtsmith.abi.machine.devices import SetDevice
from virtsmith.abi.vm.buses import Buses, virtio_options

MEMORY_LIMIT = 4 << 30
"""Bytes of memory above which a VM is tried with less: saving state also scans unused pages."""
HOTPLUG_LIMIT = 256 << 30
"""Bytes of memory up to which a VM may grow in a trial: emulated CPUs have few address bits."""
_MIB = 1 << 20
_DEFAULT_MEMORY = 64 * _MIB


def memory_options(domain: Domain, notes: list[str]) -> list[str]:
    """Return the options for memory and NUMA nodes."""
    topology = Topology(domain)
    total = topology.memory or _DEFAULT_MEMORY
    cells = topology.cells
    scale = max(1.0, total / MEMORY_LIMIT)
    sizes = [
        _whole((cell.memory or 0) / scale) for cell in cells
    ]  # QEMU rounds the sizes of nodes and of the total differently
    size = sum(sizes) if sizes else total if scale == 1 else _whole(total / scale)
    if scale > 1:
        notes.append(f"memory: {size // _MIB} MiB instead of {total // _MIB} MiB, which would take long to scan")
    words = [f"size={size >> 10}k"]
    if domain.max_memory is not None and domain.max_memory.bytes:
        most = min(domain.max_memory.bytes, HOTPLUG_LIMIT)
        if most < domain.max_memory.bytes:
            notes.append(f"memory: room for {most >> 30} GiB instead of {domain.max_memory.bytes >> 30} GiB")
        words += [f"slots={domain.max_memory.slots or 16}", f"maxmem={most >> 10}k"]
    options = ["-m", ",".join(words)]
    for cell, part in zip(cells, sizes, strict=True):
        options += ["-object", f"memory-backend-ram,id=ram-node{cell.id},size={part >> 10}k"]
        cpus = "".join(f",cpus={span}" for span in CPUSet.of(cell.cpus).split(",") if span)
        options += ["-numa", f"node,nodeid={cell.id}{cpus},memdev=ram-node{cell.id}"]
    return options


def _whole(size: float) -> int:
    """Return a size in whole MiB."""
    return max(_MIB, int(size) // _MIB * _MIB)


def memory_device(element: MemoryDevice, number: int, buses: Buses) -> tuple[SetDevice, str] | None:
    """Return QEMU's device for a memory device, and its name in the document; None for a kind that has none here."""
    size = element.target.size.bytes if element.target is not None else 0
    name = f"memory{number}"
    backend = ("-object", f"memory-backend-ram,id=mem-{name},size={(size or 0) >> 10}k")
    options = [f"memdev=mem-{name}"]
    match element:
        case MemoryDeviceDIMM() | MemoryDeviceNVDIMM():
            options = [*_node(element.target.node), *options, *_slot(element)]
            kind = "pc-dimm"
            if isinstance(element, MemoryDeviceNVDIMM):
                kind = "nvdimm"
                label = element.target.label
                options += [f"label-size={(label.size.bytes or 0)}"] if label is not None else []
                options += ["unarmed=on"] if element.target.readonly else []
            return SetDevice(kind, name, "", ",".join(options), backend), f"memory {kind}"
        case MemoryDeviceVirtioMem():
            target = element.target
            options = [*_node(target.node), *options]
            options += [f"block-size={target.block.bytes}"] if target.block is not None else []
            options += [f"requested-size={target.requested.bytes}"] if target.requested is not None else []
            options += [f"memaddr={target.address.base}"] if target.address is not None else []
            kind = "virtio-mem-pci"
        case MemoryDeviceVirtioPMEM():
            options += [f"memaddr={element.target.address.base}"] if element.target.address is not None else []
            kind = "virtio-pmem-pci"
        case _:
            return None
    parent, place = buses.pci(element)
    words = [*options, *virtio_options(element.driver), *place]
    return SetDevice(kind, name, parent, ",".join(words), backend), f"memory {kind.removesuffix('-pci')}"


def _node(number: int | None) -> Iterator[str]:
    if number is not None:
        yield f"node={number}"


def _slot(element: MemoryDevice) -> Iterator[str]:
    address = element.address
    if isinstance(address, AddressDIMM):
        yield f"slot={address.slot}"
        if address.base is not None:
            yield f"addr={address.base}"
