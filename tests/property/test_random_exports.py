"""Random hosts for other products: what one cannot express is said, and hooks do what the design says."""

import json
import shlex
import subprocess
import sys
from dataclasses import replace

import pytest
from helpers.kubevirt_domain import kubevirt_domain
from helpers.random_hosts import hosts
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from libvirtxml import Topology, parse
from lxml import etree

from virtsmith.host.export.kcli import export_kcli
from virtsmith.host.export.kubevirt import export_kubevirt, hook_design, hook_script
from virtsmith.host.export.kubevirt_hook import add_topology
from virtsmith.host.export.nova import export_nova, export_nova_compute
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.model import SpecError

relaxed = settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
yaml = pytest.importorskip("ruamel.yaml").YAML(typ="safe", pure=True)


@st.composite
def plans(draw):
    try:
        return plan(replace(draw(hosts()), host_hugepages_kib=draw(st.sampled_from([None, 2048]))))
    except SpecError:
        assume(False)


def manifests(host):
    return {entry["kind"]: entry for entry in yaml.load_all(export_kubevirt(host).body)}


def hooked(host):
    """The domain that libvirt gets from KubeVirt, with everything the hook does to it."""
    from xml.etree import ElementTree as ET

    domain = ET.fromstring(kubevirt_domain(manifests(host)["VirtualMachine"]))
    add_topology(domain, json.loads(json.dumps(hook_design(host))))
    return ET.tostring(domain, encoding="unicode")


@relaxed
@given(plans())
def test_the_hook_puts_every_card_on_the_node_it_is_meant_for(host):
    assume(min((expander.guest_bus for expander in host.expanders()), default=255) > 60)
    domain = parse(hooked(host))
    assert domain.problems() == []
    topology = Topology(domain)
    cards = [device for device in topology.devices if device.tag == "interface"]
    found = {card.mac: topology.pci.node_of(card) for card in cards}
    assert found == {endpoint.mac: endpoint.node for endpoint in host.endpoints if endpoint.mac}
    assert [cell.memory for cell in domain.cpu.numa.cells] == [node.memory_kib for node in host.spec.nodes]
    assert len(domain.devices.iommus) == (host.spec.iommu is not None)


@pytest.fixture(scope="module")
def schema(corpus):
    return etree.RelaxNG(etree.parse(str(corpus / "schemas" / "11.3.0" / "domain.rng")))


@relaxed
@given(host=plans())
def test_libvirts_schema_accepts_what_the_hook_makes(schema, host):
    assume(min((expander.guest_bus for expander in host.expanders()), default=255) > 60)
    assert schema.validate(etree.fromstring(hooked(host))), schema.error_log.last_error


@relaxed
@given(plans())
def test_a_kcli_plan_names_every_card_and_every_node_or_says_which_not(host):
    result = export_kcli(host)
    (machine,) = yaml.load(result.body).values()
    rules = {finding.rule for finding in result.findings}
    cards = [endpoint for endpoint in host.endpoints if endpoint.mac]
    assert [entry["mac"] for entry in machine["nets"]] == [card.mac for card in cards]
    assert len(machine["numa"]) == len(host.spec.nodes) or "kcli/nodes" in rules
    assert [item.get("numa") for item in machine["nets"]] == [card.node for card in cards] or "kcli/nodes" in rules
    assert len(cards) == len(host.endpoints) or "kcli/devices" in rules
    assert all(len(node.complexes) < 2 for node in host.spec.nodes) or "kcli/complexes" in rules
    placed = sum(card.node is not None for card in cards)
    assert placed + len(host.spec.nodes) < 10 or "kcli/indexes" in rules


@relaxed
@given(plans())
def test_novas_flavor_has_all_memory_and_all_cpus(host):
    result = export_nova(host)
    words = shlex.split(next(line for line in result.body.splitlines() if "flavor create" in line))
    extra = dict(word.split("=", 1) for word in words if word.startswith("hw:"))
    count = int(extra["hw:numa_nodes"])
    assert sum(int(extra[f"hw:numa_mem.{number}"]) for number in range(count)) == host.spec.memory_kib >> 10
    assert words[words.index("--ram") + 1] == str(host.spec.memory_kib >> 10)
    topology = (int(extra[f"hw:cpu_{name}"]) for name in ("sockets", "cores", "threads"))
    assert next(topology) * next(topology) * next(topology) == host.spec.cpu_count
    on_nodes = any(endpoint.node is not None and endpoint.mac for endpoint in host.endpoints)
    assert on_nodes == any(finding.rule == "nova/placement" for finding in result.findings)


@relaxed
@given(plans())
def test_nova_on_the_host_gets_every_function_that_has_a_fixed_address(host):
    lines = export_nova_compute(host).body.splitlines()
    specs = [json.loads(line.partition("= ")[2]) for line in lines if line.startswith("device_spec")]
    expected = set()
    for item in (endpoint for endpoint in host.endpoints if endpoint.node is not None):
        expected |= set(item.vf_addresses()) or {item.guest}
    assert {spec["address"] for spec in specs} == expected
    aliases = [json.loads(line.partition("= ")[2]) for line in lines if line.startswith("alias")]
    assert {(e["vendor_id"], e["product_id"]) for e in aliases} == {(e["vendor_id"], e["product_id"]) for e in specs}


def test_the_hook_is_a_program_that_needs_nothing_else(tmp_path):
    from virtsmith.host.spec.examples import example_spec

    host = plan(example_spec("numa3"))
    script = tmp_path / "onDefineDomain"
    script.write_text(hook_script(host))
    argv = [
        sys.executable,
        "-I",
        "-S",
        str(script),
        "--vmi",
        "{}",
        "--domain",
        kubevirt_domain(manifests(host)["VirtualMachine"]),
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert len(parse(done.stdout).devices.interfaces) == 9
    assert manifests(host)["ConfigMap"]["data"]["topology.py"] == hook_script(host)


def test_the_hook_refuses_a_domain_without_the_cards(tmp_path):
    from virtsmith.host.spec.examples import example_spec

    script = tmp_path / "onDefineDomain"
    script.write_text(hook_script(plan(example_spec("numa3"))))
    argv = [sys.executable, str(script), "--vmi", "{}", "--domain", "<domain><devices/></domain>"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "the domain has no interface net0\n")
