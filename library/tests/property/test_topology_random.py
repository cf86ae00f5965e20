"""The topology of random domains: each device is at its address, nothing free is taken, and looking changes nothing."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from libvirtxml import (
    OS,
    RNG,
    AddressDIMM,
    AddressDrive,
    AddressPCI,
    ControllerPCI,
    Devices,
    DeviceSize,
    DiskFile,
    DiskTarget,
    Domain,
    MaxMemory,
    MemoryDeviceDIMM,
    MemoryDeviceDIMMTarget,
    NothingFreeError,
    OSType,
    RNGBackendRandom,
    Topology,
)
from libvirtxml.strategies import elements
from libvirtxml.topology import address_key

QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
SMALL = st.integers(0, 4)
PCI = st.builds(AddressPCI, bus=SMALL, slot=SMALL, function=st.sampled_from([None, 0, 1]))
DRIVE = st.builds(AddressDrive, controller=st.integers(0, 1), bus=st.integers(0, 1), target=st.just(0), unit=SMALL)


@st.composite
def disks(draw):
    bus = draw(st.sampled_from(["virtio", "scsi", "sata", "ide"]))
    prefix = {"virtio": "vd", "ide": "hd"}.get(bus, "sd")
    name = prefix + draw(st.sampled_from("abcdefgh"))
    address = draw(st.none() | (PCI if bus == "virtio" else DRIVE))
    return DiskFile(target=DiskTarget(dev=name, bus=bus), address=address)


def dimm(slot):
    target = MemoryDeviceDIMMTarget(size=DeviceSize(value=1))
    return MemoryDeviceDIMM(target=target, address=None if slot is None else AddressDIMM(slot=slot))


@st.composite
def domains(draw):
    """Small machines in which names and addresses meet often."""
    models = st.sampled_from(
        ["pcie-root-port", "pci-bridge", "pcie-switch-upstream-port", "pcie-switch-downstream-port"]
    )
    controllers = [
        ControllerPCI(index=index, model=draw(models), address=draw(st.none() | PCI))
        for index in range(1, draw(st.integers(1, 5)))
    ]
    rngs = [
        RNG(model="virtio", backend=RNGBackendRandom(value="/dev/urandom"), address=address)
        for address in draw(st.lists(st.none() | PCI, max_size=6))
    ]
    return Domain(
        type="kvm",
        name="a",
        os=OS(type=OSType(machine=draw(st.sampled_from(["pc", "q35"])), value="hvm")),
        max_memory=MaxMemory(slots=4, value=1 << 30),
        devices=Devices(
            disks=draw(st.lists(disks(), max_size=8)),
            controllers=controllers,
            rngs=rngs,
            memories=[dimm(slot) for slot in draw(st.lists(st.none() | SMALL, max_size=5))],
        ),
    )


def check_addresses(view):
    """Whatever has an address is found by it, or something at the same place that comes before it."""
    for device in view.devices:
        if address_key(device.address) is not None:
            found = view.find(address=device.address)
            assert address_key(found.address) == address_key(device.address)
            assert view.devices.index(found) <= view.devices.index(device)
        controller = view.controller_of(device)
        assert controller is None or device in view.devices_on(controller)


def check_tree(view):
    tree = view.pci
    for controller in tree.controllers.values():
        assert all(child.parent == controller.index for child in tree.children(controller.index))
        first, last = tree.bus_range(controller)
        assert 0 <= last - first <= len(tree.controllers)
        for slot in tree.free_slots(controller.index):
            assert not any(place.slot == slot for place in tree.places if place.bus == controller.index)
    assert sorted(map(len, tree.places.values())) == sorted(map(len, _again(tree)))


def _again(tree):
    found = {}
    for device in [*tree.devices, *(controller.device for controller in tree.controllers.values() if controller.place)]:
        found.setdefault(device.pci_place, []).append(device)
    return found.values()


@settings(QUIET, max_examples=80)
@given(
    st.one_of(domains(), st.builds(lambda devices: Domain(type="kvm", name="a", devices=devices), elements(Devices)))
)
def test_devices_are_where_their_addresses_say_and_looking_changes_nothing(domain):
    before = domain.to_xml()
    view = Topology(domain)
    check_addresses(view)
    check_tree(view)
    assert {device.target for device in view.devices}.isdisjoint(
        map(view.next_target, ["virtio", "scsi", "ide", "fdc"])
    )
    assert domain.to_xml() == before
    again = Topology(Domain.parse(before))
    assert [device.path for device in again.devices] == [device.path for device in view.devices]


@settings(QUIET, max_examples=80)
@given(domains())
def test_what_is_free_is_not_taken_and_can_be_taken_until_nothing_is_left(domain):
    view = Topology(domain)
    for bus in ("scsi", "sata", "ide", "fdc"):
        places = {device.drive_place for device in view.devices}
        disk = DiskFile(target=DiskTarget(dev=view.next_target(bus), bus=bus), address=view.next_drive_address(bus))
        domain.devices.disks.append(disk)
        added = view.find(target=disk.target.dev, tag="disk")
        assert added.element is disk
        assert added.drive_place not in places
    try:
        for _ in range(300):
            address = view.next_pci_address()
            assert view.find(address=address) is None
            domain.devices.rngs.append(
                RNG(model="virtio", backend=RNGBackendRandom(value="/dev/urandom"), address=address)
            )
        raise AssertionError("addresses never end")
    except NothingFreeError:
        tree = view.pci
        assert not any(port.takes_hotplug for port in tree.free_ports)
        assert view.has_pcie or tree.free_slots(0) == []


@settings(QUIET, max_examples=60)
@given(domains())
def test_memory_slots_are_free_until_all_are_taken(domain):
    view = Topology(domain)
    slots = []
    while True:
        try:
            slot = view.next_memory_slot()
        except NothingFreeError:
            break
        slots.append(slot)
        domain.devices.memories.append(dimm(slot))
    taken = [memory.address.slot for memory in domain.devices.memories if memory.address]
    assert len(domain.devices.memories) >= 4
    assert all(taken.count(slot) == 1 for slot in slots)
