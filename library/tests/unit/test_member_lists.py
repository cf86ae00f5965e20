"""Lists refuse what does not belong in them when it is put in, and say where it does."""

import copy
import pickle

import pytest
from libvirtxml import (
    OS,
    Devices,
    DiskBlock,
    DiskFile,
    DiskTarget,
    Domain,
    InterfaceUser,
    Metadata,
    ModelError,
)

DISK = DiskFile(target=DiskTarget(dev="vda"))
CARD = InterfaceUser()
TEXT = """<domain type='kvm'><name>a</name><!-- kept --><devices><disk type='file'><target dev='vda'/></disk>
<interface type='user'/><disk type='file'><target dev='vdb'/></disk></devices></domain>"""


def assign(disks, key, value):
    disks[key] = value


def entered():
    devices = Devices()
    disks = devices.disks
    disks.append(DISK)
    return disks


PUTS = {
    "append": lambda disks, item: disks.append(item),
    "insert": lambda disks, item: disks.insert(0, item),
    "extend": lambda disks, item: disks.extend([DISK, item]),
    "extend with an iterator": lambda disks, item: disks.extend(iter([DISK, item])),
    "+=": lambda disks, item: disks.__iadd__([item]),
    "slice": lambda disks, item: assign(disks, slice(0, 1), [item]),
    "whole slice": lambda disks, item: assign(disks, slice(None, None, 1), [item]),
}
WAYS = {
    "parsed": lambda: Domain.parse(TEXT).devices.disks,
    "parsed with care": lambda: Domain.parse(TEXT.replace("<name>", "<new/><name>")).devices.disks,
    "absent": lambda: Devices().disks,
    "once absent": entered,
    "constructed": lambda: Devices(disks=[DISK, DISK]).disks,
    "from data": lambda: Domain.from_dict(Domain.parse(TEXT).to_dict()).devices.disks,
    "pickled": lambda: pickle.loads(pickle.dumps(Domain.parse(TEXT))).devices.disks,
    "copied deeply": lambda: copy.deepcopy(Domain.parse(TEXT)).devices.disks,
    "replaced": lambda: Domain.parse(TEXT).devices.replace(emulator="/q").disks,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("put", PUTS)
def test_a_wrong_member_is_refused_when_it_is_put_in(way, put):
    disks = WAYS[way]()
    before = list(disks)
    with pytest.raises(ModelError) as caught:
        PUTS[put](disks, CARD)
    assert str(caught.value) == "Devices.disks takes Disk objects, got InterfaceUser (it belongs in interfaces)"
    assert disks == before
    PUTS[put](disks, DiskBlock(target=DiskTarget(dev="vdc")))
    assert any(isinstance(disk, DiskBlock) for disk in disks)


def test_a_wrong_member_is_refused_in_its_place_by_constructors_and_by_assignment():
    message = "Devices.disks takes Disk objects, got InterfaceUser"
    with pytest.raises(ModelError, match=message):
        Devices(disks=[CARD])
    devices = Devices(disks=[DISK])
    with pytest.raises(ModelError, match=message):
        devices.disks = [DISK, CARD]
    with pytest.raises(ModelError, match=message):
        devices.disks[0] = CARD
    assert devices.disks == [DISK]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("<disk type='file'/>", "takes Disk objects, got str (Disk.parse(...) reads XML)"),
        ({"type": "file"}, "takes Disk objects, got dict (Disk.from_dict(...) reads plain data)"),
        (None, "takes Disk objects, got NoneType"),
        (Domain(type="kvm", name="a"), "takes Disk objects, got Domain"),
    ],
)
def test_the_message_says_what_helps(item, message):
    with pytest.raises(ModelError) as caught:
        Devices().disks.append(item)
    assert str(caught.value) == f"Devices.disks {message}"


def test_a_part_of_its_own_is_refused_with_its_place_too():
    with pytest.raises(ModelError, match=r"Devices.memballoon takes MemBalloon, got DiskFile \(it belongs in disks\)"):
        Devices(memballoon=DISK)


def test_lists_of_values_keep_them_as_fields_do():
    os = OS.parse("<os><type>hvm</type><initarg>a</initarg></os>")
    os.initargs.append("b")
    with pytest.raises(ModelError, match="expected str, got int"):
        os.initargs.append(3)
    with pytest.raises(ModelError, match="XML forbids"):
        os.initargs += ["\0"]
    assert os.initargs == ["a", "b"]
    with pytest.raises(ModelError, match="RawNode"):
        Metadata().nodes.append("<a/>")


def test_it_is_a_list_in_every_way():
    disks = Domain.parse(TEXT).devices.disks
    assert isinstance(disks, list)
    assert type(disks[:]) is type(disks * 1) is type(disks.copy()) is list
    first, second = disks
    disks.reverse()
    disks.sort(key=lambda disk: disk.target.dev, reverse=True)
    assert disks.pop() is first
    assert repr(disks) == repr([second])
    match disks:
        case [DiskFile(target=target)]:
            assert target.dev == "vdb"


def test_a_refused_member_leaves_the_document_as_it_was():
    domain = Domain.parse(TEXT)
    before = domain.to_xml()
    with pytest.raises(ModelError):
        domain.devices.interfaces.extend([CARD, DISK])
    assert domain.to_xml() == before
