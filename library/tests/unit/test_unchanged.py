"""Nothing that only reads an element changes it: each public operation, with the element before and after."""

import contextlib
import copy
import inspect
import pickle
from functools import cached_property
from inspect import getattr_static

import libvirtxml
import pytest
from libvirtxml import (
    Domain,
    Element,
    InterfaceUser,
    Subclasses,
    Topology,
    acceptance,
    backups,
    chains,
    devices,
    identity,
    introspect,
    live,
    parse,
    paths,
)
from libvirtxml._impl.base import child_items
from libvirtxml._impl.fragments import parse_any
from libvirtxml.acceptance import check
from libvirtxml.introspect import field_kind, schema_path
from libvirtxml.topology import address_key, disk_bus
from xml_helpers.sample_documents import SAMPLES
from xml_helpers.snapshots import snapshot

ODD = """<?before?><domain type='kvm' new='1' xmlns:q='urn:q'>
  <name>a<!-- half -->b</name>
  <!-- beside -->
  <metadata><q:a><q:b row='1'>x</q:b></q:a></metadata>
  <memory unit='KiB'>81<!-- one -->92</memory>
  <iothreads><!-- was 2 -->4</iothreads>
  <devices>
    <disk type='file'><target dev='vda' odd='1'/><odd/></disk>
    <interface type='user'><mac address='52:54:00:AA:BB:CC'/></interface>
    <disk type='new'><source path='/x'/></disk>
    <controller type='pci' index='0x1' model='pcie-root'/>
  </devices>
  <q:more/>
</domain><!-- after -->
"""
SAMPLE_DOMAIN = next(path.read_text() for path in SAMPLES if path.stem == "domain")
DOCUMENTS = {"odd": ODD, **{path.stem: path.read_text() for path in SAMPLES}}


def read_all_attributes(element):
    """Every field, property and extra of an element and of all below it."""
    for name in dir(type(element)):
        if isinstance(getattr_static(type(element), name), (property, cached_property)) or name in vars(type(element)):
            with contextlib.suppress(libvirtxml.LibvirtXMLError):  # a size whose unit nobody knows
                getattr(element, name)
    for _, _, child in child_items(element):
        read_all_attributes(child)


def topology(element):
    for name in dir(Topology) if isinstance(element, Domain) else ():
        if isinstance(getattr_static(Topology, name), property):
            getattr(Topology(element), name)


