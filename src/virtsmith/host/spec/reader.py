"""TOML to `HostSpec`, with errors that name file and line; ``examples/annotated.toml`` explains every key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from libvirtxml.files import read_text

from virtsmith.core.config import ConfigTable
from virtsmith.errors import UsageError
from virtsmith.host.plan.architecture import DEFAULT, IOMMUS
from virtsmith.host.plan.devices import MODELS, ROOT_PORT_MODELS
from virtsmith.host.spec.model import (
    CpuTopology,
    Device,
    DiskImage,
    HostSpec,
    Iommu,
    MemoryLink,
    NumaNode,
    RootComplex,
    SpecError,
)
from virtsmith.host.spec.quantities import add_to_mac, parse_cpus, parse_kib, parse_mac

MAX_COUNT = 256
MAX_CPUS = 4096
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_CPU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._,+=-]*")
_DRIVER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_IDS = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}")


def load_spec(path: Path) -> HostSpec:
    """Read a spec file.

    Raises:
        ConfigError: a key is unknown or a value is wrong; has file, line and a hint.
        InputError: it cannot be read, or is not TOML.
    """
    return parse_spec(read_text(path), str(path))


def parse_spec(text: str, source: str = "<spec>") -> HostSpec:
    """Read the text of a spec; see `load_spec`."""
    table = ConfigTable.parse(text, source)
    node_tables = table.items("node")
    if not node_tables:
        raise SpecError("a host needs at least one [[node]]", source=source)
    spec = HostSpec(
        name=table.require("name", table.parsed("name", _matching(_NAME), "numa3-sriov")),
        nodes=_nodes(node_tables),
        machine=table.parsed("machine", _matching(_NAME), DEFAULT.machine) or DEFAULT.machine,
        cpu=table.parsed("cpu", _matching(_CPU), "host-passthrough") or "host-passthrough",
        accel=table.text("accel", choices=("kvm", "tcg")) or "kvm",
        max_memory_kib=_size(table, "memory"),
        vcpus=table.number("vcpus", 1, MAX_CPUS),
        topology=_topology(table),
        root_port=table.text("root-port", choices=ROOT_PORT_MODELS) or "pcie-root-port",
        pci_bridge=bool(table.flag("pci-bridge")),
        hotplug=table.flag("hotplug"),
        devices=_devices(table),
        spare_ports=table.number("spare-ports", 0, MAX_COUNT) or 0,
        iommu=_iommu(table),
        links=tuple(_link(item) for item in table.items("hmat")),
        disks=tuple(_disk(item) for item in table.items("disk")),
        installer=table.text("installer"),
        image=_path(table, "image"),
        network=table.parsed("network", _matching(_NAME), "user") or "user",
        nested=table.flag("nested") is not False,
        host_hugepages_kib=_size(table, "host-hugepages"),
        unsafe_interrupts=bool(table.flag("unsafe-interrupts")),
        mac_base=table.parsed("mac-base", parse_mac, "52:54:00:7e:00:00") or "52:54:00:7e:00:00",
        at=table.at,
    )
    table.finish()
    return spec


def check_name(name: str) -> str:
    """Return a name if it is valid for a host.

    Raises:
        UsageError: libvirt or a file system would not accept it.
    """
    if _NAME.fullmatch(name) is None:
        raise UsageError(f"not a valid name for a host: {name!r}", hint="use letters, digits, dots and dashes")
    return name


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if pattern.fullmatch(text) is None:
            raise ValueError(text)
        return text

    return parse


def _path(table: ConfigTable, key: str) -> str | None:
    """A file; a relative path is relative to the spec's directory. libvirt accepts only absolute paths."""
    text = table.text(key)
    if not text:
        return None
    source = Path(table.at.file or "")
    return str((source.parent if source.is_file() else Path()).absolute() / text)


def _size(table: ConfigTable, key: str) -> int | None:
    return table.parsed(key, parse_kib, "4 GiB")


def _topology(table: ConfigTable) -> CpuTopology | None:
    inner = table.table("topology")
    if inner is None:
        return None
    levels = {name: inner.number(name, 1, MAX_CPUS) or 1 for name in ("dies", "cores", "threads")}
    sockets = inner.require("sockets", inner.number("sockets", 1, MAX_CPUS))
    inner.finish()
    return CpuTopology(sockets=sockets, **levels, at=inner.at)


def _nodes(tables: list[ConfigTable]) -> tuple[NumaNode, ...]:
    nodes: list[NumaNode] = []
    first_cpu = 0
    for table in tables:
        cpus = _cpus(table, first_cpu)
        first_cpu = max(first_cpu, *(cpu + 1 for cpu in cpus)) if cpus else first_cpu
        nodes.append(
            NumaNode(
                cpus=cpus,
                memory_kib=table.require("memory", _size(table, "memory")),
                distances=table.numbers("distances", 0, 255),
                hugepages=_hugepages(table),
                complexes=_complexes(table),
                at=table.at,
            )
        )
        table.finish()
    return tuple(nodes)


