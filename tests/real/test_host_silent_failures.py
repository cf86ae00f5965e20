"""Every wrong topology that libvirt accepts: lint reports it, and a boot of the same document shows what happens."""

from dataclasses import replace
from pathlib import Path

import pytest
from libvirtxml import Domain, parse

from virtsmith.errors import VirtsmithError
from virtsmith.host.build.domain import build_domain
from virtsmith.host.lint.run import lint_domain
from virtsmith.host.plan.topology import plan
from virtsmith.host.run.boot import BootOptions
from virtsmith.host.run.probe.kernel import find_busybox, find_kernel
from virtsmith.host.spec.examples import example_spec
from virtsmith.host.spec.reader import parse_spec
from virtsmith.host.verify.verdict import HostVerdict
from virtsmith.host.verify.verify import verify_boot

pytestmark = [pytest.mark.real, pytest.mark.slow]

SPEC = example_spec("numa3")
NUMA3 = plan(SPEC)
LARGER = plan(replace(SPEC, nodes=(*SPEC.nodes[:2], replace(SPEC.nodes[2], memory_kib=SPEC.nodes[2].memory_kib * 2))))
FIFTEEN = plan(parse_spec('name="many"\n[[node]]\ncpus=1\nmemory="1 GiB"\ndevices=[{model="virtio",count=15}]\n'))
VIRTIO_IOMMU = plan(parse_spec('name="v"\niommu="virtio"\n[[node]]\ncpus=1\nmemory="1 GiB"\ndevices=["e1000e"]\n'))
OVMF = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
UEFI = f"<loader readonly='yes' type='pflash'>{OVMF}</loader><nvram template='{OVMF.parent}/OVMF_VARS_4M.fd'/></os>"

DIFFERENT = {
    "ranges overlap": (NUMA3, "busNr='200'", "busNr='182'", "VH001", {"verify/device", "verify/place"}),
    "a number of the root bus": (NUMA3, "busNr='180'", "busNr='2'", "VH003", {"verify/node", "verify/iommu"}),
    "an expander without a node": (NUMA3, "<node>1</node>", "", "VH004", {"verify/node"}),
    "a slot without function 0": (NUMA3, "bus='0x0e' slot='0x00' function='0x0'",
                                  "bus='0x0e' slot='0x00' function='0x1'", "VH027", {"verify/device"}),
    "a CPU in no cell": (NUMA3, "cpus='6-7'", "cpus='6'", "VH015", {"verify/cpus"}),
    "memory that is not the sum": (LARGER, "cpus='6-7' memory='4096000'", "cpus='6-7' memory='2048000'", "VH016",
                                   {"verify/memory"}),
    "an IOMMU without a driver": (VIRTIO_IOMMU, "<iommu", "<iommu", "VH024", {"verify/iommu"}),
    "UEFI": (NUMA3, "</os>", UEFI, "VH025", {"verify/driver"}),
}  # fmt: skip
SILENT = {
    "a range past 255": (NUMA3, "busNr='220'", "busNr='254'", "VH002"),
    "more I/O ports than there is room for": (FIFTEEN, "type='virtio'", "type='e1000e'", "VH007"),
    "no ACPI": (NUMA3, "<acpi/>", "", "VH010"),
}


@pytest.fixture(scope="module")
def kernel():
    """The kernel of probe guests, or a skip that says what is missing."""
    try:
        find_busybox()
        return find_kernel()
    except VirtsmithError as error:
        pytest.skip(f"no probe guest can be made: {error}")


def boot(libvirt, kernel, design, old, new):
    """What lint says about the changed document, and what a boot of it shows."""
    text = build_domain(design, accel="tcg").to_xml()
    assert old in text
    document = parse(text.replace(old, new), Domain)
    found = {finding.rule for finding in lint_domain(document)}
    return found, verify_boot(design, BootOptions(kernel=kernel, libvirt=libvirt, document=document))


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_libvirt_accepts_in_silence_is_linted_and_differs_in_the_guest(libvirt, kernel, name):
    design, old, new, rule, expected = DIFFERENT[name]
    if name == "UEFI" and not OVMF.exists():
        pytest.skip("ovmf is not installed")
    linted, result = boot(libvirt, kernel, design, old, new)
    assert rule in linted
    assert result.verdict is HostVerdict.DIFFERS, result.boot
    assert expected <= {finding.rule for finding in result.findings}


@pytest.mark.parametrize("name", SILENT)
def test_a_guest_that_stays_silent_is_linted_and_its_firmware_shows_why(libvirt, kernel, name):
    design, old, new, rule = SILENT[name]
    linted, result = boot(libvirt, kernel, design, old, new)
    assert rule in linted
    assert result.verdict is HostVerdict.HUNG, result.boot
    assert rule in result.boot.reason
    assert result.boot.seconds < 60
