"""``virsh nodedev-list --tree`` and ``virsh nodedev-dumpxml``."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

from virtsmith.host.facts.model import DeviceFacts, Facts, FactsDamaged
from virtsmith.host.spec.quantities import parse_mac

_PCI = re.compile(r"pci_([0-9a-f]{4,8})_([0-9a-f]{2})_([0-9a-f]{2})_([0-7])")
_NET = re.compile(r"net_.*_((?:[0-9a-f]{2}_){5}[0-9a-f]{2})")
_ENTRY = re.compile(r"^([ |]*)\+- *(\S+)")


def pci_address(name: str) -> str | None:
    """The PCI address in a node device name: ``pci_0000_b5_00_0`` is ``0000:b5:00.0``."""
    match = _PCI.fullmatch(name)
    return f"{match[1]}:{match[2]}:{match[3]}.{match[4]}" if match else None


def parse_nodedev_tree(text: str, source: str = "nodedev-list --tree") -> Facts:
    """Read the functions, what is above each, and MAC addresses from the names of network devices.

    The depth is read from the bars alone, since published copies have lost runs of spaces: a line with more bars than
    the entry above it starts the list of that entry's children.

    Raises:
        FactsDamaged: it has no tree of node devices.
    """
    devices: dict[str, DeviceFacts] = {}
    stack: list[tuple[int, str]] = []
    opens = False
    for line in text.splitlines():
        entry = _ENTRY.match(line)
        if entry is None:
            opens = bool(stack) and line.count("|") > stack[-1][0]
            continue
        bars, name = entry[1].count("|"), entry[2]
        if not opens:
            while stack and stack[-1][0] != bars:
                stack.pop()
            if stack:
                stack.pop()
        _note(devices, [name_above for _bars, name_above in stack], name)
        stack.append((bars, name))
        opens = False
    if not devices:
        raise FactsDamaged("no tree as virsh nodedev-list --tree prints it", source=source)
    return Facts(source, devices=tuple(devices.values()), complete=True)


def _note(devices: dict[str, DeviceFacts], above: list[str], name: str) -> None:
    parents = [address for text in above if (address := pci_address(text))]
    address = pci_address(name)
    if address is not None:
        parent = parents[-1] if parents else f"pci{address[:-5]}"
        devices[address] = DeviceFacts(address, parent.rstrip(":"))
    elif parents and (net := _NET.fullmatch(name)) and (mac := _mac(net[1].replace("_", ":"))):
        devices[parents[-1]] = replace(devices[parents[-1]], mac=mac)


def _mac(text: str) -> str | None:
    """The address of a card; None for what is not one, such as the multicast address of a virtual network."""
    try:
        return parse_mac(text)
    except ValueError:
        return None


def parse_nodedev_xml(text: str, source: str = "nodedev-dumpxml") -> Facts:
    """Read one or several ``<device>`` documents: identifiers, node, driver, IOMMU group with all its members.

    The MAC address of a card comes from the document of its network device.

    Raises:
        FactsDamaged: it is not XML, or has no PCI device.
    """
    body = re.sub(r"<\?xml[^<>]*+>|<!DOCTYPE[^<>]*+>", "", text)
    try:
        root = ET.fromstring(f"<devices>{body}</devices>")  # noqa: S314 - expat expands no outer entities
        found = [
            (device, _members(element)) for element in root.iter("device") if (device := _device(element)) is not None
        ]
        macs = dict(pair for element in root.iter("device") if (pair := _card(element)) is not None)
    except (ET.ParseError, ValueError, KeyError) as error:
        raise FactsDamaged(f"not a node device document: {error}", source=source) from error
    if not found:
        raise FactsDamaged("it holds no PCI device", source=source)
    known = {device.address: replace(device, mac=macs.get(device.address)) for device, _ in found}
    for device, members in found:
        for member in members:
            known.setdefault(member, DeviceFacts(member, group=device.group))
    return Facts(source, devices=tuple(known.values()))


def _device(element: ET.Element) -> DeviceFacts | None:
    pci = element.find("capability[@type='pci']")
    if pci is None:
        return None
    numbers = [int(pci.findtext(name, ""), 0) for name in ("domain", "bus", "slot", "function")]
    address = "{:04x}:{:02x}:{:02x}.{:x}".format(*numbers)
    group, node = pci.find("iommuGroup"), pci.find("numa")
    vendor, product = pci.find("vendor"), pci.find("product")
    ids = None
    if vendor is not None and product is not None:
        ids = f"{int(vendor.attrib['id'], 0):04x}:{int(product.attrib['id'], 0):04x}"
    physical = pci.find("capability[@type='phys_function']/address")
    functions = pci.find("capability[@type='virt_functions']")
    return DeviceFacts(
        address,
        parent=_parent(element, address),
        ids=ids,
        node=int(node.attrib["node"]) if node is not None else None,
        group=group.attrib["number"] if group is not None else None,
        driver=element.findtext("driver/name"),
        physical=_address(physical) if physical is not None else None,
        vfs=len(functions.findall("address")) if functions is not None else None,
        total_vfs=int(functions.get("maxCount", "0")) if functions is not None else None,
        pci_class=int(pci.findtext("class", ""), 16) if pci.findtext("class") else None,
    )


def _card(element: ET.Element) -> tuple[str, str] | None:
    """The PCI address above a network device, and its MAC address."""
    above = pci_address(element.findtext("parent", "").strip())
    mac = _mac(element.findtext("capability[@type='net']/address", ""))
    return (above, mac) if above and mac else None


def _parent(element: ET.Element, address: str) -> str | None:
    above = element.findtext("parent", "").strip()
    return pci_address(above) or (f"pci{address[:-5]}".rstrip(":") if above == "computer" else None)


def _address(element: ET.Element) -> str:
    domain, bus, slot, function = (int(element.attrib[n], 0) for n in ("domain", "bus", "slot", "function"))
    return f"{domain:04x}:{bus:02x}:{slot:02x}.{function:x}"


def _members(element: ET.Element) -> list[str]:
    """The functions of a device's IOMMU group."""
    return [_address(address) for address in element.iterfind("capability/iommuGroup/address")]
