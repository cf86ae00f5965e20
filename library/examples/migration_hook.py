"""A hook of libvirt (``/etc/libvirt/hooks/qemu``): what a domain that migrates to this host must be called here.

libvirt runs it as ``qemu GUEST migrate begin -`` with the domain on standard input, and takes what it prints.
"""

import sys

import libvirtxml as lx

BRIDGES = {"br-prod": "br0"}


def adapt(domain: lx.Domain) -> None:
    """Put cards on the bridges of this host."""
    for card in domain.devices.interfaces:
        if isinstance(card, lx.InterfaceBridge) and card.source is not None:
            card.source.bridge = BRIDGES.get(card.source.bridge, card.source.bridge)


def main() -> None:
    """Change only what must be; every other byte stays as it is."""
    if sys.argv[2:4] == ["migrate", "begin"]:
        change = lx.edit(sys.stdin.read(), lx.Domain)
        adapt(change.document)
        print(change.finish(), end="")


if __name__ == "__main__":
    main()
