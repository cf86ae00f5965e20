"""The tree of devices that QEMU prints, and the names devices get."""

from hypothesis import given
from hypothesis import strategies as st

from virtsmith.abi.machine.qtree import parse_qtree

TREE = """bus: main-system-bus
  type System
  dev: hpet, id ""
    gpio-out "sysbus-irq" 32
    timers = 3 (0x3)
    hpet-intcap = 16711940 (0xff0104)
    mmio 00000000fed00000/0000000000000400
  dev: q35-pcihost, id ""
    pci-hole64-size = 34359738368 (32 GiB)
    bus: pcie.0
      type PCIE
      dev: virtio-net-pci, id "net0"
        addr = 03.0
        romfile = "efi-virtio.rom"
        class Ethernet controller, addr 00:03.0, pci id 1af4:1000 (sub 1af4:0001)
        bus: virtio-bus
          type virtio-pci-bus
          dev: virtio-net-device, id ""
            mac = "52:54:00:00:00:01"
            tx = ""
      dev: ich9-ahci, id ""
        addr = 1f.2
        bus: ide.0
          type IDE
        bus: ide.1
          type IDE
      dev: ICH9-LPC, id ""
        addr = 1f.0
        bus: isa.0
          type ISA
          dev: isa-i8259, id ""
            iobase = 160 (0xa0)
          dev: isa-i8259, id ""
            iobase = 32 (0x20)
          dev: smbus-eeprom, id ""
          dev: smbus-eeprom, id ""
  dev: fw_cfg_io, id ""
    dma_enabled = true
"""


def tree():
    return {node.key: node for node in parse_qtree(TREE)}


def test_devices_are_named_by_id_or_type_and_pci_slot_with_what_makes_them_unique():
    assert list(tree()) == [
        "hpet",
        "q35-pcihost",
        "net0",
        "net0/virtio-net-device",
        "ich9-ahci@1f.2",
        "ICH9-LPC@1f.0",
        "isa-i8259",
        "isa-i8259@32",
        "smbus-eeprom",
        "smbus-eeprom#2",
        "fw_cfg_io",
    ]


def test_values_lose_their_quotes_and_the_second_form_of_numbers():
    found = tree()
    assert found["hpet"].properties == {"timers": "3", "hpet-intcap": "16711940"}
    assert found["q35-pcihost"].properties["pci-hole64-size"] == "34359738368"
    assert found["net0"].properties["romfile"] == "efi-virtio.rom"
    assert found["net0/virtio-net-device"].properties == {"mac": "52:54:00:00:00:01", "tx": ""}


def test_every_device_knows_its_bus_its_parent_and_the_buses_it_brings():
    found = tree()
    assert (found["net0"].bus, found["net0"].bus_type, found["net0"].slot) == ("pcie.0", "PCIE", "03.0")
    assert found["net0/virtio-net-device"].parent is found["net0"]
    assert found["ich9-ahci@1f.2"].buses == {"ide.0": "IDE", "ide.1": "IDE"}
    assert found["fw_cfg_io"].bus == "main-system-bus"
    assert found["fw_cfg_io"].parent is None
    assert not found["isa-i8259"].slot


def test_a_new_device_of_the_same_type_does_not_rename_the_others():
    grown = TREE.replace('dev: smbus-eeprom, id ""\n', 'dev: smbus-eeprom, id ""\n', 1) + '  dev: hpet, id ""\n'
    assert {*tree()} < {node.key for node in parse_qtree(grown)}


@given(st.lists(st.sampled_from([*TREE.splitlines(), "    bus: ", "dev: ,", 'dev: x, id "', " = ", ""])).map("\n".join))
def test_trees_in_any_disorder_are_read_and_keys_stay_unique(text):
    nodes = parse_qtree(text)
    assert len({node.key for node in nodes}) == len(nodes)
    assert all(node.key for node in nodes)
