"""Where the order of list members means something to libvirt; everywhere else it is not compared.

Reviewed by hand, from libvirt's format documentation and what its drivers do with the lists.
"""

from __future__ import annotations

ORDERED = {
    "OS.boots": "the firmware tries boot devices in this order",
    "OS.initargs": "arguments of the init program",
    "QEMUCommandline.qemu_args": "arguments of a command line",
    "BhyveCommandline.bhyve_args": "arguments of a command line",
    "XenCommandline.xen_args": "arguments of a command line",
    "NWFilter.rules": "rules of one priority are tried in turn",
    "NWFilter.filterrefs": "rules of one priority are tried in turn",
    "NetworkDNS.forwarders": "resolvers are asked in this order",
    "NetworkDNSHost.hostnames": "the first name is what an address resolves to",
    "NetworkDnsmasqOptions.dnsmasq_options": "lines of a configuration file",
    "RedirFilter.usbdevs": "the first rule that fits a device decides",
    "DiskThrottleFilters.throttlefilters": "requests pass the filters in this order",
    "SysinfoSMBIOSOEMStrings.entries": "the guest reads OEM strings by number",
    "SysinfoSMBIOS.base_boards": "the guest sees the tables in this order",
    "SysinfoSMBIOS.processors": "the guest sees the tables in this order",
    "SysinfoSMBIOS.memory_devices": "the guest sees the tables in this order",
    "DomainSysinfoSMBIOS.base_boards": "the guest sees the tables in this order",
}
"""``Class.field`` to the reason."""

INTERLEAVED = {"NWFilter": ("filterrefs", "rules")}
"""Lists of one class whose members have one common order, although their tags differ."""
