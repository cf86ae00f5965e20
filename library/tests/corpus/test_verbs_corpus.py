"""The verbs on libvirt's own test domains: devices of every kind, clones, documents made from domains."""

from copy import deepcopy

import pytest
from libvirtxml import Domain, ModelError, Topology, XMLError, chains, devices, parse, paths, to_dotted
from libvirtxml._impl.element import Element
from libvirtxml.backups import backup_for, checkpoint_for, data_disks, has_bitmaps, snapshot_for
from libvirtxml.identity import clone, new_mac
from libvirtxml.topology import address_key

pytestmark = pytest.mark.slow
STEP = 8
"""Of so many domains one is tried."""


def file_of(disk):
    return f"/b/{disk.target.dev}"


BUILDERS = (
    lambda domain: checkpoint_for(domain, "c"),
    lambda domain: backup_for(domain, file_of),
    lambda domain: snapshot_for(domain, "s", file_of),
)


@pytest.fixture(scope="module")
def domains(corpus):
    found = {}
    for path in sorted((corpus / "libvirt-11.3.0/tests/qemuxmlconfdata").glob("*.xml"))[::STEP]:
        try:
            domain = Domain.parse(path)
        except XMLError:
            continue
        if domain.devices.__dict__:
            found[path.stem] = domain
    assert len(found) > 250
    return found


def test_a_device_of_any_kind_is_removed_added_and_replaced(domains):
    kinds = set()
    for name, domain in domains.items():
        written = domain.to_xml()
        changed = deepcopy(domain)
        for device in Topology(changed).devices:
            if type(device.element).__name__ == "Video" and device.element.model is None:
                continue
            kinds.add(type(device.element))
            devices.replace(changed, device.element, same := deepcopy(device.element))
            devices.remove(changed, same)
            assert all(other.element is not same for other in Topology(changed).devices), name
            added = devices.add(changed, same.to_xml())
            assert (type(added), added) == (type(same), same), name
        before, after = ([d.element for d in Topology(item).devices] for item in (domain, changed))
        assert sorted(map(repr, before)) == sorted(map(repr, after)), name
        assert domain.to_xml() == written, name
    assert len(kinds) > 60


def test_a_device_is_found_by_all_that_names_it(domains):
    for name, domain in domains.items():
        for device in Topology(domain).devices:
            for key in ("alias", "mac", "target", "address"):
                value = getattr(device, key)
                if value is not None and (key != "address" or address_key(value)):  # else it is not complete
                    found = devices.find(domain, type(device.element), **{key: value})
                    assert isinstance(found, type(device.element)), (name, key, value)
            assert device.element in devices.of_class(domain, type(device.element)), name
        assert devices.find(domain, mac=new_mac()) is None


def test_paths_of_devices_lead_to_them_and_take_them_out(domains):
    for name, domain in domains.items():
        for path in [to_dotted(Domain, device.path) for device in Topology(domain).devices][:5]:
            (found,) = paths.get(domain, path)
            assert isinstance(found, Element), (name, path)
        changed = deepcopy(domain)
        for path in reversed([device.path for device in Topology(domain).devices]):
            paths.remove(changed, path)
        assert Topology(changed).devices == (), name


def test_a_clone_says_all_that_it_changed(domains):
    for name, domain in domains.items():
        written = domain.to_xml()
        made = clone(domain, "twin", disk=lambda _, image: f"{image}.twin")
        assert domain.to_xml() == written, name
        assert (made.domain.name, made.domain.uuid != domain.uuid) == ("twin", True), name
        macs = [{d.mac.canonical for d in Topology(item).devices if d.mac} for item in (domain, made.domain)]
        assert macs[0].isdisjoint(macs[1]), name
        assert parse(made.domain.to_xml()) == made.domain, name
        for change in made.changes:
            if change.new is not None and change.path.startswith("/domain/devices"):
                assert [str(value) for value in paths.get(made.domain, change.path)] == [change.new], (name, change)


def test_documents_made_from_domains_mention_every_disk(domains):
    made = 0
    for name, domain in domains.items():
        if any(disk.target is None for disk in domain.devices.disks):
            with pytest.raises(ModelError, match="without a target"):
                checkpoint_for(domain, "c")
            continue
        targets = [disk.target.dev for disk in domain.devices.disks]
        for build in BUILDERS:
            if not any(has_bitmaps(disk) for disk in data_disks(domain)):
                continue
            document = build(domain)
            made += 1
            assert [disk.name for disk in document.disks.disks] == targets, name
            assert document.problems() == [], name
            assert parse(document.to_xml()) == document, name
    assert made > 60


def test_chains_end_and_say_where_each_image_is(domains):
    lengths = []
    for name, domain in domains.items():
        for disk in domain.devices.disks:
            chain = chains.backing_chain(disk)
            lengths.append(len(chain))
            assert chain.images[0].element is disk, name
            assert all(image.location for image in chain.images[1:]), name
    assert max(lengths) >= 2
