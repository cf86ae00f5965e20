"""Domain XML, QEMU and virt-install command lines."""

import json
import shlex

import pytest
from libvirtxml import Domain, parse

from virtsmith.errors import UsageError
from virtsmith.host.build.argv import qemu_argv
from virtsmith.host.build.domain import build_domain
from virtsmith.host.build.onto import OntoError, add_topology
from virtsmith.host.build.virtinstall import virt_install_argv
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.examples import NAMES, example_spec
from virtsmith.host.spec.reader import parse_spec
from virtsmith.host.views.data import show_data
from virtsmith.host.views.text import show_text

EXISTING = """\
<domain type='kvm' xmlns:x='http://example.org/x'>
  <name>f25x86_64</name>
  <metadata>
    <x:note>keep  me</x:note>
  </metadata>
  <!-- a comment -->
  <memory unit='MiB'>2048</memory>
  <vcpu placement='static'>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc-q35-2.7'>hvm</type>
  </os>
  <features>
    <acpi/>
  </features>
  <devices>
    <disk type='file' device='disk'>
      <source file='/images/f25.img'/>
      <target dev='vda' bus='virtio'/>
      <address type='pci' domain='0x0000' bus='0x02' slot='0x04' function='0x0'/>
    </disk>
    <controller type='pci' index='0' model='pcie-root'/>
    <controller type='pci' index='1' model='dmi-to-pci-bridge'>
      <model name='i82801b11-bridge'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x1e' function='0x0'/>
    </controller>
    <controller type='pci' index='2' model='pci-bridge'>
      <model name='pci-bridge'/>
      <target chassisNr='2'/>
      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
    </controller>
    <interface type='network'>
      <mac address='52:54:00:10:26:7e'/>
      <source network='default'/>
      <model type='virtio'/>
      <address type='pci' domain='0x0000' bus='0x02' slot='0x01' function='0x0'/>
    </interface>
    <unheard-of thing='1'/>
  </devices>
</domain>
"""
EXPANDER = "<controller type='pci' index='9' model='pcie-expander-bus'><target busNr='99'/></controller>"


def places(domain):
    """Controllers and cards as plain values: index, model, numbers, address."""
    rows = []
    for controller in domain.devices.controllers:
        if controller.type != "pci":
            continue
        target = controller.target
        address = controller.address
        rows.append(
            (
                controller.index,
                controller.model,
                controller.hardware_model.name if controller.hardware_model else None,
                target and (target.bus_nr, target.node, target.chassis, target.port, target.chassis_nr),
                address and (address.bus, address.slot, address.function),
            )
        )
    cards = [(i.type, i.model.type, i.mac.address, (i.address.bus, i.address.slot)) for i in domain.devices.interfaces]
    return rows, cards


def test_a_cloud_image_becomes_a_disk_that_forgets_what_is_written():
    spec = parse_spec('name="h"\nimage="/debian.qcow2"\n[[node]]\ncpus=1\nmemory="1G"\n')
    devices = build_domain(plan(spec)).devices
    assert devices.disks[0].transient is not None
    assert (devices.disks[0].driver.type, devices.disks[0].source.file) == ("qcow2", "/debian.qcow2")
    assert len(devices.interfaces) == 1
    assert any(word.startswith("path=/debian.qcow2,transient=on,") for word in virt_install_argv(plan(spec)))