OF_THE_CLASS = {
    "extra": lambda element: element.extra and (repr(element.extra), element.extra.content(), bool(element.extra)),
    "from_dict": lambda element: type(element).from_dict(element.to_dict()),
    "from_json": lambda element: type(element).from_json(element.to_json()),
    "from_yaml": lambda element: type(element).from_yaml(element.to_yaml()),
    "parse": lambda element: type(element).parse(element.to_xml()),
    "problems": lambda element: element.problems(),
    "replace": lambda element: element.replace(),
    "to_dict": lambda element: element.to_dict(),
    "to_json": lambda element: element.to_json(),
    "to_python": lambda element: element.to_python(),
    "to_xml": lambda element: (element.to_xml(), element.to_xml(indent=False)),
    "to_yaml": lambda element: element.to_yaml(),
    "unknown": lambda element: element.unknown(),
}
OTHERS = {
    "fields": read_all_attributes,
    "repr": repr,
    "==": lambda element: element == copy.deepcopy(element),
    "!=": lambda element: element != parse_any(element.to_xml()),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda element: pickle.loads(pickle.dumps(element)),
    "dir": lambda element: (dir(element), vars(element).copy()),
    "diff": lambda element: list(libvirtxml.diff(element, copy.deepcopy(element), "requested")),
    "outline": libvirtxml.outline,
    "to_script": libvirtxml.to_script,
    "get": lambda element: [libvirtxml.get(element, name) for name in list(element.to_dict())[1:] if name[0] != "$"],
    "check": check,
    "introspect": lambda element: (schema_path(type(element)), field_kind(type(element), list(vars(element))[-1])),
    "Subclasses": lambda element: Subclasses().apply(element),
    "Topology": topology,
    "introspect.walk": lambda element: [list(introspect.walk(element)), list(introspect.children(element))],
    "introspect.field_names": lambda element: introspect.field_names(type(element)),
    "check_sizes": libvirtxml.check_sizes,
    "to_xpath": lambda element: [libvirtxml.to_xpath(element, name) for name in list(vars(element))[-1:]],
    "to_dotted": lambda element: libvirtxml.to_dotted(element, libvirtxml.to_xpath(element, list(vars(element))[-1])),
    "paths.get": lambda element: paths.get(element, list(vars(element))[-1]),
}
DOMAINS = {
    "backups.backup_for": lambda domain: backups.backup_for(domain, lambda _: "/b"),
    "backups.checkpoint_for": backups.checkpoint_for,
    "backups.data_disks": backups.data_disks,
    "backups.has_bitmaps": lambda domain: [backups.has_bitmaps(disk) for disk in domain.devices.disks],
    "backups.snapshot_for": lambda domain: backups.snapshot_for(domain, "s", lambda _: "/s"),
    "chains.backing_chain": lambda domain: [list(chains.backing_chain(disk)) for disk in domain.devices.disks],
    "chains.location": lambda domain: [chains.location(disk) for disk in domain.devices.disks],
    "devices.as_variant": lambda domain: [
        devices.as_variant(card, InterfaceUser, source=None, target=None) for card in domain.devices.interfaces[:1]
    ],
    "devices.find": lambda domain: devices.find(domain, target="vda"),
    "devices.of_class": lambda domain: devices.of_class(domain, libvirtxml.Disk),
    "identity.clone": lambda domain: identity.clone(domain, "b", disk=lambda _, image: f"{image}.b"),
    "identity.new_mac": lambda domain: identity.new_mac([d.mac for d in Topology(domain).devices if d.mac]),
    "live.run_time_parts": live.run_time_parts,
    "topology.address_key": lambda domain: [address_key(device.address) for device in Topology(domain).devices],
    "topology.controller_of": lambda domain: [Topology(domain).controller_of(d) for d in Topology(domain).devices],
    "topology.disk_bus": lambda domain: [disk_bus(disk) for disk in domain.devices.disks],
}
"""What is asked of domains."""
CHANGE = {"apply", "devices.add", "devices.remove", "devices.replace", "paths.add", "paths.remove", "paths.set"}
"""What changes the element that it is given, as it says."""
WITHOUT_ELEMENTS = {
    "changes_as_markdown", "changes_as_text", "check_same_content", "convert", "edit", "find_documents", "find_schemas",
    "find_type", "format_xml", "from_dict", "from_json", "from_yaml", "json_schema", "load_any", "parse", "parse_any",
    "round_trip", "split_assignment", "compare", "validate", "acceptance.since", "acceptance.releases",
    "introspect.field_kind", "introspect.schema_path",
    "live.load", "live.update",
}  # fmt: skip
"""What is given no element: texts, files, classes, objects of libvirt."""
MODULES = (acceptance, backups, chains, devices, identity, introspect, live, paths)


MAY_FAIL = {
    "check": (libvirtxml.LibvirtXMLError,),
    "get": (libvirtxml.PathError,),
    "paths.get": (libvirtxml.PathError,),
}
"""What some of the documents are not valid input for."""


def test_every_public_operation_of_elements_is_here():
    assert OF_THE_CLASS.keys() == {name for name in dir(Element) if not name.startswith("_")}


def test_every_public_function_is_here_or_is_given_no_element():
    own = {name for name in libvirtxml.__dir__() if inspect.isfunction(getattr(libvirtxml, name))}
    of_modules = {
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in MODULES
        for name in module.__all__
        if inspect.isfunction(getattr(module, name))
    }
    spelled = {"check": "acceptance.check", "introspect": "introspect.children"}
    tried = {spelled.get(name, name) for name in [*OTHERS, *DOMAINS]}
    assert sorted((own | of_modules) - tried - CHANGE - WITHOUT_ELEMENTS) == []
    assert sorted((CHANGE | WITHOUT_ELEMENTS) - own - of_modules) == []


@pytest.mark.parametrize("operation", DOMAINS)
@pytest.mark.parametrize("document", [ODD, SAMPLE_DOMAIN], ids=["odd", "sample"])
def test_a_domain_is_the_same_after_it(document, operation):
    domain = Domain.parse(document)
    before = snapshot(domain)
    with contextlib.suppress(libvirtxml.ModelError):  # no disk can be part of a checkpoint
        DOMAINS[operation](domain)
    assert snapshot(domain) == before


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("operation", [*OF_THE_CLASS, *OTHERS])
def test_an_element_is_the_same_after_it(document, operation):
    element = parse_any(DOCUMENTS[document])
    before = snapshot(element)
    with contextlib.suppress(*MAY_FAIL.get(operation, ())):
        (OF_THE_CLASS | OTHERS)[operation](element)
    assert snapshot(element) == before


def test_a_snapshot_shows_the_least_change():
    domain = parse(ODD)
    before = snapshot(domain)
    domain.metadata.nodes[0].element[0].set("row", "2")
    assert snapshot(domain) != before
