"""Specs of virtual hosts, and facts about machines."""

from __future__ import annotations

import json

from helpers import tool_outputs as outputs
from helpers.probe_boot import FRAME

from fuzz.harness import Harness, in_file, text
from virtsmith.core.config import ConfigTable
from virtsmith.core.toml import parse_toml
from virtsmith.host.facts.model import parse_facts
from virtsmith.host.facts.parsers.capabilities import parse_capabilities
from virtsmith.host.facts.parsers.dmesg import parse_dmesg
from virtsmith.host.facts.parsers.guess import parse_any
from virtsmith.host.facts.parsers.hwloc import parse_hwloc
from virtsmith.host.facts.parsers.lscpu import parse_lscpu
from virtsmith.host.facts.parsers.lspci import parse_lspci_tree
from virtsmith.host.facts.parsers.lstopo import parse_lstopo
from virtsmith.host.facts.parsers.nodedev import parse_nodedev_tree, parse_nodedev_xml
from virtsmith.host.facts.parsers.numactl import parse_numactl
from virtsmith.host.plan.load import load_plan, parse_plan
from virtsmith.host.run.image import read_public_keys
from virtsmith.host.spec.examples import NAMES, example_text
from virtsmith.host.spec.reader import load_spec, parse_spec

SPECS = [example_text(name).encode() for name in NAMES]
_LSCPU = [
    json.dumps(
        {"lscpu": [{"field": "NUMA node0 CPU(s):", "data": "0-3", "children": [{"field": "a", "data": "b"}]}]}
    ).encode(),
    json.dumps(
        {"cpus": [{"cpu": 0, "node": 0, "socket": 0, "core": 5}, {"cpu": 2, "node": "-", "core": None}]}
    ).encode(),
]
_KEY = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAabcdefghijklmnopqrstuvwxyz0123456789ABCDEFG me@example.org\n"

HARNESSES = [
    Harness("spec", text(parse_spec), SPECS),
    Harness("spec file", in_file(load_spec, "h.toml"), SPECS),
    Harness("plan", text(parse_plan), SPECS),
    Harness("plan file", in_file(load_plan, "h.toml"), SPECS),
    Harness("toml", text(lambda words: parse_toml(words, "x")), SPECS),
    Harness("configuration", text(lambda words: ConfigTable.parse(words, "x").mapping("host")), SPECS),
    Harness("pasted output", lambda data: parse_any(data, "x"), [*outputs.SAMPLES, outputs.HWLOC, *_LSCPU, FRAME]),
    Harness("probe", parse_facts, [FRAME]),
    Harness("numactl", text(parse_numactl), [outputs.NUMACTL]),
    Harness("lspci", text(parse_lspci_tree), [outputs.LSPCI]),
    Harness("lscpu", text(parse_lscpu), _LSCPU),
    Harness("lstopo", text(parse_lstopo), [outputs.LSTOPO]),
    Harness("hwloc", text(parse_hwloc), [outputs.HWLOC]),
    Harness("dmesg", text(parse_dmesg), [outputs.DMESG]),
    Harness("capabilities", text(parse_capabilities), [outputs.CAPABILITIES, outputs.WHOLE_CAPABILITIES]),
    Harness("node devices", text(parse_nodedev_tree), [outputs.TREE]),
    Harness("node devices as XML", text(parse_nodedev_xml), [outputs.DEVICE]),
    Harness("public keys", in_file(read_public_keys, "k.pub"), [_KEY, b"# mine\n" + _KEY]),
]
