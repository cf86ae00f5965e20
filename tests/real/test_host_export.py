"""Hosts made by others: the domain that KubeVirt's hook writes is booted, and compared with the design."""

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from helpers.kubevirt_domain import kubevirt_domain
from libvirtxml import parse

from virtsmith.core.run import find_program
from virtsmith.errors import VirtsmithError
from virtsmith.host.export.kubevirt import export_kubevirt, hook_design
from virtsmith.host.export.kubevirt_hook import add_topology
from virtsmith.host.plan.topology import plan
from virtsmith.host.run.boot import BootOptions
from virtsmith.host.run.probe.kernel import find_busybox, find_kernel
from virtsmith.host.spec.examples import example_spec
from virtsmith.host.verify.verdict import HostVerdict
from virtsmith.host.verify.verify import verify_boot

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def options(libvirt):
    if find_program("qemu-system-x86_64") is None:
        pytest.skip("qemu-system-x86_64 is not installed")
    try:
        find_busybox()
        return BootOptions(kernel=find_kernel(), libvirt=libvirt)
    except VirtsmithError as error:
        pytest.skip(f"no probe guest can be made: {error}")


def test_the_domain_of_kubevirts_hook_comes_out_as_designed(options):
    yaml = pytest.importorskip("ruamel.yaml").YAML(typ="safe", pure=True)
    host = plan(example_spec("numa3"))
    manifests = {entry["kind"]: entry for entry in yaml.load_all(export_kubevirt(host).body)}
    domain = ET.fromstring(kubevirt_domain(manifests["VirtualMachine"]))
    add_topology(domain, json.loads(json.dumps(hook_design(host))))
    document = parse(ET.tostring(domain, encoding="unicode"))
    result = verify_boot(host, replace(options, document=document))
    assert (result.verdict, result.findings) == (HostVerdict.OK, ())
