"""Rules about virtual networks: forwarding, addresses, VLANs, port groups and DNS."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.guest import look, members
from libvirtxml._impl.definition.rule import Found, measured_before, repeated, rule

if TYPE_CHECKING:
    from libvirtxml import Network

_ROUTED = ("", "nat", "route", "open")
"""Modes in which libvirt makes the bridge and gives addresses; empty for an isolated network."""
_ONLY_9_0 = measured_before("11.3.0")
_PORT_PARTS = ("port", "priority", "weight")


def _mode(network: Any) -> str:
    forward = look(network, "forward")
    return "" if forward is None else str(look(forward, "mode") or "nat")


@rule(
    "DEF200",
    "the devices that a network forwards to are named once, in one way",
    why="libvirt does not choose between two.",
    fix="Keep either <interface>, <address> or <pf>, each device once, and the first interface in forward's dev.",
    root="network",
)
def check_forward_devices(network: Network) -> Found:
    """Devices of <forward>."""
    forward, mode = look(network, "forward"), _mode(network)
    interfaces, addresses = members(forward, "interfaces"), members(forward, "addresses")
    dev = look(forward, "dev")
    for index, item, first in repeated(interfaces, lambda item: look(item, "dev")):
        yield f"/network/forward/interface[{index}]/@dev", f"{item.dev} is already that of interface[{first}]"
    for index, _, first in repeated(addresses, _pci_key):
        yield f"/network/forward/address[{index}]", f"it is already that of address[{first}]"
    if sum((bool(interfaces), bool(addresses), look(forward, "pf") is not None)) > 1:
        yield "/network/forward", "it names devices in more than one way"
    if dev and interfaces and look(interfaces[0], "dev") not in (None, dev):
        yield "/network/forward/@dev", f"{dev!r} is not the first interface"
    if mode == "open" and (dev or interfaces):
        yield "/network/forward/@dev", "an open network forwards anywhere"
    if mode in ("nat", "route") and len(interfaces) > 1:
        yield "/network/forward/interface[2]", f"there is one device with mode='{mode}'"


def _pci_key(address: Any) -> tuple[str, ...] | None:
    parts = [look(address, name) for name in ("domain", "bus", "slot", "function")]
    return None if None in parts else tuple(map(str, parts))


@rule(
    "DEF201",
    "a network without a bridge of libvirt's has no addresses, DNS or settings of one",
    why="The host's own network serves these guests, and libvirt has nothing to configure.",
    fix="Remove it, or use the mode nat, route or open.",
    root="network",
)
def check_unrouted(network: Network) -> Found:
    """What belongs to modes in which libvirt makes the bridge."""
    mode = _mode(network)
    if mode in _ROUTED or mode not in ("bridge", "private", "vepa", "passthrough", "hostdev"):
        return
    for field, tag in (("ips", "ip"), ("dns", "dns"), ("mac", "mac"), ("bandwidth", "bandwidth"), ("mtu", "mtu")):
        if look(network, field):
            yield f"/network/{tag}", f"there is none with mode='{mode}'"
    bridge = look(network, "bridge")
    for name in ("stp", "delay", "zone"):
        if look(bridge, name) is not None:
            yield f"/network/bridge/@{name}", f"there is none with mode='{mode}'"
    if mode != "bridge" and look(bridge, "name") is not None:
        yield "/network/bridge/@name", f"there is no bridge with mode='{mode}'"


@rule(
    "DEF202",
    "a network that libvirt routes has an address",
    why="Without one there is nothing to route from.",
    fix="Add <ip>.",
    root="network",
)
def check_routed(network: Network) -> Found:
    """Networks that need an address."""
    mode = _mode(network)
    if not members(network, "ips") and mode in ("nat", "route"):
        yield "/network/ip", f"is missing, with mode='{mode}'"
    if not members(network, "ips") and mode == "open":
        yield "/network/ip", "is missing, with mode='open'", _ONLY_9_0


@rule(
    "DEF203",
    "VLANs are set where the device can tag packets",
    why="libvirt tags in Open vSwitch, in virtual functions, and in bridges of recent releases only.",
    fix="Remove <vlan>, or use such a network.",
    root="network",
)
def check_vlan(network: Network) -> Found:
    """VLANs of the network and of its port groups."""
    mode = _mode(network)
    if mode in ("passthrough", "hostdev", "bridge"):
        return
    for path, owner in (("/network", network), *_portgroups(network)):
        if members(owner, "vlan.tags"):
            yield f"{path}/vlan", "this network cannot tag packets"


def _portgroups(network: Any) -> Iterator[tuple[str, Any]]:
    for index, group in enumerate(members(network, "portgroups"), 1):
        yield f"/network/portgroup[{index}]", group


@rule(
    "DEF204",
    "port groups have names of their own, and one of them is the default",
    why="Interfaces name a port group, or take the default.",
    fix="Rename one, and keep default='yes' on one.",
    root="network",
)
def check_portgroups(network: Network) -> Found:
    """Port groups."""
    groups = members(network, "portgroups")
    for index, group, first in repeated(groups, lambda group: look(group, "name")):
        yield f"/network/portgroup[{index}]/@name", f"{group.name} is already that of portgroup[{first}]"
    for index, _, first in repeated(groups, lambda group: True if look(group, "default") is True else None):
        yield f"/network/portgroup[{index}]/@default", f"portgroup[{first}] is the default already"


@rule(
    "DEF205",
    "addresses are of their family, and DHCP gives those of one network",
    why="libvirt serves one IPv4 and one IPv6 network by DHCP, with addresses in it.",
    fix="Name the family of IPv6 addresses, keep one <dhcp> for each family, and ranges inside the network.",
    root="network",
)
def check_addresses(network: Network) -> Found:
    """Addresses and DHCP."""
    served: dict[int, int] = {}
    for index, ip in enumerate(members(network, "ips"), 1):
        path = f"/network/ip[{index}]"
        yield from _family(ip, path)
        family = _version(look(ip, "address"))
        hosts, ranges = members(ip, "dhcp.hosts"), members(ip, "dhcp.ranges")
        if (hosts or ranges) and family is not None:
            if family in served:
                yield f"{path}/dhcp", f"ip[{served[family]}] has DHCP for IPv{family} already"
            served.setdefault(family, index)
        for place, host in enumerate(hosts, 1):
            who = "id" if family == 6 else "mac"
            if look(host, who) is None and look(host, "name") is None:
                yield f"{path}/dhcp/host[{place}]", f"it has neither {who} nor name"
            if (name := look(host, "name")) and not str(name)[0].isalnum():
                yield f"{path}/dhcp/host[{place}]/@name", f"{name!r} does not begin with a letter or digit"
        subnet = _subnet(ip)
        if ranges and family is not None and subnet is None:
            yield f"{path}/@netmask", "it is none, and there are ranges"
        for place, item in enumerate(ranges, 1):
            start, end = _address(look(item, "start")), _address(look(item, "end"))
            if subnet and start and end and not (start in subnet and end in subnet and start <= end):
                yield f"{path}/dhcp/range[{place}]", f"it is not inside {subnet}"


def _family(item: Any, path: str) -> Found:
    """An address that is not of the family that its element says; IPv4 is what is meant where it says none."""
    address, said = look(item, "address"), look(item, "family")
    version = _version(address)
    if address is not None and said in (None, "", "ipv4", "ipv6") and version != (6 if said == "ipv6" else 4):
        yield f"{path}/@address", f"{address!r} is not an address of the family {said or 'ipv4'}"


def _address(text: Any) -> Any:
    """An address as libvirt reads it, which takes ``300`` for 0.0.1.44; None if it is none."""
    with suppress(ValueError, OSError):
        return ip_address(str(text)) if ":" in str(text) else ip_address(socket.inet_aton(str(text)))
    return None


def _version(text: Any) -> int | None:
    address = None if text is None else _address(text)
    return None if address is None else int(address.version)


def _subnet(item: Any) -> IPv4Network | IPv6Network | None:
    """The network of an address with its netmask or prefix, or with the one that its class had; None if unclear."""
    address = _address(look(item, "address"))
    if address is None:
        return None
    length = look(item, "netmask") if look(item, "netmask") is not None else look(item, "prefix")
    if length is None:
        first = int(address) >> (address.max_prefixlen - 8)
        length = 64 if address.version == 6 else 8 if first < 128 else 16 if first < 192 else 24
    with suppress(ValueError):
        return ip_network(f"{address}/{length}", strict=False)
    return None


@rule(
    "DEF206",
    "routes lead to networks",
    why="libvirt refuses a destination with bits beyond its prefix, or of another family.",
    fix="Give the address of the network, its prefix, and family='ipv6' for IPv6.",
    root="network",
)
def check_routes(network: Network) -> Found:
    """Routes."""
    for index, route in enumerate(members(network, "routes"), 1):
        path = f"/network/route[{index}]"
        yield from _family(route, path)
        address = _address(look(route, "address"))
        if address is None or not int(address):
            continue
        subnet = _subnet(route)
        if look(route, "netmask") is None and look(route, "prefix") is None:
            yield f"{path}/@prefix", "is missing, and so is netmask"
        elif subnet is not None and subnet.network_address != address:
            yield f"{path}/@address", f"{address} is not the address of the network {subnet}"


@rule(
    "DEF207",
    "DNS entries are whole",
    why="libvirt refuses hosts without names, forwarders to nowhere, and the port of a service that has no target.",
    fix="Add what is missing, or remove the entry.",
    root="network",
)
def check_dns(network: Network) -> Found:
    """DNS."""
    for index, host in enumerate(members(network, "dns.hosts"), 1):
        if not members(host, "hostnames"):
            yield f"/network/dns/host[{index}]/hostname", "is missing"
    for index, item in enumerate(members(network, "dns.forwarders"), 1):
        if look(item, "addr") is None and look(item, "domain") is None:
            yield f"/network/dns/forwarder[{index}]", "it has neither addr nor domain"
    for index, item in enumerate(members(network, "dns.srvs"), 1):
        for name in _PORT_PARTS if look(item, "target") is None else ():
            if look(item, name) is not None:
                yield f"/network/dns/srv[{index}]/@{name}", "there is no target"
    if look(network, "dns.enable") is False and any(
        members(network, f"dns.{name}") for name in ("hosts", "forwarders", "srvs", "txts")
    ):
        yield "/network/dns/@enable", "it is off, and there are entries"
