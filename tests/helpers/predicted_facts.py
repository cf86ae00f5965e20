"""Facts as a probe would report them in a guest that is exactly as predicted."""

from virtsmith.host.facts.model import CpuFacts, DeviceFacts, Facts, LinkFacts, NodeFacts
from virtsmith.host.plan.devices import MODELS
from virtsmith.host.plan.predict import predict
from virtsmith.host.spec.model import CpuTopology

CLASSES = {model.ids: model.pci_class for model in MODELS.values()}
CHIPSET = {"8086:29c0": 0x060000, "8086:2918": 0x060100, "8086:2922": 0x010601, "8086:2930": 0x0C0500,
           "1b36:0008": 0x060000, "1b36:000b": 0x060000}  # fmt: skip
BRIDGES = {"1b36:000c", "8086:3420", "8086:244e", "1b36:0001"}


def predicted_facts(plan):
    expected = predict(plan)
    topology = plan.spec.topology or CpuTopology(sockets=plan.spec.cpu_count)
    nodes = [
        NodeFacts(node.number, node.cpus, node.memory_kib, node.distances, dict(node.hugepages))
        for node in expected.nodes
    ]
    devices = [
        DeviceFacts(
            device.address,
            device.parent,
            device.ids,
            device.node,
            "" if device.group is None else str(device.group),
            mac=device.mac,
            physical=device.physical,
            vfs=device.vfs or None,
            pci_class=pci_class(device),
            hotplug=device.hotplug,
            translated=device.translated,
        )
        for device in expected.devices
    ]
    return Facts(
        "predicted",
        nodes=tuple(nodes),
        devices=tuple(devices),
        groups_known=True,
        complete=True,
        cpus=tuple(CpuFacts(number, *topology.place(number)) for number in range(plan.spec.cpu_count)),
        architecture=plan.spec.architecture.name,
        iommu=expected.iommu or "",
        iommu_settings=expected.iommu_settings,
        links=tuple(LinkFacts(e.initiator, e.target, e.latency_ns, e.bandwidth_kib) for e in expected.links) or None,
        machine=expected.machine,
        virtualization="svm" if plan.spec.nested else "",
    )


def pci_class(item):
    if item.ids in BRIDGES:
        return 0x060400
    if item.physical:
        return 0x020000
    return CLASSES.get(item.ids) or CHIPSET.get(item.ids)
