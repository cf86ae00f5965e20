"""The set-up inside a full guest."""

import pytest

from virtsmith.core.run import run
from virtsmith.host.build.provision import provision_cloud_init, provision_script
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.examples import NAMES, example_spec
from virtsmith.host.spec.reader import parse_spec

NODE = '[[node]]\ncpus=1\nmemory="1G"\ndevices=["e1000e"]\n'


@pytest.mark.parametrize("name", NAMES)
def test_the_script_is_one_a_shell_can_read(name):
    run(["sh", "-n"], stdin=provision_script(plan(example_spec(name))).encode())


def test_the_kernel_gets_the_iommu_and_the_huge_pages_of_each_node():
    assert "intel_iommu=on hugepagesz=2M hugepages=0:64,1:64" in provision_script(plan(example_spec("kubevirt-sriov")))


@pytest.mark.parametrize(
    ("line", "expected"),
    [('iommu="intel"', False), ("iommu={intremap=false}", True), ("unsafe-interrupts=true", True)],
)
def test_unsafe_interrupts_are_allowed_only_when_needed(line, expected):
    script = provision_script(plan(parse_spec(f'name="h"\n{line}\n{NODE}')))
    assert ("allow_unsafe_interrupts" in script) is expected


def test_the_default_network_of_the_guest_is_off_since_it_would_clash():
    assert "rm -f /etc/libvirt/qemu/networks/autostart/default.xml" in provision_script(plan(example_spec("numa3")))


def test_cloud_init_carries_the_same_script():
    yaml = pytest.importorskip("ruamel.yaml")
    numbered = plan(example_spec("numa3-sriov"))
    data = yaml.YAML(typ="safe").load(provision_cloud_init(numbered))
    assert data["write_files"][0]["content"].strip() == provision_script(numbered).strip()
    assert data["runcmd"] == [["/usr/local/sbin/virtual-host-setup"]]


def test_cloud_init_lets_the_owners_of_keys_in():
    yaml = pytest.importorskip("ruamel.yaml")
    keys = ["ssh-ed25519 AAAA somebody: with # odd 'words'"]
    data = yaml.YAML(typ="safe").load(provision_cloud_init(plan(example_spec("minimal")), ssh_keys=keys))
    assert (data["ssh_authorized_keys"], data["disable_root"]) == (keys, False)
    assert "ssh" not in provision_cloud_init(plan(example_spec("minimal")))


def test_packages_that_are_there_are_not_fetched_again(tmp_path):
    script = provision_script(plan(example_spec("minimal"))).partition("words=")[0].replace("/etc/", f"{tmp_path}/")
    (tmp_path / "os-release").write_text("ID=debian\n")
    apt = tmp_path / "apt-get"
    for status, expected in ((0, ["install"]), (1, ["install", "update", "install"])):
        log = tmp_path / f"log{status}"
        done = f"echo $1 >> {log}; [ $1 = update ] || [ $(grep -c install {log}) -gt {status} ]"
        apt.write_text(f"#!/bin/sh\n{done}\n")
        apt.chmod(0o755)
        run(["sh", "-s"], stdin=script.encode(), env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
        assert log.read_text().split() == expected


def test_virtual_functions_come_back_after_each_boot():
    rules = provision_script(plan(example_spec("numa3-sriov")))
    assert 'KERNEL=="0000:21:00.0", DRIVER=="?*", ATTR{sriov_numvfs}="2"' in rules
