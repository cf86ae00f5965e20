"""What libvirt does not define of documents that are not domains: each rule for and against."""

import pytest
from libvirtxml import parse_any, validate
from libvirtxml.definition import RULES, find_objections

IP = "<ip address='10.9.9.1' netmask='255.255.255.0'/>"
VLAN = "<vlan><tag id='4'/></vlan>"


def network(rest: str = "", forward: str = "") -> str:
    return f"<network><name>n</name>{forward}{rest}</network>"


def forward(mode: str, devices: str = "", more: str = "") -> str:
    return f"<forward mode='{mode}'{more}>{devices}</forward>"


def dhcp(inside: str) -> str:
    return f"<ip address='10.9.9.1' netmask='255.255.255.0'><dhcp>{inside}</dhcp></ip>"


def ip_rule(more: str) -> str:
    return f"<filter name='f'><rule action='accept' direction='out'><ip {more} dstportstart='80'/></rule></filter>"


ROUTE = "<route address='{}' prefix='16' gateway='10.9.9.3'/>"
VIOLATIONS = {
    "DEF200": (
        network(forward=forward("bridge", "<interface dev='eth0'/>" * 2)),
        network(forward=forward("bridge", "<interface dev='eth0'/>", " dev='eth0'")),
    ),
    "DEF201": (network(IP, forward("bridge")), network("<bridge name='b'/>", forward("bridge"))),
    "DEF202": (network(forward="<forward/>"), network(IP, "<forward/>")),
    "DEF203": (network(VLAN), network(VLAN, forward("passthrough"))),
    "DEF204": (network("<portgroup name='a'/>" * 2), network("<portgroup name='a'/><portgroup name='b'/>")),
    "DEF205": (
        network(dhcp("<range start='10.9.8.1' end='10.9.9.9'/>")),
        network(dhcp("<range start='10.9.9.3' end='10.9.9.9'/>")),
    ),
    "DEF206": (network(IP + ROUTE.format("10.8.0.1")), network(IP + ROUTE.format("10.8.0.0"))),
    "DEF207": (network("<dns><forwarder/></dns>"), network("<dns><forwarder addr='10.9.9.4'/></dns>")),
    "DEF220": (ip_rule("protocol='icmp'"), ip_rule("protocol='0x6'")),
}


@pytest.mark.parametrize("rule", VIOLATIONS)
def test_a_rule_objects_to_its_violation_alone(rule: str) -> None:
    wrong, right = VIOLATIONS[rule]
    assert {found.rule for found in find_objections(wrong, "12.8.0") or []} == {rule}
    assert find_objections(right, "12.8.0") == []


def test_every_rule_has_an_example() -> None:
    assert set(VIOLATIONS) == {name for name, declared in RULES.items() if declared.root not in ("domain", "")}


@pytest.mark.parametrize(
    "text",
    [
        "<network><name>n</name><ip address='10.9.9.1' prefix='24 '/></network>",
        "<pool type='dir'><name>p</name></pool>",
        "<volume><name>v</name><capacity>many</capacity></volume>",
        "<secret><usage type='telepathy'/></secret>",
        "<filter name='f'><rule action='maybe' direction='out'/></filter>",
        "<interface type='ethernet' name='e'><start mode='onboot '/></interface>",
        "<disk type='file'><source file='/a'/><target dev='vda' bus='virtio '/></disk>",
    ],
)
def test_all_that_judge_a_document_object_to_the_same(text: str) -> None:
    objections = find_objections(text)
    assert objections
    places = {item.path for item in objections}
    listed = {item.path for item in parse_any(text).problems()}
    validated = {item.subject for item in validate(text) if item.severity == "error"}
    for found in (listed, validated):
        assert all(path in found or path.rpartition("/")[0] in found for path in places)


def test_a_rule_for_ip_without_ports_needs_no_protocol() -> None:
    text = "<filter name='f'><rule action='drop' direction='in'><ipv6 srcipaddr='2001:db8::1'/></rule></filter>"
    assert find_objections(text) == []


def test_what_a_release_learned_to_take_is_said_of_older_ones() -> None:
    wrong = network(forward=forward("open"))
    assert [found.rule for found in find_objections(wrong, "9.0") or []] == ["DEF202"]
    assert find_objections(wrong, "11.3") == []
