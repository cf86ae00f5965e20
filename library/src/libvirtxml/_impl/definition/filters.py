"""Rules about network filters."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from libvirtxml._impl.definition.guest import look, members
from libvirtxml._impl.definition.rule import Found, rule

if TYPE_CHECKING:
    from libvirtxml import NWFilter

_WITH_PORTS = {"tcp": 6, "udp": 17, "dccp": 33, "sctp": 132}
_PORTS = ("srcportstart", "srcportend", "dstportstart", "dstportend")


@rule(
    "DEF220",
    "ports belong to a protocol that has them",
    why="Rules for <ip> and <ipv6> are for any protocol unless they name one, and most have no ports.",
    fix="Add protocol='tcp', or another one with ports.",
    root="filter",
)
def check_ports(network_filter: NWFilter) -> Found:
    """Ports in rules for IP."""
    for index, item in enumerate(members(network_filter, "rules"), 1):
        for name in ("ip", "ipv6"):
            part = look(item, name)
            if any(look(part, port) is not None for port in _PORTS) and not _has_ports(look(part, "protocol")):
                yield f"/filter/rule[{index}]/{name}/@protocol", "it is none with ports"


def _has_ports(protocol: object) -> bool:
    text = str(protocol)
    with suppress(ValueError):
        return int(text, 0) in _WITH_PORTS.values()
    return text in _WITH_PORTS or text.startswith("$")