def _cpus(table: ConfigTable, first: int) -> tuple[int, ...]:
    """A number of CPUs, which continue those of the nodes before, or a CPU set."""
    if table.is_kind("cpus", str):
        return table.parsed("cpus", parse_cpus, "0-3,8") or ()
    return tuple(range(first, first + (table.number("cpus", 0, MAX_CPUS) or 0)))


def _hugepages(table: ConfigTable) -> Mapping[int, int]:
    pages: dict[int, int] = {}
    inner = table.table("hugepages")
    for size, count in table.mapping("hugepages").items():
        try:
            kib = parse_kib(size)
        except ValueError as error:
            raise table.error("hugepages", f"not a page size: {size!r}", "write it like '2M' or '1G'") from error
        if kib not in (2048, 1048576):
            raise table.error("hugepages", f"x86 has no huge pages of {size}", "use 2M or 1G")
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise (inner or table).error(size, f"the number of {size} pages must be an integer, not {count!r}")
        pages[kib] = count
    return pages


def _complexes(table: ConfigTable) -> tuple[RootComplex, ...]:
    """A node's own ``devices``, ``spare-ports`` and ``bus`` are its first complex; ``complex`` lists further ones."""
    first = RootComplex(
        devices=_devices(table),
        spare_ports=table.number("spare-ports", 0, MAX_COUNT) or 0,
        bus=table.number("bus", 1, 255),
        at=table.at,
    )
    further = []
    for inner in table.items("complex"):
        further.append(
            RootComplex(
                devices=_devices(inner),
                spare_ports=inner.number("spare-ports", 0, MAX_COUNT) or 0,
                bus=inner.number("bus", 1, 255),
                at=inner.at,
            )
        )
        inner.finish()
    has_own_ports = first.ports or first.bus is not None
    return (first, *further) if has_own_ports else tuple(further)


def _devices(table: ConfigTable) -> tuple[Device, ...]:
    devices: list[Device] = []
    for entry in table.items("devices", shorthand="model"):
        devices += _device(entry)
    return tuple(devices)


def _device(table: ConfigTable) -> list[Device]:
    model = table.require("model", table.text("model", choices=MODELS))
    count = table.number("count", 1, MAX_COUNT) or 1
    mac = table.parsed("mac", parse_mac, "52:54:00:7e:6e:c6")
    vfs = table.number("vfs", 0, 64) or 0
    kind = MODELS[model]
    if mac is not None and not kind.is_nic:
        raise table.error("mac", f"{model} is not a network card, so it has no MAC address")
    if vfs > kind.max_vfs:
        most = f"at most {kind.max_vfs}" if kind.max_vfs else "no"
        raise table.error("vfs", f"{model} can have {most} virtual functions, not {vfs}")
    driver = table.parsed("driver", _matching(_DRIVER), "edu")
    options = {key: _option(table, key, value) for key, value in table.mapping("options").items()}
    ids = table.parsed("id", _matching(_IDS), "1234:11e8")
    iommu_platform = table.flag("iommu-platform")
    if iommu_platform is not None and (driver or not kind.is_virtio):
        raise table.error("iommu-platform", f"{driver or model} is not a virtio device that the host builds")
    if model != "generic" and (driver or options or ids):
        raise table.error("model", f"driver, options and id belong to a generic device, not to {model}")
    table.finish()
    return [
        Device(
            model=model,
            mac=add_to_mac(mac, number) if mac else None,
            vfs=vfs,
            driver=driver,
            options=options,
            ids=ids,
            iommu_platform=iommu_platform,
            at=table.at,
        )
        for number in range(count)
    ]


def _option(table: ConfigTable, key: str, value: object) -> str | int | bool:
    if _DRIVER.fullmatch(key) is None or not isinstance(value, (str, int)):
        raise table.error("options", f"option {key!r} must be a string, an integer or a boolean")
    return value


def _iommu(table: ConfigTable) -> Iommu | None:
    if table.is_kind("iommu", str):
        return Iommu(model=table.require("iommu", table.text("iommu", choices=IOMMUS)), at=table.place("iommu"))
    inner = table.table("iommu")
    if inner is None:
        return None
    iommu = Iommu(
        model=inner.text("model", choices=IOMMUS) or "intel",
        intremap=inner.flag("intremap"),
        caching_mode=inner.flag("caching-mode"),
        eim=inner.flag("eim"),
        iotlb=inner.flag("iotlb"),
        address_width=inner.number("address-width", 32, 64),
        at=inner.at,
    )
    inner.finish()
    return iommu


def _link(table: ConfigTable) -> MemoryLink:
    bandwidth = table.parsed("bandwidth", lambda text: parse_kib(text.removesuffix("/s")), "10 GiB/s")
    link = MemoryLink(
        initiator=table.require("initiator", table.number("initiator", 0, 255)),
        target=table.require("target", table.number("target", 0, 255)),
        latency_ns=table.number("latency-ns", 1, 65534),
        bandwidth_kib=bandwidth,
        at=table.at,
    )
    table.finish()
    return link


def _disk(table: ConfigTable) -> DiskImage:
    disk = DiskImage(
        path=table.require("path", _path(table, "path")), size_gib=table.number("size-gib", 1), at=table.at
    )
    table.finish()
    return disk
