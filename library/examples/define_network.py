"""A network of the host behind NAT, with a lease for a known card, and a filter that lets one port through."""

import libvirtxml as lx


def build_network(name: str, prefix: str, leases: dict[str, str]) -> lx.Network:
    """A network with addresses from 100 to 200 for guests; ``leases`` gives fixed ones by MAC address."""
    hosts = [lx.NetworkIPDHCPHost(mac=mac, ip=address) for mac, address in leases.items()]
    ranges = [lx.NetworkIPDHCPRange(start=f"{prefix}.100", end=f"{prefix}.200")]
    dhcp = lx.NetworkIPDHCP(ranges=ranges, hosts=hosts)
    return lx.Network(
        name=name,
        forward=lx.NetworkForward(mode="nat"),
        ips=[lx.NetworkIP(address=f"{prefix}.1", netmask="255.255.255.0", dhcp=dhcp)],
    )


def build_filter(name: str, port: int) -> lx.NWFilter:
    """A filter that accepts connections to one TCP port and drops everything else that comes in."""
    accept = lx.NWFilterRule(action="accept", direction="in", tcp=lx.NWFilterRuleTCP(dstportstart=port))
    drop = lx.NWFilterRule(action="drop", direction="in", priority=1000, all=lx.NWFilterRuleAll())
    return lx.NWFilter(name=name, rules=[accept, drop])


def main() -> None:
    """Print both documents."""
    print(build_network("lab", "192.168.77", {"52:54:00:0a:0b:0c": "192.168.77.10"}).to_xml(), end="")
    print(build_filter("web-only", 443).to_xml(), end="")


if __name__ == "__main__":
    main()
