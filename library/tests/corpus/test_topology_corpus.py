"""The topology of libvirt's own test domains, and what libvirt made of their disks."""

import re

import pytest
from libvirtxml import AddressDrive, Domain, NothingFreeError, Topology, XMLError
from libvirtxml.topology import DrivePlace, address_key

pytestmark = pytest.mark.slow
COMPLETED = re.compile(r"(.+)\.[a-z0-9_]+-latest")


@pytest.fixture(scope="module")
def domains(corpus):
    found = {}
    for path in sorted((corpus / "libvirt-11.3.0" / "tests" / "qemuxmlconfdata").glob("*.xml")):
        try:
            found[path.stem] = Domain.parse(path)
        except XMLError:
            continue
    assert len(found) > 2000
    return found


def test_devices_are_found_by_alias_and_address_and_what_is_free_is_not_taken(domains):
    for name, domain in domains.items():
        before = domain.to_xml()
        view = Topology(domain)
        for device in view.devices:
            if device.alias:
                assert view.find(alias=device.alias).alias == device.alias, name
            if address_key(device.address):
                found = view.find(address=device.address)
                assert address_key(found.address) == address_key(device.address), name
        assert view.find(target=view.next_target("virtio")) is None, name
        assert view.next_drive_address("sata") not in [
            device.address for device in view.devices if device.bus == "sata"
        ]
        try:
            assert view.find(address=view.next_pci_address()) is None, name
        except NothingFreeError:
            assert not any(port.takes_hotplug for port in view.pci.free_ports), name
        assert domain.to_xml() == before, name


def test_disks_sit_where_libvirt_puts_them_by_their_names(domains):
    """The inputs of libvirt's tests against their outputs, in which each disk has its address."""
    compared = 0
    for name, domain in domains.items():
        original = domains.get(match[1]) if (match := COMPLETED.fullmatch(name)) else None
        if original is None:
            continue
        completed = Topology(domain)
        for device in Topology(original).devices:
            libvirts = completed.find(tag="disk", target=device.target) if device.tag == "disk" else None
            if device.address is None and libvirts and isinstance(libvirts.address, AddressDrive):
                assert device.drive_place == DrivePlace.of(libvirts.element), f"{name}: {device.target}"
                compared += 1
    assert compared > 20


def test_libvirt_puts_devices_only_into_slots_that_a_tree_offers(domains):
    """On bridges and ports, that is; on root buses, devices of the machine sit in slots that are not offered."""
    places = [
        (name, tree, place)
        for name, domain in domains.items()
        if COMPLETED.fullmatch(name)
        for tree in [Topology(domain).pci]
        for place in tree.places
        if place.bus in tree.controllers and tree.model(place.bus) not in ("pci-root", "pcie-root")
    ]
    assert [f"{name}: {place}" for name, tree, place in places if place.slot not in tree.slots(place.bus)] == []
    assert len(places) > 200
