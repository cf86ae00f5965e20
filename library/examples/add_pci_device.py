"""Give a PCI device of the host to a guest."""

import re

from libvirtxml import Domain, HostdevPCI, HostdevPCISource, PCIAddress

_ADDRESS = re.compile(r"(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])", re.IGNORECASE)


def parse_address(text: str) -> PCIAddress:
    """The address that ``lspci`` prints: ``0000:03:00.1`` or ``03:00.1``; all digits are hexadecimal."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise ValueError(f"not a PCI address: {text!r}")
    domain, bus, slot, function = (int(part or "0", 16) for part in match.groups())
    return PCIAddress(domain=domain, bus=bus, slot=slot, function=function)


def add_pci_device(domain: Domain, address: str) -> HostdevPCI:
    """Add a host device, which libvirt detaches from its driver when the guest starts."""
    device = HostdevPCI(mode="subsystem", managed=True, source=HostdevPCISource(address=parse_address(address)))
    domain.devices.hostdevs.append(device)
    return device


def main() -> None:
    """Add a network card's second function."""
    domain = Domain.parse("<domain type='kvm'><name>web</name><devices/></domain>")
    add_pci_device(domain, "0000:03:10.1")
    print(domain.to_xml(), end="")


if __name__ == "__main__":
    main()
