"""`HostSpec` to TOML: the inverse of `virtsmith.host.spec.reader`. Keys with their default value are left out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from virtsmith.host.notes import comment
from virtsmith.host.spec.model import Device, HostSpec, Iommu, NumaNode, RootComplex
from virtsmith.host.spec.quantities import add_to_mac, format_cpus, format_kib

_WIDTH = 116
_BARE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def format_spec(spec: HostSpec, comments: Iterable[str] = ()) -> str:
    """The text of a spec, which `parse_spec` reads as an equal spec.

    Args:
        spec: the host.
        comments: paragraphs for the top, which are wrapped.
    """
    lines = [line for text in comments for line in comment(text)]
    lines += [f"{key} = {value}" for key, value in _top(spec)]
    first = 0
    for number, node in enumerate(spec.nodes):
        lines += ["", f"[[node]]  # {number}", *_node(node, first)]
        first = max(first, *(cpu + 1 for cpu in node.cpus)) if node.cpus else first
    for link in spec.links:
        lines += ["", "[[hmat]]", f"initiator = {link.initiator}", f"target = {link.target}"]
        if link.latency_ns is not None:
            lines.append(f"latency-ns = {link.latency_ns}")
        if link.bandwidth_kib is not None:
            lines.append(f"bandwidth = {_value(format_kib(link.bandwidth_kib) + '/s')}")
    for disk in spec.disks:
        lines += ["", "[[disk]]", f"path = {_value(disk.path)}"]
        if disk.size_gib is not None:
            lines.append(f"size-gib = {disk.size_gib}")
    return "\n".join(lines) + "\n"


def _top(spec: HostSpec) -> Iterator[tuple[str, str]]:
    plain = HostSpec(name="", nodes=())
    values: dict[str, Any] = {
        "name": spec.name,
        "machine": spec.machine if spec.machine != plain.machine else None,
        "cpu": spec.cpu if spec.cpu != plain.cpu else None,
        "accel": spec.accel if spec.accel != plain.accel else None,
        "memory": _size(spec.max_memory_kib),
        "vcpus": spec.vcpus,
        "topology": _topology(spec),
        "root-port": spec.root_port if spec.root_port != plain.root_port else None,
        "pci-bridge": spec.pci_bridge or None,
        "hotplug": spec.hotplug,
        "iommu": _iommu(spec.iommu),
        "devices": _devices(spec.devices),
        "spare-ports": spec.spare_ports or None,
        "installer": spec.installer,
        "image": spec.image,
        "network": spec.network if spec.network != plain.network else None,
        "nested": None if spec.nested else False,
        "host-hugepages": _size(spec.host_hugepages_kib),
        "unsafe-interrupts": spec.unsafe_interrupts or None,
        "mac-base": spec.mac_base if spec.mac_base != plain.mac_base else None,
    }
    for key, value in values.items():
        if value is not None:
            yield key, _value(value)


def _size(kib: int | None) -> str | None:
    return None if kib is None else format_kib(kib)


def _topology(spec: HostSpec) -> Mapping[str, int] | None:
    topology = spec.topology
    if topology is None:
        return None
    inner = {"dies": topology.dies, "cores": topology.cores, "threads": topology.threads}
    return {"sockets": topology.sockets, **{name: count for name, count in inner.items() if count > 1}}


def _iommu(iommu: Iommu | None) -> str | Mapping[str, Any] | None:
    if iommu is None:
        return None
    settings = {
        "intremap": iommu.intremap,
        "caching-mode": iommu.caching_mode,
        "eim": iommu.eim,
        "iotlb": iommu.iotlb,
        "address-width": iommu.address_width,
    }
    given = {key: value for key, value in settings.items() if value is not None}
    return {"model": iommu.model, **given} if given else iommu.model


def _node(node: NumaNode, first: int) -> Iterator[str]:
    counted = node.cpus == tuple(range(first, first + len(node.cpus)))
    yield f"cpus = {len(node.cpus) if counted else _value(format_cpus(node.cpus))}"
    yield f"memory = {_value(format_kib(node.memory_kib))}"
    if node.distances is not None:
        yield f"distances = {_value(list(node.distances))}"
    if node.hugepages:
        yield f"hugepages = {_value({_page(kib): count for kib, count in node.hugepages.items()})}"
    first_complex, *further = node.complexes or (RootComplex(),)
    if first_complex.ports or first_complex.bus is not None:
        yield from _complex(first_complex)
    else:  # the reader ignores an empty table, so an empty complex is written as a separate one
        further = list(node.complexes)
    for root_complex in further:
        yield from ("", "[[node.complex]]", *_complex(root_complex))


def _page(kib: int) -> str:
    return f"{kib >> 20}G" if kib % (1 << 20) == 0 else f"{kib >> 10}M"


def _complex(root_complex: RootComplex) -> Iterator[str]:
    if root_complex.bus is not None:
        yield f"bus = {root_complex.bus}"
    devices = _devices(root_complex.devices)
    if devices is not None:
        yield f"devices = {_value(devices)}"
    if root_complex.spare_ports:
        yield f"spare-ports = {root_complex.spare_ports}"


def _devices(devices: Iterable[Device]) -> list[Any] | None:
    """Runs of devices that are equal, or differ only by consecutive MAC addresses, become one entry."""
    runs: list[tuple[Device, int]] = []
    for device in devices:
        if runs and _follows(*runs[-1], device):
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((device, 1))
    return [_device(run, count) for run, count in runs] or None


def _follows(first: Device, count: int, device: Device) -> bool:
    mac = add_to_mac(first.mac, count) if first.mac else None
    return device == replace(first, mac=mac)


def _device(device: Device, count: int) -> str | Mapping[str, Any]:
    values = {
        "model": device.model,
        "count": count if count > 1 else None,
        "mac": device.mac,
        "vfs": device.vfs or None,
        "driver": device.driver,
        "id": device.ids,
        "options": dict(device.options) or None,
        "iommu-platform": device.iommu_platform,
    }
    given = {key: value for key, value in values.items() if value is not None}
    return device.model if len(given) == 1 else given


def _value(value: Any) -> str:
    """A value in TOML, on one line; long lists get one line per item."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        pairs = (f"{key if _BARE_KEY.fullmatch(key) else _value(key)} = {_value(item)}" for key, item in value.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        items = [_value(item) for item in value]
        line = f"[{', '.join(items)}]"
        if len(line) <= _WIDTH - len("devices = "):
            return line
        return "[\n" + "".join(f"  {item},\n" for item in items) + "]"
    return str(value)
