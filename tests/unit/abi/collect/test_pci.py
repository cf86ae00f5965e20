"""Configuration space and virtio registers, read from a machine that is as strict as hardware."""

from helpers.simulated_pc import SimulatedPC, session

from virtsmith.abi.collect import pci, virtio
from virtsmith.abi.collect.pci import find_functions
from virtsmith.abi.dump.model import SectionStatus


def snapshot(machine):
    return [bytes(function.config) for function in (machine.host, machine.port, machine.upstream, machine.card)]


def test_buses_behind_bridges_are_numbered_and_each_function_knows_the_bridges_above(q35):
    with q35 as guest:
        found = find_functions(guest.devices)
    assert [(function.address, function.node.id or function.node.type) for function in found] == [
        ("00:00.0", "mch"),
        ("00:02.0", "port0"),
        ("01:00.0", "up0"),
        ("02:01.0", "net0"),
    ]
    assert [bridge.node.id for bridge in found[-1].bridges] == ["port0", "up0"]


def test_a_machine_without_pci_has_no_such_section():
    with SimulatedPC(qtree='bus: main-system-bus\n  type System\n  dev: hpet, id ""\n') as guest:
        assert pci.collect(session(guest)).status is SectionStatus.ABSENT
        assert virtio.collect(session(guest)).status is SectionStatus.ABSENT


def test_the_whole_space_of_functions_behind_bridges_is_read_on_q35(q35):
    q35.card.config[0x2C] = 0xAB
    q35.card.config[0x148] = 0xCD  # beyond what ports reach
    with q35 as guest:
        data = pci.collect(session(guest)).data
    assert list(data) == ["00:00.0", "00:02.0 port0", "01:00.0 up0", "02:01.0 net0"]
    card = data["02:01.0 net0"]
    assert (card["@device"], card["0x00"], card["0x01"], card["0x2c"], card["0x148"]) == (
        "net0",
        "f4",
        "1a",
        "ab",
        "cd",
    )


def test_what_was_set_to_reach_other_buses_is_not_in_the_dump(q35):
    with q35 as guest:
        data = pci.collect(session(guest)).data
    assert q35.port.config[0x19] == 1
    assert q35.upstream.config[0x19:0x1B] == b"\x02\x02"
    for bridge in ("00:02.0 port0", "01:00.0 up0"):
        assert not {"0x18", "0x19", "0x1a"} & set(data[bridge])
    host = data["00:00.0"]
    assert {name: host[name] for name in host if name.startswith("0x6")} == {"0x63": "b0"}


def test_a_conventional_device_has_256_bytes_and_ports_reach_no_more(q35, i440fx):
    with q35 as guest:
        assert all(len(name) == 4 for name in pci.collect(session(guest)).data["00:00.0"] if name != "@device")
    i440fx.disk.config[0xFF] = 0x77
    with i440fx as guest:
        disk = pci.collect(session(guest)).data["00:04.0 blk0"]
    assert (disk["0x00"], disk["0xff"]) == ("f4", "77")
    assert not any(line.startswith("read ") for line in i440fx.asked)


def test_a_modern_device_behind_bridges_has_features_by_name_and_the_sizes_of_its_queues(q35):
    with q35 as guest:
        section = virtio.collect(session(guest))
    assert section.status is SectionStatus.OK
    assert section.data == {
        "net0": {"features": {"MAC": True, "VERSION_1": True}, "queues": {"0": 256, "1": 256, "2": 64}}
    }


def test_registers_are_unmapped_again_and_bridges_pass_nothing_on(q35):
    with q35 as guest:
        virtio.collect(session(guest))
    for function in (q35.port, q35.upstream, q35.card):
        assert function.config[4:6] == b"\0\0"
    assert q35.card.config[0x10:0x28] == bytes(24)
    assert q35.port.config[0x1C:0x24] == bytes(8)


def test_an_old_device_is_read_by_ports(i440fx):
    with i440fx as guest:
        data = virtio.collect(session(guest)).data
    assert data["blk0"]["queues"] == {"0": 128, "1": 128}
    assert set(data["blk0"]["features"]) == {"BARRIER", "INDIRECT_DESC"}
    assert i440fx.disk.config[0x10:0x14] == bytes(4)


def test_features_without_a_name_are_listed_by_their_bit(q35):
    q35.card.registers.features |= 1 << 45
    with q35 as guest:
        assert virtio.collect(session(guest)).data["net0"]["features"]["bit-45"]


def test_registers_that_do_not_answer_are_an_error_and_not_a_device_with_all_features(q35):
    q35.card.config[0x54] = 5  # the capability names a register where nothing answers
    with q35 as guest:
        section = virtio.collect(session(guest))
    assert section.status is SectionStatus.UNSUPPORTED
    assert section.detail.startswith("not understood: LookupError: the registers of net0 do not answer")


def test_a_list_of_capabilities_that_goes_in_circles_ends(q35):
    q35.card.config[0x50] = 0x05
    q35.card.config[0x51] = 0x40
    with q35 as guest:  # taken for an old device, which has no ports
        assert virtio.collect(session(guest)).status is SectionStatus.UNSUPPORTED
