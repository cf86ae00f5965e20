"""Failures that users of other libraries reported, replayed with documents of our own.

Each test names the project whose users met the failure; the documents are written from the described situations.
"""

import pytest
from libvirtxml import (
    InterfaceBridge,
    InterfaceBridgeSource,
    InterfaceUser,
    ModelError,
    diff,
    edit,
    parse,
)

QEMU = "http://libvirt.org/schemas/domain/qemu/1.0"


def test_kubevirt_a_read_changed_and_written_domain_keeps_its_qemu_commandline() -> None:
    text = (
        f"<domain type='kvm' xmlns:qemu='{QEMU}'>\n  <name>vm</name>\n  <vcpu>1</vcpu>\n  <qemu:commandline>\n"
        "    <qemu:arg value='-device'/>\n    <qemu:arg value='ivshmem'/>\n    <qemu:env name='A' value='B'/>\n"
        "  </qemu:commandline>\n</domain>\n"
    )
    domain = parse(text)
    domain.vcpu.value = 4
    assert domain.to_xml() == text.replace("<vcpu>1", "<vcpu>4")
    assert [arg.value for arg in domain.qemu_commandline.qemu_args] == ["-device", "ivshmem"]
    change = edit(text)
    with change as document:
        document.vcpu.value = 4
    assert change.text == text.replace("<vcpu>1", "<vcpu>4")


def test_forklift_syntax_of_a_newer_libvirt_is_read_kept_and_listed() -> None:
    text = (
        "<domain type='kvm' era='next'>\n  <name>vm</name>\n  <devices>\n"
        "    <disk type='teleport' device='disk'>\n      <source beam='7'/>\n      <target dev='vda' bus='warp'/>\n"
        "    </disk>\n    <hologram model='tea'/>\n  </devices>\n</domain>\n"
    )
    domain = parse(text)
    assert domain.to_xml() == text
    assert {problem.path for problem in domain.unknown()} >= {"/domain/@era", "/domain/devices/hologram"}
    change = edit(text)
    with change as document:
        document.devices.disks[0].target.dev = "vdb"
    assert change.text == text.replace("'vda'", "'vdb'")


def test_terraform_an_interface_cannot_be_of_one_type_with_the_source_of_another() -> None:
    bridge = InterfaceBridge(source=InterfaceBridgeSource(bridge="br0"))
    assert bridge.type == "bridge"
    assert "<interface type='bridge'>" in bridge.to_xml()
    with pytest.raises(ModelError):
        InterfaceUser(source=InterfaceBridgeSource(bridge="br0"))  # type: ignore[arg-type]
    with pytest.raises((ModelError, AttributeError)):
        bridge.type = "user"  # type: ignore[misc, assignment]


def test_avocado_a_bus_written_008_is_reported_and_never_read_as_another_number() -> None:
    text = (
        "<domain type='kvm'><name>vm</name><devices><hostdev mode='subsystem' type='usb'><source>"
        '<address bus="008" device="010"/></source></hostdev></devices></domain>'
    )
    domain = parse(text)
    address = domain.devices.hostdevs[0].source.address
    assert address.bus == "008"
    assert address.device == 8
    assert any("octal" in problem.message and problem.path.endswith("@bus") for problem in domain.problems())
    assert domain.to_xml(indent=False).replace("'", '"') == text.replace("'", '"')
    assert diff(text, text.replace('"010"', '"8"')) == []
    assert [change.path for change in diff(text, text.replace('"010"', '"10"'))] == [
        "devices.hostdevs[0].source.address.device"
    ]


def test_vagrant_libvirt_a_domain_that_libvirt_returns_reordered_and_filled_in_is_no_difference() -> None:
    requested = (
        "<domain type='kvm'><name>box</name><memory unit='MiB'>512</memory><vcpu>2</vcpu>"
        "<clock offset='utc'/><features><acpi/><apic/></features><devices>"
        "<disk type='file' device='disk'><source file='/box.img'/><target dev='vda' bus='virtio'/></disk>"
        "<interface type='network'><mac address='52:54:00:0A:0B:0C'/><source network='vagrant'/>"
        "<model type='virtio'/></interface><graphics type='vnc' port='-1' autoport='yes'/></devices></domain>"
    )
    actual = (
        "<domain type='kvm' id='3'>\n  <name>box</name>\n  <uuid>c7a5fdbd-cdaf-9455-926a-d65c16db1809</uuid>\n"
        "  <memory unit='KiB'>524288</memory>\n  <currentMemory unit='KiB'>524288</currentMemory>\n"
        "  <vcpu placement='static'>2</vcpu>\n  <features>\n    <apic/>\n    <acpi/>\n  </features>\n"
        "  <clock offset='utc'/>\n  <on_poweroff>destroy</on_poweroff>\n  <devices>\n"
        "    <interface type='network'>\n      <mac address='52:54:00:0a:0b:0c'/>\n"
        "      <source network='vagrant' portid='1' bridge='virbr1'/>\n      <target dev='vnet2'/>\n"
        "      <model type='virtio'/>\n      <alias name='net0'/>\n"
        "      <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>\n    </interface>\n"
        "    <disk type='file' device='disk'>\n      <source file='/box.img' index='1'/>\n"
        "      <target dev='vda' bus='virtio'/>\n    </disk>\n"
        "    <controller type='usb' index='0' model='piix3-uhci'/>\n"
        "    <graphics type='vnc' port='5900' autoport='yes' listen='127.0.0.1'>\n"
        "      <listen type='address' address='127.0.0.1'/>\n    </graphics>\n"
        "    <memballoon model='virtio'/>\n  </devices>\n</domain>\n"
    )
    assert diff(requested, actual, "requested") == []
    assert [change.path for change in diff(requested, actual.replace(">2</vcpu>", ">3</vcpu>"), "requested")] == [
        "vcpu"
    ]
