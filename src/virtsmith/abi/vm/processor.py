"""CPUs of a domain document as QEMU options. Source: libvirt's ``qemuBuildCpuCommandLine`` and QEMU's manual."""

from __future__ import annotations

from collections.abc import Iterator

from libvirtxml import (
    ClockTimerTSC,
    Domain,
    DomainCPU,
    Features,
    HyperVCustom,
    HyperVHostModel,
    HyperVPassthrough,
)

from virtsmith.abi.vm.hardware import escaped, on_off

_STATES = {"force": "on", "require": "on", "optional": "on", "disable": "off", "forbid": "off"}
_HYPERV = {
    "avic": "hv-avic", "emsr_bitmap": "hv-emsr-bitmap", "evmcs": "hv-evmcs", "frequencies": "hv-frequencies",
    "ipi": "hv-ipi", "reenlightenment": "hv-reenlightenment", "relaxed": "hv-relaxed", "reset": "hv-reset",
    "runtime": "hv-runtime", "stimer": "hv-stimer", "synic": "hv-synic", "tlbflush": "hv-tlbflush",
    "vapic": "hv-vapic", "vpindex": "hv-vpindex", "xmm_input": "hv-xmm-input",
}  # fmt: skip
_INNER = {"stimer": {"direct": "hv-stimer-direct"}, "tlbflush": {"direct": "hv-tlbflush-direct",
          "extended": "hv-tlbflush-ext"}}  # fmt: skip
_KVM = {"hint_dedicated": "kvm-hint-dedicated", "poll_control": "kvm-poll-control", "pv_ipi": "kvm-pv-ipi"}
_DEFAULT_MODEL = "qemu64"
"""QEMU's own default for x86."""


def processor_options(domain: Domain, notes: list[str]) -> list[str]:
    """Return the options for the model of the CPUs, and for their number and topology."""
    cpu = domain.cpu
    model = cpu.model.value if cpu is not None and cpu.model is not None else ""
    if cpu is not None and cpu.mode in ("host-passthrough", "host-model", "maximum"):
        notes.append(f"processor: {cpu.mode} depends on the host; the machine's default model is used")
        model = ""
    words = [*_own(cpu), *_timers(domain), *_paravirtual(domain)]
    options = ["-cpu", ",".join([model or _DEFAULT_MODEL, *words])] if model or words else []
    return [*options, *_number(domain)]


def _own(cpu: DomainCPU | None) -> Iterator[str]:
    """Yield what the ``<cpu>`` element sets beside the model."""
    if cpu is None:
        return
    for feature in cpu.features:
        if feature.policy in _STATES:
            yield f"{feature.name}={_STATES[feature.policy]}"
    if cpu.cache is not None:
        match cpu.cache.mode:
            case "emulate":
                yield "l3-cache=on"
            case "passthrough":
                yield "host-cache-info=on,l3-cache=off"
            case _:
                yield "host-cache-info=off,l3-cache=off"
    if cpu.maxphysaddr is not None and cpu.maxphysaddr.bits is not None:
        yield f"phys-bits={cpu.maxphysaddr.bits}"


def _timers(domain: Domain) -> Iterator[str]:
    for timer in domain.clock.timers if domain.clock is not None else []:
        if timer.name == "kvmclock" and timer.present is not None:
            yield f"kvmclock={on_off(timer.present)}"
        elif timer.name == "hypervclock" and timer.present:
            yield "hv-time=on"
        elif isinstance(timer, ClockTimerTSC) and timer.frequency:
            yield f"tsc-frequency={timer.frequency}"


def _paravirtual(domain: Domain) -> Iterator[str]:
    """Yield what hypervisors offer to guests that know them."""
    features = domain.features
    if features is not None:
        if features.apic is not None and features.apic.eoi is not None:
            yield f"kvm-pv-eoi={on_off(features.apic.eoi)}"
        if features.pvspinlock is not None and features.pvspinlock.state is not None:
            yield f"kvm-pv-unhalt={on_off(features.pvspinlock.state)}"
        yield from _hyperv(features)
        yield from _kvm(features)
        if features.pmu is not None and features.pmu.state is not None:
            yield f"pmu={on_off(features.pmu.state)}"
    if any(panic.model == "hyperv" for panic in domain.devices.panics):
        yield "hv-crash=on"


def _hyperv(features: Features) -> Iterator[str]:
    hyperv = features.hyperv
    if isinstance(hyperv, HyperVPassthrough):
        yield "hv-passthrough=on"
    if not isinstance(hyperv, HyperVCustom | HyperVHostModel):
        return
    for name, word in _HYPERV.items():
        part = getattr(hyperv, name)
        if part is None or part.state is None:
            continue
        yield f"{word}={on_off(part.state)}"
        for inner, more in _INNER.get(name, {}).items():
            if (found := getattr(part, inner)) is not None and found.state is not None:
                yield f"{more}={on_off(found.state)}"
    if hyperv.spinlocks is not None and hyperv.spinlocks.state:
        yield f"hv-spinlocks={hyperv.spinlocks.retries or 0:#x}"
    if hyperv.vendor_id is not None and hyperv.vendor_id.state and hyperv.vendor_id.value:
        yield f"hv-vendor-id={escaped(hyperv.vendor_id.value)}"


def _kvm(features: Features) -> Iterator[str]:
    kvm = features.kvm
    if kvm is None:
        return
    if kvm.hidden is not None and kvm.hidden.state:
        yield "kvm=off"
    for name, word in _KVM.items():
        if (part := getattr(kvm, name)) is not None:
            yield f"{word}={on_off(part.state)}"


def _number(domain: Domain) -> list[str]:
    if domain.vcpu is None:
        return []
    most = domain.vcpu.value
    words = [str(domain.vcpu.current or most), f"maxcpus={most}"]
    topology = domain.cpu.topology if domain.cpu is not None else None
    if topology is not None:
        words.append(f"sockets={topology.sockets}")
        words += [f"dies={topology.dies}"] if topology.dies and topology.dies > 1 else []
        words += [f"clusters={topology.clusters}"] if topology.clusters and topology.clusters > 1 else []
        words += [f"cores={topology.cores}", f"threads={topology.threads}"]
    return ["-smp", ",".join(words)]
