"""The codec of each value: how libvirt's own parser (``src/conf``) reads numbers, which the schema does not say.

A codec is named ``BASE:FORMAT``. Base 0 reads ``0x1f`` as hex, ``017`` as octal and ``17`` as decimal; base 16 reads
``32`` as fifty; base 8 reads octal with or without a leading zero; all others are decimal.
"""

from __future__ import annotations

import re

from virtsmith.schema.facts import Value

_BY_PATH = [
    (re.compile(pattern), codec)
    for pattern, codec in (
        # addresses; the first match counts
        (r"hostdev.*source\[@protocol='adapter'\]/address/@(bus|target|unit)$", "0:%d"),
        (r"address\[@?(type=)?'?isa'?\]/@(iobase|irq)$", "16:0x%x"),
        (r"/@reg$", "16:0x%08x"),
        (r"\[@?(type=)?'?dimm'?\]/@base$|/memory/target/@base$", "16:0x%x"),
        (r"/zpci/@uid$", "0:0x%04x"),
        (r"/zpci/@fid$", "0:0x%08x"),
        (r"^/device/capability\[@type='ccw'\]/(cssid|ssid|devno)/#$", "16:0x%x"),
        (r"^/device/capability.*/channel_dev_addr/(cssid|ssid|devno)/#$", "16:0x%x"),
        (r"/@cssid$|/@ssid$", "0:0x%x"),
        (r"/@devno$", "0:0x%04x"),
        (r"/address.*/@domain$", "0:0x%04x"),
        (r"hostdev.*usb.*/address/@(bus|device)$|\[usb\]/@(bus|device)$", "0:%d"),
        (r"/interface\[@type='hostdev'\]/source/address/@device$", "0:%d"),
        (r"/address(\[pci\])?/@(bus|slot)$", "0:0x%02x"),
        (r"/address(\[pci\])?/@function$", "0:0x%x"),
        # devices
        (r"controller\[@type='pci'\]/target/@(port)$", "0:0x%x"),
        (r"controller\[@type='pci'\]/target/@(chassis|chassisNr|busNr|index)$", "0:%d"),
        (r"/redirfilter/usbdev/@class$", "0:0x%02X"),
        (r"/redirfilter/usbdev/@(vendor|product)$", "0:0x%04X"),
        (r"/source/(vendor|product)/@id$", "0:0x%04x"),
        (r"/virtualport/parameters/@(managerid|typeid|typeidversion)$", "0:%d"),
        (r"/launchSecurity\[@type='sev'\]/policy/#$", "16:0x%04x"),
        (r"/launchSecurity\[@type='sev-snp'\]/policy/#$", "16:0x%08x"),
        (r"/launchSecurity\[@type='tdx'\]/policy/#$", "16:0x%x"),
        (r"/filesystem/@[fd]mode$", "8:%04o"),
        (r"/permissions/mode/#$", "8:0%o"),
        # node devices
        (r"^/device/capability\[@type='pci'\]/class/#$", "16:0x%06x"),
        (r"^/device/capability.*/(vendor|product)/@id$", "16:0x%04x"),
        (r"/audio/@id$", "10:%d"),
    )
]

_BY_NAME = {
    "uint8": "0:%d", "uint16": "0:%d", "uint24": "0:%d", "uint32": "10:%d", "hexuint": "16:0x%x",
    "pciDomain": "0:0x%04x", "pciBus": "0:0x%02x", "pciSlot": "0:0x%02x", "pciFunc": "0:0x%x",
    "usbAddr": "0:%d", "usbId": "0:0x%04x", "usbClass": "0:0x%02x",
    "driveController": "10:%d", "driveBus": "10:%d", "driveTarget": "10:%d", "driveUnit": "10:%d",
    "driveSCSITarget": "0:%d", "driveSCSIUnit": "0:%d", "ccidSlot": "10:%d", "virtioserialPort": "10:%d",
    "timeDelta": "10:%d", "octalMode": "8:0%o", "createMode": "8:%04o", "apDomainRange": "0:0x%04x",
    "uint16range": "0:%d", "uint32range": "0:%d", "sixbitrange": "0:%d", "ipProtocolType": "0:%d",
    "mac-protocolid": "0:0x%x", "vlan-vlanid": "0:%d", "arpOpcodeType": "0:%d", "addrMask": "10:%d",
    "addrMaskv6": "10:%d",
}  # fmt: skip

_MAC_NAMES = {"addrMAC", "uniMacAddr", "macAddr", "mac"}
_INTEGERS = {
    "int", "integer", "long", "short", "positiveInteger", "unsignedInt", "unsignedLong", "unsignedShort",
}  # fmt: skip
_SWITCHES = {frozenset({"yes", "no"}): "yes", frozenset({"on", "off"}): "on"}


def codec_for(path: str, value: Value) -> str:
    """Return the codec of a value at a path (``TYPE-ID/@attribute`` or ``TYPE-ID/#``); empty for plain text."""
    if not value.datas:
        return _SWITCHES.get(frozenset(value.values), "")
    names = {name for data in value.datas for name in data.names}
    if names & _MAC_NAMES:
        return "mac"
    if "cpuset" in names:
        return "cpuset"
    numeric = names & _BY_NAME.keys()
    if not numeric and not any(data.base in _INTEGERS for data in value.datas):
        return _by_path(path) if any(data.base == "string" and data.patterns for data in value.datas) else ""
    return _by_path(path) or next((_BY_NAME[name] for name in sorted(numeric)), "10:%d")


def _by_path(path: str) -> str:
    return next((codec for pattern, codec in _BY_PATH if pattern.search(path)), "")
