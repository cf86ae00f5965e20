"""A plan for KubeVirt: a virtual machine, and a hook that writes the topology into its domain.

KubeVirt's API has no free choice of NUMA nodes (``guestMappingPassthrough`` copies those of the real host), no root
complexes and no IOMMU. But it lets a sidecar edit the domain before it is defined: the manifest contains what KubeVirt
can express, the hook adds the rest.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from virtsmith.core.yaml import dump_yaml
from virtsmith.host.build.domain import build_controller, build_cpu, build_iommus, build_rngs, needs_split_irqchip
from virtsmith.host.export.result import (
    Export,
    note_dies,
    note_disks,
    note_guest_setup,
    sockets_cores_threads,
)
from virtsmith.host.notes import Notes, listed
from virtsmith.host.plan.topology import LAST_BUS, Plan

_MODELS = {"virtio": "virtio", "e1000e": "e1000e", "igb": "igb"}
_PAGES = {2048: "2Mi", 1 << 20: "1Gi"}
_KEY = "topology.py"
_CAREFUL_BUS = 64


def export_kubevirt(plan: Plan) -> Export:
    """A VirtualMachine, the ConfigMap with its hook, and a network for its cards."""
    notes = Notes("kubevirt")
    machine = _machine(plan)
    documents = [_config_map(plan), machine]
    if any(endpoint.device.kind.is_nic for endpoint in plan.endpoints):
        documents.insert(1, _network(plan))
    _note(plan, notes)
    return Export("---\n".join(dump_yaml(document) for document in documents), tuple(notes.findings))


def _names(plan: Plan) -> tuple[str, str]:
    """Names in a cluster: that of the machine, and that of the objects that belong to it."""
    name = "".join(letter if letter.isalnum() else "-" for letter in plan.spec.name.lower()).strip("-") or "host"
    return name, f"{name}-topology"


def _config_map(plan: Plan) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": _names(plan)[1]},
        "data": {_KEY: hook_script(plan)},
    }


def hook_script(plan: Plan) -> str:
    """The program that KubeVirt runs on the domain."""
    text = (files("virtsmith.host.export") / "kubevirt_hook.py").read_text()
    design = json.dumps(hook_design(plan), indent=1, sort_keys=True)
    return "#!/usr/bin/env python3\n" + text.replace('r"""{}"""', f'r"""\n{design}\n"""')


def hook_design(plan: Plan) -> dict[str, Any]:
    """What the hook adds: elements whose controller indexes count from 1."""
    cpu = build_cpu(plan.spec, plan.spec.accel)
    iommus = [iommu.to_xml() for iommu in build_iommus(plan.spec)]
    return {
        "numa": cpu.numa.to_xml() if cpu.numa else "<numa/>",
        "controllers": [build_controller(controller).to_xml() for controller in plan.controllers if controller.index],
        "devices": [*iommus, *(rng.to_xml() for rng in build_rngs(plan))],
        "split_irqchip": needs_split_irqchip(plan.spec),
        "cards": {endpoint.name: endpoint.port for endpoint in plan.endpoints if endpoint.device.kind.is_nic},
        "first_bus": min((expander.bus_number or LAST_BUS for expander in plan.expanders()), default=LAST_BUS),
    }


def _network(plan: Plan) -> dict[str, Any]:
    name = _names(plan)[0]
    bridge = {"cniVersion": "0.3.1", "name": name, "type": "bridge", "bridge": f"br-{name}"[:15]}
    return {
        "apiVersion": "k8s.cni.cncf.io/v1",
        "kind": "NetworkAttachmentDefinition",
        "metadata": {"name": name},
        "spec": {"config": json.dumps(bridge)},
    }


def _machine(plan: Plan) -> dict[str, Any]:
    name, hook = _names(plan)
    sidecar = {
        "args": ["--version", "v1alpha2"],
        "configMap": {"name": hook, "key": _KEY, "hookPath": "/usr/bin/onDefineDomain"},
    }
    networks = [endpoint.name for endpoint in plan.endpoints if endpoint.device.kind.is_nic]
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": name},
        "spec": {
            "runStrategy": "Halted",
            "template": {
                "metadata": {"annotations": {"hooks.kubevirt.io/hookSidecars": json.dumps([sidecar])}},
                "spec": {
                    "architecture": plan.spec.architecture.package_name,
                    "domain": _domain(plan),
                    "networks": [{"name": network, "multus": {"networkName": name}} for network in networks],
                },
            },
        },
    }


def _domain(plan: Plan) -> dict[str, Any]:
    spec = plan.spec
    sockets, cores, threads = sockets_cores_threads(plan)
    memory: dict[str, Any] = {"guest": f"{spec.memory_kib}Ki", "maxGuest": f"{spec.memory_kib}Ki"}
    if spec.host_hugepages_kib in _PAGES:
        memory["hugepages"] = {"pageSize": _PAGES[spec.host_hugepages_kib]}
    return {
        "machine": {"type": spec.machine},
        # by default KubeVirt allows more sockets or memory to be added later, which would be in no node
        "cpu": {"model": spec.cpu, "sockets": sockets, "maxSockets": sockets, "cores": cores, "threads": threads},
        "memory": memory,
        "devices": {
            "autoattachPodInterface": False,
            "interfaces": [
                {
                    "name": endpoint.name,
                    "model": _MODELS[endpoint.device.model],
                    "macAddress": endpoint.mac,
                    "bridge": {},
                }
                for endpoint in plan.endpoints
                if endpoint.device.kind.is_nic
            ],
        },
    }


def _note(plan: Plan, notes: Notes) -> None:
    spec = plan.spec
    gates = "the feature gate Sidecar" + (", and Multus for the cards" if plan.endpoints else "")
    notes.note("cluster", "cluster", f"it needs {gates}")
    added = [endpoint.name for endpoint in plan.endpoints if endpoint.device.model == "nvme" or endpoint.device.driver]
    if added:
        notes.loss("devices", listed(added), "libvirt's XML cannot describe them, so their ports stay empty")
    low = min((expander.bus_number or LAST_BUS for expander in plan.expanders()), default=LAST_BUS)
    if low < _CAREFUL_BUS:
        notes.note(
            "buses",
            "bus numbers",
            f"KubeVirt has many ports on the root bus: with numbers from {_CAREFUL_BUS} "
            f"on, rather than {low}, no bus can clash with theirs",
        )
    if spec.accel == "tcg":
        notes.note("accel", "accelerator", "set useEmulation in KubeVirt's configuration to allow emulation")
    if spec.cpu == "maximum":
        notes.loss("cpu", "CPU", "KubeVirt takes maximum for the name of a model; set another CPU")
    note_dies(plan, notes)
    note_disks(plan, notes, "add volumes and disks")
    note_guest_setup(plan, notes)
