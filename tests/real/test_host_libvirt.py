"""The distribution's libvirt and tools: it defines what is built, starts it, and the guest is as designed."""

import os
import subprocess
import time
from dataclasses import replace

import pytest
from lxml import etree

from virtsmith.core.run import find_program, run
from virtsmith.errors import VirtsmithError
from virtsmith.host.build.domain import build_domain
from virtsmith.host.facts.collect import AgentFailed, collect_by_agent
from virtsmith.host.plan.topology import plan
from virtsmith.host.run.boot import BootOptions
from virtsmith.host.run.probe.kernel import find_busybox, find_kernel
from virtsmith.host.run.running import end_host, start_host
from virtsmith.host.spec.examples import NAMES, example_spec
from virtsmith.host.spec.reader import parse_spec
from virtsmith.host.verify.verdict import HostVerdict
from virtsmith.host.verify.verify import verify_boot, verify_facts

pytestmark = pytest.mark.real


def virsh(uri, *words):
    return run(["virsh", "-c", uri, *words], timeout=120).text


@pytest.mark.parametrize("name", [name for name in NAMES if "sriov" not in name] + ["numa3-sriov"])
def test_the_distributions_libvirt_defines_every_example_and_keeps_its_numbers(libvirt, tmp_path, name):
    domain = build_domain(plan(example_spec(name)))
    path = tmp_path / "domain.xml"
    path.write_text(domain.to_xml())
    virsh(libvirt, "define", path, "--validate")
    try:
        stored = etree.fromstring(virsh(libvirt, "dumpxml", domain.name))
    finally:
        virsh(libvirt, "undefine", domain.name)
    ours = etree.fromstring(domain.to_xml())
    for controller in ours.iterfind("devices/controller[@type='pci']"):
        index = controller.get("index")
        kept = stored.find(f"devices/controller[@type='pci'][@index='{index}']")
        assert kept.get("model") == controller.get("model")
        for part in ("target", "address"):
            if controller.find(part) is not None:
                assert dict(kept.find(part).attrib) == dict(controller.find(part).attrib) | dict(kept.find(part).attrib)
                assert controller.findtext("target/node") == kept.findtext("target/node")
    macs = [item.get("address") for item in ours.iterfind("devices/interface/mac")]
    assert [item.get("address") for item in stored.iterfind("devices/interface/mac")] == macs


EVERY_MODEL = """name = "models"
accel = "tcg"
iommu = { model = "intel", intremap = true, caching-mode = true }
[[node]]
cpus = 1
memory = "512 MiB"
devices = ["nvme", "virtio", { model = "generic", driver = "edu", id = "1234:11e8" }]
spare-ports = 2
[[node]]
cpus = 1
memory = "512 MiB"
devices = ["nvme", "e1000e", "generic"]
spare-ports = 1
"""


@pytest.mark.slow
@pytest.mark.parametrize("spec", [example_spec("numa3"), parse_spec(EVERY_MODEL)], ids=lambda spec: spec.name)
def test_a_host_started_by_libvirt_is_as_designed_down_to_its_spare_ports(libvirt, spec):
    try:
        find_busybox()
        kernel = find_kernel()
    except VirtsmithError as error:
        pytest.skip(f"no probe guest can be made: {error}")
    result = verify_boot(plan(spec), BootOptions(kernel=kernel, libvirt=libvirt))
    assert (result.verdict, result.findings, result.boot.reason) == (HostVerdict.OK, (), "")
    assert virsh(libvirt, "list", "--name").strip() == ""


@pytest.mark.slow
def test_a_host_that_libvirt_runs_stays_up_until_it_is_ended(libvirt, short_path, monkeypatch):
    monkeypatch.setenv("VIRTSMITH_HOSTS", str(short_path))
    options = BootOptions(kernel=find_kernel(), libvirt=libvirt)
    host = start_host(plan(example_spec("minimal")), options, name="through-libvirt")
    assert virsh(libvirt, "list", "--name").strip() == "through-libvirt"
    assert host.is_up
    assert len(host.facts().nodes) == 2
    end_host(host)
    assert virsh(libvirt, "list", "--name").strip() == ""
    assert list(short_path.iterdir()) == []


@pytest.mark.slow
def test_a_libvirt_inside_virsh_runs_a_host_without_a_daemon(short_path, monkeypatch):
    for program in ("virsh", "qemu-system-x86_64"):
        if find_program(program) is None:
            pytest.skip(f"{program} is not installed")
    if os.geteuid() != 0:
        pytest.skip("tried as root only")
    monkeypatch.setenv("VIRTSMITH_HOSTS", str(short_path / "hosts"))
    uri = f"qemu:///embed?root={short_path}/libvirt"
    host = start_host(plan(example_spec("minimal")), BootOptions(kernel=find_kernel(), libvirt=uri), name="embedded")
    try:
        assert verify_facts(plan(example_spec("minimal")), [host.facts()]).verdict is HostVerdict.OK
        assert host.is_up
    finally:
        end_host(host)
    assert not host.is_up


def test_what_libvirt_refuses_is_reported_in_its_words(libvirt):
    if "igb" in run(["qemu-system-x86_64", "-device", "help"], allow=()).text.split('"'):
        pytest.skip("this QEMU has igb")
    kernel = find_kernel()
    result = verify_boot(plan(example_spec("numa3-sriov")), BootOptions(kernel=kernel, libvirt=libvirt))
    assert result.verdict is HostVerdict.UNSUPPORTED
    assert result.boot.reason == "this QEMU has no device igb"


def test_virt_install_takes_the_line_made_for_it(libvirt):
    if find_program("virt-install") is None:
        pytest.skip("virt-install is not installed")
    from virtsmith.host.build.virtinstall import virt_install_argv

    argv = virt_install_argv(plan(replace(example_spec("numa3"), accel="tcg")))
    text = run([*argv, "--connect", libvirt, "--dry-run"], timeout=120).text
    made = etree.fromstring(text[text.index("<domain") : text.index("</domain>") + 9])
    buses = [item.get("busNr") for item in made.iterfind("devices/controller/target") if item.get("busNr")]
    assert buses == ["180", "200", "220"]
    cells = [item.get("cpus") for item in made.iterfind("cpu/numa/cell")]
    assert cells == ["0-3", "4-5", "6-7"]
    places = [int(item.get("bus"), 0) for item in made.iterfind("devices/interface/address")]
    ports = [item.get("name") for item in made.iterfind("devices/controller/model")]
    assert ports == ["i82801b11-bridge", "pci-bridge", *["ioh3420"] * 9]
    assert places == list(range(6, 15))


def test_the_guest_agent_runs_the_probe(tmp_path):
    if find_program("qemu-ga") is None:
        pytest.skip("qemu-ga is not installed")
    socket = tmp_path / "agent.sock"
    agent = subprocess.Popen(["qemu-ga", "-m", "unix-listen", "-p", socket, "-t", tmp_path, "-f", tmp_path / "pid"])
    try:
        deadline = time.monotonic() + 20
        while not socket.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        facts = collect_by_agent(socket)
        assert facts.data["kernel"] == os.uname().release
    finally:
        agent.terminate()
        agent.wait(20)
    with pytest.raises(AgentFailed):
        collect_by_agent(tmp_path / "none")
