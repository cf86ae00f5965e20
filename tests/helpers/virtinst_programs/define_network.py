"""A network behind NAT with virtinst, which has no leases and no network filters: those are put in as text."""

import sys

sys.path.insert(0, "/usr/share/virt-manager")

from virtinst import Network, cli


def build_network(connection, name, prefix, leases):
    network = Network(connection)
    network.name = name
    network.forward.mode = "nat"
    ip = network.ips.add_new()
    ip.address, ip.netmask = f"{prefix}.1", "255.255.255.0"
    addresses = ip.ranges.add_new()
    addresses.start, addresses.end = f"{prefix}.100", f"{prefix}.200"
    hosts = "".join(f"<host mac='{mac}' ip='{address}'/>" for mac, address in leases.items())
    return network.get_xml().replace("</dhcp>", f"{hosts}</dhcp>")


def build_filter(name, port):
    return f"""
<filter name='{name}'>
  <rule action='accept' direction='in'><tcp dstportstart='{port}'/></rule>
  <rule action='drop' direction='in' priority='1000'><all/></rule>
</filter>"""


def main():
    connection = cli.getConnection("test:///default")
    print(build_network(connection, "lab", "192.168.77", {"52:54:00:0a:0b:0c": "192.168.77.10"}))
    print(build_filter("web-only", 443))


if __name__ == "__main__":
    main()
