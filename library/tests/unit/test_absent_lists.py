"""Lists that an element does not have: empty to look at, and part of it once something is in them."""

import copy
import gc
import pickle

import pytest
from libvirtxml import Devices, DiskFile, DiskFileSource, DiskTarget, Domain

DISK = DiskFile(source=DiskFileSource(file="/a"), target=DiskTarget(dev="vda"))


def assign_slice(disks):
    disks[:] = [DISK]


@pytest.mark.parametrize(
    "put",
    [
        lambda disks: disks.append(DISK),
        lambda disks: disks.extend([DISK]),
        lambda disks: disks.extend(iter([DISK])),
        lambda disks: disks.insert(0, DISK),
        lambda disks: disks.__iadd__([DISK]),
        assign_slice,
    ],
)
def test_the_first_member_puts_the_list_into_its_element(put):
    devices = Devices(emulator="/q", memballoon=None)
    disks = devices.disks
    assert vars(devices) == {"emulator": "/q"}
    put(disks)
    assert devices.disks is disks
    assert devices.disks == [DISK]
    assert "<disk type='file'>" in devices.to_xml()


def test_whoever_looks_twice_holds_one_list():
    devices = Devices()
    first, second = devices.disks, devices.disks
    assert first is second
    first.append(DISK)
    second.append(DISK)
    assert devices.disks == [DISK, DISK]


def test_nothing_put_in_is_nothing_entered():
    devices = Devices()
    devices.disks.extend([])
    devices.disks[:] = []
    devices.disks.sort(key=str)
    devices.disks.clear()
    assert vars(devices) == {}
    assert devices.to_xml() == "<devices/>\n"


def test_a_list_that_was_replaced_is_on_its_own():
    devices = Devices()
    held = devices.disks
    devices.disks = [DISK]
    held.append(DISK)
    assert devices.disks == [DISK]
    del devices.disks
    assert devices.disks == []


def test_the_order_of_fields_is_kept_when_a_list_enters():
    devices = Domain.parse(
        "<domain type='kvm'><name>a</name><devices><emulator>/q</emulator><memballoon model='none'/></devices></domain>"
    ).devices
    devices.disks.append(DISK)
    assert list(vars(devices)) == ["emulator", "disks", "memballoon"]


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies_have_lists_of_their_own(duplicate):
    devices = Devices()
    devices.disks.append(DISK)
    apart = duplicate(devices.disks)
    assert apart == devices.disks
    apart.append(DISK)
    assert devices.disks == [DISK]
    assert duplicate(devices) == devices
    other = duplicate(Devices())
    other.disks.append(DISK)
    assert Devices() != other


def test_a_list_that_is_held_does_not_keep_a_cycle():
    devices = Devices()
    disks = devices.disks
    gc.collect()
    del devices
    disks.append(DISK)
    del disks
    assert gc.collect() == 0
