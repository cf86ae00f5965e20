"""Device sets, and machines that take only some of their devices."""

from collections import Counter
from dataclasses import replace

import pytest

from virtsmith.abi.machine.devices import DeviceSet, SetDevice, device_set, device_sets
from virtsmith.abi.machine.guest import command_line, find_blamed
from virtsmith.errors import UsageError


@pytest.mark.parametrize("name", device_sets())
def test_every_set_has_unique_ids_and_backends_and_no_two_devices_in_one_place(name):
    devices = device_set(name).devices
    assert len({device.id for device in devices}) == len(devices)
    places = Counter(
        (device.on if device.on not in ("pci", "pcie") else "root", option)
        for device in devices
        for option in device.options.split(",")
        if option.startswith("addr=")
    )
    assert [place for place, count in places.items() if count > 1] == []
    backends = [word for device in devices for word in device.backend if not word.startswith("-")]
    assert len(set(backends)) == len(backends)


def test_a_label_changes_with_any_argument_of_any_device():
    whole = device_set("default")
    first, *rest = whole.devices
    changed = replace(whole, devices=(replace(first, options=first.options + ",x=1"), *rest))
    assert whole.label.startswith("default-")
    assert len({whole.label, changed.label, replace(whole, devices=whole.devices[1:]).label}) == 3


def test_a_device_stays_out_with_the_device_whose_bus_it_needs():
    some = DeviceSet(
        "x",
        "",
        (SetDevice("a", "a0", "pcie"), SetDevice("b", "b0", "a0"), SetDevice("c", "c0"), SetDevice("d", "d0", "pci")),
    )
    assert [device.id for device in some.fitting({"pci"})] == ["c0", "d0"]
    assert [device.id for device in some.fitting({"pci", "pcie"})] == ["a0", "b0", "c0", "d0"]
    assert [device.id for device in some.fitting({"pcie"}, {"a0"})] == ["c0"]


def test_an_unknown_set_is_refused_with_the_names_there_are():
    with pytest.raises(UsageError) as caught:
        device_set("defautl")
    assert "default" in caught.value.hint


def test_the_device_that_qemu_refuses_is_found_by_its_id():
    devices = device_set("default").devices
    text = (
        "qemu-system-x86_64: warning: netdev hub 0 is not connected\n"
        "qemu-system-x86_64: -device megasas,id=megasas0,addr=17.0: 'megasas' is not a valid device model name\n"
    )
    assert find_blamed(text, devices) == ("megasas0", "'megasas' is not a valid device model name")
    mac = "qemu-system-x86_64: -device virtio-net-pci,id=net0,addr=03.0,mac=52:54:00:00:00:01: no 'PCI' bus: sorry"
    assert find_blamed(mac, devices) == ("net0", "no 'PCI' bus: sorry")
    drive = f"qemu: -drive {devices[4].backend[1]}: Unknown driver 'null-co'"
    assert find_blamed(drive, devices) == ("blk0", "Unknown driver 'null-co'")
    assert find_blamed("qemu-system-x86_64: -device x,id=other: no", devices) is None
    assert find_blamed("qemu-system-x86_64: unable to map RAM", devices) is None


def test_backends_come_before_their_device_on_the_command_line():
    words = command_line("qemu", "pc", device_set("default").devices, "tcg")
    assert words[:4] == ["qemu", "-machine", "pc,accel=tcg", "-S"]
    place = words.index("virtio-blk-pci,id=blk0,addr=04.0,drive=disk0")
    assert words[place - 3].startswith("-drive") or words[place - 2].startswith("if=none,id=disk0")
