"""Random specifications of hosts."""

from hypothesis import strategies as st

from virtsmith.host.spec.model import Device, HostSpec, Iommu, NumaNode, RootComplex

DEVICES = st.one_of(
    st.just(Device(model="virtio")),
    st.just(Device(model="nvme")),
    st.builds(Device, model=st.sampled_from(["virtio", "virtio", "virtio", "nvme", "generic", "e1000e"])),
    st.builds(Device, model=st.just("igb"), vfs=st.integers(0, 7)),
)
COMPLEXES = st.builds(
    RootComplex,
    devices=st.lists(DEVICES, max_size=12).map(tuple),
    spare_ports=st.sampled_from([0, 0, 0, 1]),
    bus=st.one_of(*[st.none()] * 7, st.integers(20, 250)),
)


@st.composite
def hosts(draw):
    count = draw(st.integers(1, 8))
    nodes, cpu = [], 0
    for number in range(count):
        cpus = draw(st.integers(1 if number == 0 else 0, 4))
        nodes.append(
            NumaNode(
                cpus=tuple(range(cpu, cpu + cpus)),
                memory_kib=draw(st.integers(512, 4096)) << 10,
                complexes=draw(st.lists(COMPLEXES, max_size=3).map(tuple)),
            )
        )
        cpu += cpus
    return HostSpec(
        name="random",
        nodes=tuple(nodes),
        root_port=draw(st.sampled_from(["pcie-root-port", "ioh3420"])),
        pci_bridge=draw(st.booleans()),
        devices=tuple(draw(st.lists(DEVICES, max_size=3))),
        spare_ports=draw(st.integers(0, 2)),
        iommu=draw(st.sampled_from([None, Iommu(), Iommu(intremap=True, caching_mode=True, address_width=48)])),
    )
