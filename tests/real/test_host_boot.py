"""Virtual hosts booted for real, without KVM: as designed, and wrong in every way that QEMU accepts."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from libvirtxml.versions import Version

from virtsmith.host.plan.topology import plan
from virtsmith.host.run.running import end_host, list_hosts
from virtsmith.host.spec.examples import example_spec
from virtsmith.host.spec.model import Device, Iommu
from virtsmith.host.spec.reader import parse_spec
from virtsmith.host.verify.nested import verify_nested
from virtsmith.host.verify.verdict import HostVerdict
from virtsmith.host.verify.verify import verify_boot, verify_facts
from virtsmith.qemu.version import qemu_release

pytestmark = [pytest.mark.real, pytest.mark.slow]
NUMA3 = plan(example_spec("numa3"))
SRIOV = plan(example_spec("numa3-sriov"))


@pytest.fixture(scope="module")
def new_options(options, new_qemu):
    """Boot options with a QEMU that has igb."""
    return replace(options, qemu=new_qemu)


def forged(numbered, number, **changes):
    """A plan with one controller bent past all checks."""
    controllers = tuple(replace(c, **changes) if c.index == number else c for c in numbered.controllers)
    return replace(numbered, controllers=controllers)


def rules(result):
    return {finding.rule for finding in result.findings}


def test_the_reference_host_is_as_designed(options):
    result = verify_boot(NUMA3, options)
    assert (result.verdict, result.findings) == (HostVerdict.OK, ())
    found = result.boot.facts
    cards = [device for device in found.devices if device.ids == "8086:10d3"]
    assert sorted(card.address[5:7] for card in cards) == ["b5", "b6", "b7", "c9", "ca", "cb", "dd", "de", "df"]
    assert sorted(card.node for card in cards) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert {len(found.groups()[card.group]) for card in cards} == {2}


def test_distances_latencies_huge_pages_and_nodes_without_cpus_come_true(options):
    spec = parse_spec(
        'name="odd"\niommu="intel"\n'
        '[[node]]\ncpus="0,3"\nmemory="1 GiB"\ndistances=[10,21,31]\nhugepages={"2M"=64}\n'
        'devices=["virtio","nvme",{model="generic"}]\nspare-ports=1\n[[node.complex]]\ndevices=["virtio"]\n'
        '[[node]]\ncpus="1-2"\nmemory="768 MiB"\ndistances=[21,10,21]\nhugepages={"2M"=32}\n'
        '[[node]]\nmemory="512 MiB"\ndistances=[31,21,10]\n'
        "[[hmat]]\ninitiator=0\ntarget=0\nlatency-ns=5\n[[hmat]]\ninitiator=1\ntarget=1\nlatency-ns=7\n"
        "[[hmat]]\ninitiator=1\ntarget=2\nlatency-ns=20\n"
    )
    result = verify_boot(plan(spec), options, traffic=True)
    assert (result.verdict, result.findings) == (HostVerdict.OK, ())
    assert result.boot.facts.nodes[2].read_latency == 20


def test_many_virtio_cards_and_free_ports_fit(options):
    node = '[[node]]\ncpus=1\nmemory="512 MiB"\nspare-ports=4\ndevices=[{{model="virtio",count={}}}]\n'
    spec = parse_spec('name="many"\n' + node.format(9) + node.format(40))
    result = verify_boot(plan(spec), options)
    assert (result.verdict, result.findings) == (HostVerdict.OK, ())


WRONG = {
    "ranges that overlap": (forged(NUMA3, 4, bus_number=182), HostVerdict.DIFFERS, {"verify/device", "verify/place"}),
    "a number among the root bus's own": (forged(NUMA3, 3, bus_number=2), HostVerdict.DIFFERS, {"verify/node"}),
    "an expander without a node": (forged(NUMA3, 4, node=None), HostVerdict.DIFFERS, {"verify/node"}),
    "a range past 255": (forged(NUMA3, 5, bus_number=254), HostVerdict.HUNG, set()),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_numbers_that_qemu_accepts_are_found_out(options, name):
    wrong, verdict, expected = WRONG[name]
    result = verify_boot(NUMA3, options, booted=wrong)
    assert result.verdict is verdict
    assert expected <= rules(result)
    if verdict is HostVerdict.HUNG:
        assert "VH002" in result.boot.reason
        assert result.boot.attempts == 1


def test_a_cpu_in_another_node_is_found_out(options):
    nodes = NUMA3.spec.nodes
    moved = (replace(nodes[0], cpus=(0, 1, 2, 3, 7)), nodes[1], replace(nodes[2], cpus=(6,)))
    result = verify_boot(NUMA3, options, booted=replace(NUMA3, spec=replace(NUMA3.spec, nodes=moved)))
    assert rules(result) == {"verify/cpus"}


def test_more_cards_than_the_io_space_holds_are_explained(options):
    text = 'name="many"\n[[node]]\ncpus=1\nmemory="1 GiB"\ndevices=[{model="virtio",count=15}]\n'
    design = plan(parse_spec(text))
    wrong = replace(design, endpoints=tuple(replace(e, device=Device(model="e1000e")) for e in design.endpoints))
    result = verify_boot(design, options, booted=wrong)
    assert result.verdict is HostVerdict.HUNG
    assert "VH007" in result.boot.reason


@pytest.mark.parametrize(
    ("number", "changes", "reason"),
    [(5, {"bus_number": 200}, "the number 200"), (8, {"chassis": 7}, "same chassis")],
)
def test_what_qemu_refuses_is_explained(options, number, changes, reason):
    result = verify_boot(NUMA3, options, booted=forged(NUMA3, number, **changes))
    assert result.verdict is HostVerdict.REFUSED
    assert reason in result.boot.reason


def test_an_iommu_without_a_driver_makes_no_groups(options):
    bare = replace(NUMA3, spec=replace(NUMA3.spec, iommu=None))
    result = verify_boot(NUMA3, options, booted=bare)
    assert rules(result) == {"verify/iommu"}


def test_cards_behind_an_amd_iommu_are_found_to_transfer_nothing(options):
    design = plan(replace(NUMA3.spec, iommu=Iommu(model="amd")))
    result = verify_boot(design, replace(options, time_limit=300))
    assert "verify/traffic" in rules(result)


def test_a_host_whose_card_this_qemu_lacks_is_unsupported(options):
    version = qemu_release("qemu-system-x86_64").number
    if version >= Version.parse("8.0"):
        pytest.skip(f"QEMU {version} has igb")
    assert verify_boot(SRIOV, options).verdict is HostVerdict.UNSUPPORTED


def test_the_sriov_host_has_its_functions_alone_in_their_groups(new_options):
    result = verify_boot(SRIOV, new_options)
    assert (result.verdict, result.findings) == (HostVerdict.OK, ())
    found = result.boot.facts
    functions = [device for device in found.devices if device.ids == "8086:10ca"]
    assert len(functions) == 6
    assert {found.groups()[function.group] for function in functions} == {frozenset({e.address}) for e in functions}
    assert sorted(function.node for function in functions) == [0, 0, 1, 1, 2, 2]


def test_ports_without_acs_put_all_functions_into_one_group(new_options):
    design = plan(replace(SRIOV.spec, root_port="ioh3420"))
    assert verify_boot(design, new_options).verdict is HostVerdict.OK
    assert "verify/groups" in rules(verify_boot(SRIOV, new_options, booted=design))


def test_a_card_works_in_a_nested_guest(options):
    result = verify_nested(NUMA3, options, kind="pf")
    assert (result.verdict, result.findings) == (HostVerdict.OK, ())
    nested = result.boot.facts.data["nested"]
    assert (nested["lease"], nested["ping"], nested["mac"]) == ("10.0.2.15", "3", "52:54:00:7e:6e:e8")


def test_a_virtual_function_works_in_a_nested_guest(new_options):
    result = verify_nested(SRIOV, new_options, kind="vf")
    assert (result.verdict, result.findings) == (HostVerdict.OK, ())
    assert result.boot.facts.data["nested"]["driver"] == "igbvf"


def test_a_virtual_function_behind_a_port_without_acs_is_not_viable(new_options):
    design = plan(replace(SRIOV.spec, root_port="ioh3420"))
    result = verify_nested(design, new_options, kind="vf")
    assert result.verdict is HostVerdict.DIFFERS
    assert "other functions share its IOMMU group" in result.findings[-1].message


def test_the_fixture_gives_a_verified_host_that_runs_commands(options, virtual_host):
    host = virtual_host("minimal")
    assert host.run("cat /sys/devices/system/node/online") == "0-1"
    assert verify_facts(host.plan, [host.facts]).verdict is HostVerdict.OK
    assert virtual_host("minimal") is host


def test_an_interrupted_start_leaves_neither_files_nor_processes(options, short_path, monkeypatch):
    environment = {**os.environ, "VIRTSMITH_HOSTS": str(short_path)}
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # even in a background job
        "from virtsmith.cli.app import run_command\n"
        "sys.exit(run_command(['host', 'up', 'minimal', '--accel', 'tcg']))"
    )
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    try:
        while not list(short_path.glob("*/console.log")):
            assert process.poll() is None
        process.send_signal(2)
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.stderr.close()
        monkeypatch.setenv("VIRTSMITH_HOSTS", str(short_path))
        for host in list_hosts():
            end_host(host)
    assert list(short_path.iterdir()) == []
    listing = subprocess.run(["ps", "ax", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert str(short_path) not in listing