def test_the_reference_host_has_the_published_controllers_addresses_and_macs():
    rows, cards = places(build_domain(plan(example_spec("numa3"))))
    assert rows == [
        (0, "pcie-root", None, None, None),
        (1, "dmi-to-pci-bridge", "i82801b11-bridge", None, (0, 0x1E, 0)),
        (2, "pci-bridge", "pci-bridge", (None, None, None, None, 2), (1, 0, 0)),
        (3, "pcie-expander-bus", None, (180, 0, None, None, None), (0, 2, 0)),
        (4, "pcie-expander-bus", None, (200, 1, None, None, None), (0, 3, 0)),
        (5, "pcie-expander-bus", None, (220, 2, None, None, None), (0, 4, 0)),
        *(
            (6 + n, "pcie-root-port", "ioh3420", (None, None, 6 + n, 8 * (n % 3), None), (3 + n // 3, n % 3, 0))
            for n in range(9)
        ),
    ]
    ends = ["c6", "c7", "c8", "d6", "d7", "d8", "e6", "e7", "e8"]
    assert cards == [("user", "e1000e", f"52:54:00:7e:6e:{end}", (6 + n, 0)) for n, end in enumerate(ends)]


def test_the_reference_host_has_the_published_cells_and_iommu():
    domain = build_domain(plan(example_spec("numa3")))
    cells = [(cell.id, cell.cpus, cell.memory, cell.unit) for cell in domain.cpu.numa.cells]
    assert cells == [(0, "0-3", 4096000, "KiB"), (1, "4-5", 2048000, "KiB"), (2, "6-7", 2048000, "KiB")]
    assert (domain.cpu.mode, domain.memory.value, domain.vcpu.value) == ("host-passthrough", 8192000, 8)
    assert "<iommu model='intel'/>" in domain.to_xml()


@pytest.mark.parametrize("name", NAMES)
def test_equal_specs_give_equal_bytes_that_the_model_finds_no_fault_with(name):
    first, second = (build_domain(plan(example_spec(name))) for _ in range(2))
    assert first.to_xml() == second.to_xml()
    assert first.problems() == []
    assert parse(first.to_xml()) == first


def test_under_tcg_the_hosts_cpu_becomes_the_best_that_can_be_emulated():
    domain = build_domain(plan(example_spec("numa3")), accel="tcg")
    assert (domain.type, domain.cpu.mode) == ("qemu", "maximum")


def test_interrupt_remapping_brings_the_split_io_apic():
    assert build_domain(plan(example_spec("numa3-sriov"))).features.ioapic.driver == "qemu"
    assert build_domain(plan(example_spec("numa3"))).features.ioapic is None


def test_devices_libvirt_cannot_describe_become_qemu_arguments_on_their_port():
    spec = parse_spec(
        'name="h"\n[[node]]\ncpus=1\nmemory="1G"\n'
        'devices=["nvme", {model="generic", driver="edu", options={dma-mask="1,2"}}]\n'
    )
    arguments = [argument.value for argument in build_domain(plan(spec)).qemu_commandline.qemu_args]
    found = [json.loads(argument) for argument in arguments if argument.startswith("{")]
    nvme, edu = found
    assert (nvme["driver"], nvme["drive"], nvme["bus"], nvme["addr"]) == ("nvme", "drive-nvme0", "pci.2", "0x0")
    assert (edu["driver"], edu["dma-mask"], edu["bus"]) == ("edu", "1,2", "pci.3")
    with pytest.raises(UsageError, match="virt-install cannot pass on nvme"):
        virt_install_argv(plan(spec))
    assert "edu,id=generic0,dma-mask=1,,2,bus=pci.3,addr=0x0" in qemu_argv(plan(spec))


def test_the_topology_goes_onto_an_existing_domain_with_the_published_numbers():
    domain = add_topology(plan(example_spec("numa3")), parse(EXISTING, Domain))
    rows, cards = places(domain)
    assert rows == places(build_domain(plan(example_spec("numa3"))))[0]
    assert cards[1:] == places(build_domain(plan(example_spec("numa3"))))[1]


def test_the_rest_of_an_existing_domain_is_not_touched():
    before = EXISTING.splitlines()
    after = add_topology(plan(example_spec("numa3")), parse(EXISTING, Domain)).to_xml().splitlines()
    lost = [line for line in before if line not in after]
    assert lost == ["  <memory unit='MiB'>2048</memory>", "  <vcpu placement='static'>1</vcpu>"]


@pytest.mark.parametrize(
    ("old", "new", "pattern"),
    [
        ("pc-q35-2.7", "pc-i440fx-2.7", "has no PCIe"),
        ("52:54:00:10:26:7e", "52:54:00:7e:6e:c6", "MAC address 52:54:00:7e:6e:c6"),
        ("<unheard-of thing='1'/>", EXPANDER, "already has expander buses"),
    ],
)  # fmt: skip
def test_a_domain_that_the_topology_does_not_fit_is_refused(old, new, pattern):
    with pytest.raises(OntoError, match=pattern):
        add_topology(plan(example_spec("numa3")), parse(EXISTING.replace(old, new), Domain))


def test_slots_that_the_domain_uses_are_left_to_it():
    taken = EXISTING.replace("bus='0x02' slot='0x01'", "bus='0x00' slot='0x02'")
    domain = add_topology(plan(example_spec("numa3")), parse(taken, Domain))
    slots = [
        controller.address.slot for controller in domain.devices.controllers if controller.model == "pcie-expander-bus"
    ]
    assert slots == [5, 3, 4] or (2 not in slots and len(set(slots)) == 3)


def test_the_command_line_gives_every_number_to_qemu():
    line = shlex.join(qemu_argv(plan(example_spec("numa3")), accel="tcg"))
    for part in (
        "-cpu max",
        "-m 8192000K",
        "-numa node,nodeid=1,cpus=4-5,memdev=ram-node1",
        "-device pxb-pcie,bus_nr=200,id=pci.4,numa_node=1,bus=pcie.0,addr=0x3",
        "-device ioh3420,port=8,chassis=13,id=pci.13,bus=pci.5,addr=0x1",
        "-device e1000e,netdev=hostnet8,id=net8,mac=52:54:00:7e:6e:e8,bus=pci.14,addr=0x0",
    ):
        assert part in line
    assert line.index("intel-iommu") < line.index("pxb-pcie")


def test_memory_attributes_and_nodes_without_cpus_reach_the_command_line():
    spec = parse_spec(
        'name="h"\n[[node]]\ncpus=1\nmemory="1G"\ndistances=[10,31]\n[[node]]\nmemory="1G"\n'
        '[[hmat]]\ninitiator=0\ntarget=1\nlatency-ns=20\nbandwidth="1 GiB/s"\n'
    )
    line = shlex.join(qemu_argv(plan(spec), accel="tcg"))
    for part in (
        "hmat=on",
        "node,nodeid=1,memdev=ram-node1,initiator=0",
        "dist,src=1,dst=0,val=31",
        "data-type=access-latency,latency=20",
        "data-type=access-bandwidth,bandwidth=1048576K",
    ):
        assert part in line


def test_the_aarch64_machine_gets_its_own_iommu():
    spec = parse_spec('name="h"\nmachine="virt"\niommu="smmuv3"\n[[node]]\ncpus=1\nmemory="1G"\nspare-ports=1\n')
    argv = qemu_argv(plan(spec), accel="tcg")
    assert argv[0] == "qemu-system-aarch64"
    assert "virt,iommu=smmuv3" in argv
    assert build_domain(plan(spec)).devices.iommus[0].model == "smmuv3"


def test_the_virt_install_line_writes_the_cpu_mode_out_and_quotes_commas():
    spec = parse_spec('name="h"\ncpu="maximum"\n[[node]]\ncpus="0,2"\nmemory="1G"\n[[node]]\ncpus="1"\nmemory="1G"\n')
    cpu = virt_install_argv(plan(spec))[virt_install_argv(plan(spec)).index("--cpu") + 1]
    assert cpu.startswith('mode=maximum,numa.cell0.id=0,"numa.cell0.cpus=0,2",')


def test_a_topology_is_passed_to_libvirt_to_qemu_and_to_virt_install():
    text = 'name="t"\ntopology={sockets=2,dies=2,cores=1,threads=2}\n[[node]]\ncpus=8\nmemory="512 MiB"\n'
    host = plan(parse_spec(text))
    kvm, tcg = (build_domain(host, accel=accel) for accel in ("kvm", "tcg"))
    topology = kvm.cpu.topology
    assert (topology.sockets, topology.dies, topology.cores, topology.threads) == (2, 2, 1, 2)
    assert [(feature.name, feature.policy) for feature in kvm.cpu.features] == [("topoext", "optional")]
    assert [argument.value for argument in tcg.qemu_commandline.qemu_args] == [
        "-global",
        "max-x86_64-cpu.vendor=GenuineIntel",
    ]
    assert kvm.qemu_commandline is None
    assert "8,sockets=2,dies=2,cores=1,threads=2" in qemu_argv(host)
    assert "host,topoext=on" in qemu_argv(host)
    assert "max-x86_64-cpu.vendor=GenuineIntel" in qemu_argv(host, accel="tcg")
    assert "8,sockets=2,dies=2,cores=1,threads=2" in virt_install_argv(host)
    assert "CPUs are 2 sockets x 2 dies x 1 core x 2 threads" in show_text(host)
    assert show_data(host)["topology"] == {"sockets": 2, "dies": 2, "cores": 1, "threads": 2}
