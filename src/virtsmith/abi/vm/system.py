"""Machine, CPUs and memory of a domain document as QEMU options. Sources: QEMU's and libvirt's manuals."""

from __future__ import annotations

from libvirtxml import CPUSet, Domain, DomainCPU, Topology

MEMORY_LIMIT = 4 << 30
"""Bytes of memory above which a VM is tried with less: saving state also scans unused pages."""
HOTPLUG_LIMIT = 256 << 30
"""Bytes of memory up to which a VM may grow in a trial: emulated CPUs have few address bits."""
_MIB = 1 << 20
_DEFAULT_MEMORY = 64 * _MIB


def machine_options(domain: Domain) -> list[str]:
    """Return the properties of the machine type that the document sets."""
    features = domain.features
    options: list[str] = []
    if features is None or not features.acpi:
        options.append("acpi=off")
    if features is not None and features.vmport is not None and features.vmport.state is not None:
        options.append(f"vmport={on_off(features.vmport.state)}")
    if features is not None and features.smm is not None and features.smm.state is not None:
        options.append(f"smm={on_off(features.smm.state)}")
    timers = domain.clock.timers if domain.clock is not None else []
    if any(timer.name == "hpet" and timer.present is False for timer in timers):
        options.append("hpet=off")
    return options


def system_options(domain: Domain, notes: list[str]) -> list[str]:
    """Return the options for CPUs, memory and NUMA nodes."""
    return [*_cpu(domain.cpu, notes), *_processors(domain), *_memory(domain, notes)]


def _cpu(cpu: DomainCPU | None, notes: list[str]) -> list[str]:
    if cpu is None:
        return []
    if cpu.mode in ("host-passthrough", "host-model", "maximum"):
        notes.append(f"processor: {cpu.mode} depends on the host; the machine's default model is used")
        return []
    if cpu.model is None or not cpu.model.value:
        return []
    states = {"force": "on", "require": "on", "disable": "off", "forbid": "off"}
    features = [f"{feature.name}={states[feature.policy]}" for feature in cpu.features if feature.policy in states]
    return ["-cpu", ",".join([cpu.model.value, *features])]


def _processors(domain: Domain) -> list[str]:
    if domain.vcpu is None:
        return []
    most = domain.vcpu.value
    words = [str(domain.vcpu.current or most), f"maxcpus={most}"]
    topology = domain.cpu.topology if domain.cpu is not None else None
    if topology is not None:
        words += [f"sockets={topology.sockets}", f"cores={topology.cores}", f"threads={topology.threads}"]
        if topology.dies and topology.dies > 1:
            words.insert(3, f"dies={topology.dies}")
    return ["-smp", ",".join(words)]


def _memory(domain: Domain, notes: list[str]) -> list[str]:
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


def on_off(state: bool) -> str:
    """Return a boolean as QEMU writes it."""
    return "on" if state else "off"
