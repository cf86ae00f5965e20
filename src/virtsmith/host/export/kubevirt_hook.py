"""KubeVirt runs this before it defines the domain: it adds nodes, root complexes and IOMMU to the document.

It is called with ``--vmi JSON --domain XML`` and prints the new XML. It uses the standard library only, since it runs
in one of KubeVirt's containers.
"""

from __future__ import annotations

import json
import sys
from typing import Any
from xml.etree import ElementTree as ET

DESIGN: dict[str, Any] = json.loads(r"""{}""")
QEMU = "http://libvirt.org/schemas/domain/qemu/1.0"


def main(arguments: list[str]) -> str:
    """The domain in the arguments, with the topology added."""
    ET.register_namespace("qemu", QEMU)
    domain = ET.fromstring(arguments[arguments.index("--domain") + 1])  # noqa: S314 - it comes from KubeVirt
    add_topology(domain, DESIGN)
    return ET.tostring(domain, encoding="unicode")


def add_topology(domain: ET.Element, design: dict[str, Any]) -> None:
    """Add NUMA cells, controllers and IOMMU, and put each card behind its port."""
    devices = child(domain, "devices")
    taken = [int(element.get("index", "0")) for element in devices.iterfind("controller[@type='pci']")]
    base = max(taken, default=0)
    if len(taken) + len(devices) >= design["first_bus"]:
        sys.exit(f"with so many devices bus {design['first_bus']} may be taken; use higher bus numbers in the design")
    cpu = child(domain, "cpu")
    replace(cpu, "numa", design["numa"])
    if 0 not in taken:
        devices.append(ET.fromstring("<controller type='pci' index='0' model='pcie-root'/>"))  # noqa: S314
    slots = {int(element.get("slot", "0"), 0) for element in devices.iter("address") if is_root(element)}
    for text in (*design["controllers"], *design["devices"]):
        devices.append(shifted(ET.fromstring(text), base, slots))  # noqa: S314 - these are the design's own
    if design["split_irqchip"]:
        replace(child(domain, "features"), "ioapic", "<ioapic driver='qemu'/>")
    place_cards(devices, design["cards"], base)


def place_cards(devices: ET.Element, cards: dict[str, int], base: int) -> None:
    """Give each card, found by its alias, the address behind its port."""
    found = {
        alias.get("name", ""): element
        for element in devices.iterfind("interface")
        for alias in element.iterfind("alias")
    }
    for name, port in cards.items():
        card = found.get(f"ua-{name}")
        if card is None:
            sys.exit(f"the domain has no interface {name}")
        address = f"<address type='pci' domain='0x0000' bus='{port + base:#04x}' slot='0x00' function='0x0'/>"
        replace(card, "address", address)


def is_root(address: ET.Element) -> bool:
    """Whether an address is on the root bus."""
    return address.get("type") == "pci" and int(address.get("bus", "0"), 0) == 0


def shifted(element: ET.Element, base: int, slots: set[int]) -> ET.Element:
    """Move controller indexes, and addresses that name them, past those of the domain.

    A device on the root bus keeps its slot, or is placed by libvirt if that is among the ``slots`` in use.
    """
    if element.tag == "controller":
        element.set("index", str(int(element.get("index", "0")) + base))
    target = element.find("target")
    for name in ("chassis", "chassisNr"):
        if target is not None and name in target.attrib:
            target.set(name, str(int(target.attrib[name]) + base))
    address = element.find("address")
    if address is not None and not is_root(address):
        address.set("bus", f"{int(address.get('bus', '0'), 0) + base:#04x}")
    elif address is not None and int(address.get("slot", "0"), 0) in slots:
        element.remove(address)
    return element


def child(element: ET.Element, name: str) -> ET.Element:
    """The child with a name, created if it does not exist."""
    found = element.find(name)
    return ET.SubElement(element, name) if found is None else found


def replace(element: ET.Element, name: str, text: str) -> None:
    """Replace all children with a name by a new element."""
    for old in element.findall(name):
        element.remove(old)
    element.append(ET.fromstring(text))  # noqa: S314 - the design's own


if __name__ == "__main__":
    print(main(sys.argv))  # noqa: T201 - KubeVirt reads it
