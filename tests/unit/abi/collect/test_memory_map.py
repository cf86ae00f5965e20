"""Memory maps and blocks of RAM, from the words of QEMU's monitor."""

from virtsmith.abi.collect.memory import parse_blocks, parse_views

NONE = ' AS "mch", root: bus master container\n Root memory region: (none)\n  No rendered FlatView\n'
MEMORY = """ AS "memory", root: system
 AS "cpu-memory-0", root: system
 Root memory region: system
  0000000000000000-00000000000bffff (prio 0, ram): pc.ram KVM
  00000000fee00000-00000000feefffff (prio 4096, i/o): apic-msi
"""
PORTS = """ AS "I/O", root: io
 Root memory region: io
  0000000000000000-0000000000000007 (prio 0, i/o): dma-chan
  0000000000000010-000000000000001f (prio 0, i/o): io @0000000000000010
"""
OF_A_DEVICE = """ AS "virtio-pci-cfg-mem-as", root: virtio-pci
 Root memory region: virtio-pci
  0000000000000000-0000000000000fff (prio 0, i/o): virtio-pci-common-virtio-net
"""


def flat(*views):
    return "".join(f"{'' if not number else chr(10)}FlatView #{number}\n{view}" for number, view in enumerate(views))


def test_a_map_is_the_ranges_that_processors_see_whatever_the_order_of_views():
    expected = {
        "io": {"0x0000000000000000-0x0000000000000007": "dma-chan (i/o)"},
        "system": {
            "0x0000000000000000-0x00000000000bffff": "pc.ram (ram)",
            "0x00000000fee00000-0x00000000feefffff": "apic-msi (i/o)",
        },
    }
    assert parse_views(flat(NONE, MEMORY, PORTS, OF_A_DEVICE)) == expected
    assert parse_views(flat(PORTS, OF_A_DEVICE, MEMORY, NONE)) == expected


def test_two_different_views_of_one_root_are_both_kept_in_the_order_of_their_ranges():
    other = MEMORY.replace("memory", "cpu-smm-0", 1).replace("pc.ram", "another.ram")
    found = parse_views(flat(MEMORY, other))
    assert found == parse_views(flat(other, MEMORY))
    assert sorted(found) == ["system", "system#2"]


def test_words_that_are_no_map_give_an_empty_map():
    assert parse_views("unknown command: 'mtree'") == {}
    assert parse_blocks("") == {}


def test_blocks_have_a_size_and_a_greatest_size():
    text = """              Block Name    PSize              Offset               Used              Total     HVA  RO
                  pc.ram    4 KiB  0x0000000000000000 0x0000000004000000 0x0000000004000000 0x7fc7d  rw
   /rom@etc/table-loader    4 KiB  0x00000000042c0000 0x0000000000001000 0x0000000000010000 0x7fc7e  ro
0000:00:04.0/virtio-net-pci.rom    4 KiB  0x0000000004080000 0x0000000000040000 0x0000000000040000
"""
    assert parse_blocks(text) == {
        "pc.ram": {"size": 64 << 20, "max": 64 << 20},
        "/rom@etc/table-loader": {"size": 4096, "max": 65536},
        "0000:00:04.0/virtio-net-pci.rom": {"size": 262144, "max": 262144},
    }
