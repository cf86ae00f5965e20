"""Facts of real boots and real outputs of tools, good and wrong ones, against the design of the reference host."""

import json
from dataclasses import replace

import pytest
from libvirtxml import parse
from libvirtxml.findings import Severity

from virtsmith.host.facts.model import parse_facts
from virtsmith.host.facts.parsers.guess import parse_any
from virtsmith.host.lint.run import lint_domain
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.examples import example_spec
from virtsmith.host.spec.model import Iommu
from virtsmith.host.spec.reader import parse_spec
from virtsmith.host.verify.explain import explain_refusal, explain_silence
from virtsmith.host.verify.verify import verify_facts

REFERENCE = plan(example_spec("numa3"))
GOOD = (
    "reference-qemu7.2", "reference-qemu10.0", "reference-single-thread", "iommu-not-on-cmdline", "probe-raw",
)  # fmt: skip
WRONG = {
    "busnr-overlap": {"verify/device", "verify/place"},
    "busnr-too-low": {"verify/place", "verify/node", "verify/groups"},
    "pxb-without-node": {"verify/node"},
    "vcpu-in-no-cell": {"verify/cpus"},
    "virtio-iommu": {"verify/iommu"},
    "no-iommu-device": {"verify/iommu"},
    "no-nics": {"verify/device"},
    "e1000-no-driver": {"verify/ids"},
}


@pytest.fixture(scope="module")
def facts(corpus):
    def load(name):
        return parse_facts((corpus / "guest-facts" / "facts" / f"{name}.json").read_bytes(), name)

    return load


@pytest.mark.parametrize("name", GOOD)
def test_boots_that_came_true_are_as_designed(facts, name):
    assert verify_facts(REFERENCE, [facts(name)]).findings == ()


def test_a_host_with_another_iommu_is_as_designed_only_with_that_design(facts):
    amd = plan(replace(REFERENCE.spec, iommu=Iommu(model="amd")))
    assert verify_facts(amd, [facts("amd-iommu")]).findings == ()
    (found,) = verify_facts(REFERENCE, [facts("amd-iommu")]).findings
    assert (found.rule, found.old, found.new) == ("verify/iommu", "intel", "amd")


@pytest.mark.parametrize("name", WRONG)
def test_boots_that_went_wrong_in_silence_are_found_out(facts, name):
    found = {finding.rule for finding in verify_facts(REFERENCE, [facts(name)]).findings}
    assert WRONG[name] <= found


def test_cards_that_no_driver_binds_are_found_out_where_the_driver_was_loaded(facts):
    unbound = replace(facts("ovmf"), modules=("e1000e",))
    assert {finding.rule for finding in verify_facts(REFERENCE, [unbound]).findings} == {"verify/driver"}


def test_memory_of_small_nodes_is_within_the_tolerance(facts):
    spec = parse_spec(
        'name="h"\niommu="intel"\n'
        + "".join(
            f'[[node]]\ncpus=1\nmemory="{size} KiB"\nbus={bus}\nspare-ports=3\n'
            for size, bus in ((512000, 180), (256000, 200), (256000, 220))
        )
    )
    found = verify_facts(plan(spec), [facts("three-vcpus-small-nodes")]).findings
    assert [finding for finding in found if finding.rule == "verify/memory"] == []


def test_two_root_complexes_of_one_node_are_as_designed(facts):
    complexes = "".join(
        f'[[node.complex]]\nbus={bus}\ndevices=[{{model="e1000e",count=2,mac="52:54:00:7e:70:{mac}"}}]\n'
        for bus, mac in ((160, "14"), (180, "16"))
    )
    text = f'name="h"\niommu="intel"\n[[node]]\ncpus=4\nmemory="4096000 KiB"\n{complexes}' + "".join(
        f'[[node]]\ncpus=2\nmemory="2048000 KiB"\nbus={bus}\n'
        f'devices=[{{model="e1000e",count=2,mac="52:54:00:7e:70:{mac}"}}]\n'
        for bus, mac in ((200, "18"), (220, "1a"))
    )
    assert verify_facts(plan(parse_spec(text)), [facts("two-expanders-on-node0")]).findings == ()


def test_huge_pages_of_a_real_boot_are_compared(facts):
    nodes = REFERENCE.spec.nodes
    pages = ({2048: 512, 1048576: 1}, {2048: 256}, {2048: 128})
    spec = replace(REFERENCE.spec, nodes=tuple(replace(n, hugepages=p) for n, p in zip(nodes, pages, strict=True)))
    assert verify_facts(plan(spec), [facts("guest-hugepages")]).findings == ()
    short = replace(spec, nodes=(replace(spec.nodes[0], hugepages={2048: 511, 1048576: 1}), *spec.nodes[1:]))
    assert len(verify_facts(plan(short), [facts("guest-hugepages")]).findings) == 1


@pytest.mark.parametrize(
    ("name", "devices", "nodes"),
    [
        ("numactl-hardware.txt", 0, 3), ("lspci-t-v.txt", 28, 0), ("nodedev-list-tree.txt", 28, 0),
        ("nodedev-dumpxml-df_00_0.xml", 2, 0), ("capabilities-topology.xml", 0, 3), ("lstopo.txt", 11, 3),
        ("dmesg-dmar.txt", 0, 0), ("dmesg-iommu-groups.txt", 28, 0),
    ],
)  # fmt: skip
def test_real_outputs_of_tools_are_as_designed(corpus, name, devices, nodes):
    found = parse_any((corpus / "guest-facts" / "tools" / name).read_bytes(), name)
    assert (len(found.devices or ()), len(found.nodes or ())) == (devices, nodes)
    assert verify_facts(REFERENCE, [found]).findings == ()


def test_the_frame_of_a_real_serial_port_is_whole(corpus):
    data = (corpus / "guest-facts" / "serial" / "framed.bin").read_bytes()
    assert verify_facts(REFERENCE, [parse_facts(data)]).findings == ()


def test_every_real_message_of_a_refused_start_is_explained(corpus):
    lines = (corpus / "guest-facts" / "errors" / "messages.jsonl").read_text().splitlines()
    messages = [json.loads(line) for line in lines]
    from_qemu = [
        message["text"] for message in messages if message["from"].startswith("qemu") and message["step"] == "start"
    ]
    assert len(from_qemu) >= 5
    for text in from_qemu:
        assert explain_refusal(text)[1] not in text.splitlines()


@pytest.mark.parametrize("name", ["fifteen-ports-out-of-io", "no-acpi-out-of-io"])
def test_real_firmware_logs_are_explained(corpus, name):
    log = (corpus / "guest-facts" / "firmware" / f"{name}.txt").read_text()
    assert "out of I/O address space" in explain_silence("firmware", log, looping=False)


def test_what_libvirt_stored_of_the_reference_host_has_no_faults(corpus):
    text = (corpus / "guest-facts" / "libvirt" / "reference-stored-by-9.0.xml").read_text()
    assert [finding for finding in lint_domain(parse(text), text=text) if finding.severity is not Severity.NOTE] == []


def test_no_domain_of_libvirts_own_tests_makes_the_linter_fail(corpus):
    count = 0
    for path in sorted((corpus / "libvirt-11.3.0" / "tests").glob("qemuxml*data/*.xml")):
        text = path.read_text(errors="replace")
        if path.name == "broken-xml-invalid.xml" or not text.lstrip().startswith("<"):
            continue
        domain = parse(text)
        if type(domain).__name__ == "Domain":
            lint_domain(domain, text=text, source=path.name)
            count += 1
    assert count > 1500
