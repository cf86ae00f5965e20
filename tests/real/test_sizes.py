"""The units of sizes that have none, judged by libvirts: every size of a domain and of a volume."""

import re
import shutil
import subprocess
from contextlib import ExitStack, suppress

import pytest
from helpers.surroundings import suite_ark
from libvirtxml import Domain, StorageVolume
from libvirtxml._impl.mixins import Sized
from libvirtxml._impl.tables import find_class, info_of
from libvirtxml.introspect import walk
from libvirtxml.model import MODULES

from benchmarks.agreement._judge import JudgeMissing
from benchmarks.agreement._libvirts import libvirts
from benchmarks.agreement.kept.judge import Judge

pytestmark = pytest.mark.real
DOMAIN = """<domain type='test'><name>sizes</name><uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
<maxMemory slots='16'>8388608</maxMemory><memory>4194304</memory><currentMemory>524288</currentMemory>
<memoryBacking><hugepages><page size='2048' nodeset='0'/></hugepages></memoryBacking>
<vcpu>2</vcpu>
<cputune><cachetune vcpus='0'><cache id='0' level='3' type='both' size='1024'/></cachetune></cputune>
<memtune><hard_limit>4194304</hard_limit><soft_limit>4194303</soft_limit><min_guarantee>4194302</min_guarantee>
  <swap_hard_limit>4194305</swap_hard_limit></memtune>
<os><type arch='x86_64' machine='q35'>hvm</type></os>
<features><smm state='on'><tseg>48</tseg></smm><tcg><tb-cache>128</tb-cache></tcg>
  <hpt resizing='enabled'><maxpagesize>65536</maxpagesize></hpt></features>
<cpu><numa><cell id='0' cpus='0-1' memory='4194304'><cache level='1' associativity='direct' policy='writeback'>
  <size value='8'/><line value='5120'/></cache></cell>
  <interconnects><bandwidth initiator='0' target='0' type='access' value='204800'/></interconnects></numa></cpu>
<devices>
  <disk type='file'><driver name='qemu' type='qcow2'><metadata_cache><max_size>1048576</max_size></metadata_cache>
    </driver><source file='/a'/><target dev='vda'/></disk>
  <controller type='pci' model='pcie-root' index='0'><pcihole64>1048576</pcihole64></controller>
  <filesystem type='ram'><source usage='1048576'/><target dir='/a'/></filesystem>
  <filesystem type='mount'><source dir='/b'/><target dir='/c'/><space_hard_limit>1048576</space_hard_limit>
    <space_soft_limit>524288</space_soft_limit></filesystem>
  <shmem name='x'><size>4194304</size></shmem>
  <memory model='dimm'><source><pagesize>2048</pagesize></source>
    <target><size>262144</size><node>0</node></target></memory>
  <memory model='nvdimm'><source><path>/n</path><alignsize>2048</alignsize></source>
    <target><size>262144</size><node>0</node><label><size>128</size></label></target></memory>
  <memory model='virtio-mem'><source><pagesize>2048</pagesize></source>
    <target><size>262144</size><node>0</node><block>2048</block><requested>131072</requested></target></memory>
  <memory model='virtio-pmem' access='shared'><source><path>/n</path></source>
    <target><size>262144</size></target></memory>
  <memory model='sgx-epc'><target><size>65536</size></target></memory>
{newer}</devices></domain>"""
NEWER = """  <iommu model='virtio'><driver><granule size='64'/></driver></iommu>
  <pstore backend='acpi-erst'><path>/p</path><size>8192</size></pstore>"""
"""What not all of the libvirts have."""
VOLUME = """<volume><name>sizes.qcow2</name><capacity>2097152</capacity><allocation>1048576</allocation>
<target><format type='qcow2'/><clusterSize>131072</clusterSize></target></volume>"""
WRITTEN_ONLY = r".*Capabilities|CPUPages|StoragePool|StorageVolumePhysical|MemoryDeviceVirtioMemTargetCurrent"
"""Classes of sizes that libvirt writes, and never reads."""
UNIT = re.compile(r" units?='[^']*'")


def sizes(document):
    return {path: element.bytes for path, element in walk(document) if isinstance(element, Sized)}


@pytest.fixture(scope="module")
def judges():
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("VIRTSMITH_ARK", str(suite_ark()))
        found = []
        for server in stack.enter_context(libvirts()):
            with suppress(JudgeMissing):
                found.append(stack.enter_context(Judge(*server)))
        if not found:
            pytest.skip("no libvirt answers")
        yield found


def test_every_size_that_libvirt_reads_is_in_the_documents_below_and_has_no_unit():
    documents = (Domain.parse(DOMAIN.format(newer=NEWER)), StorageVolume.parse(VOLUME))
    tried = {type(element) for document in documents for _, element in walk(document)}
    known = {find_class(name) for name in MODULES}
    missing = [cls.__name__ for cls in known - tried if issubclass(cls, Sized)]
    assert [name for name in missing if not re.match(WRITTEN_ONLY, name)] == []
    assert UNIT.search(DOMAIN + NEWER + VOLUME) is None


def test_each_use_of_a_size_in_a_domain_is_tried():
    tried = {
        (type(element), name)
        for _, element in walk(Domain.parse(DOMAIN.format(newer=NEWER)))
        for name, field in info_of(type(element)).fields.items()
        if field.kind.is_object and name in element.__dict__
    }
    memory = [cls for cls in map(find_class, MODULES) if cls.__name__.startswith("MemoryDevice")]
    for cls in (*memory, find_class("Pstore"), find_class("Shmem")):
        for name, field in info_of(cls).fields.items():
            if field.kind.is_object and issubclass(find_class(field.reference), Sized) and name != "current":
                assert (cls, name) in tried


def test_a_size_of_a_domain_without_unit_is_as_large_as_libvirt_says(judges):
    for judge in judges:
        document = DOMAIN.format(newer=NEWER if judge.release.startswith("12.") else "")
        kept = judge.ask(document)
        assert kept is not None, judge.release
        ours, theirs = sizes(Domain.parse(document)), sizes(Domain.parse(kept))
        assert len(ours) > 30
        assert {path: theirs.get(path) for path in ours} == ours, judge.release


def test_a_size_of_a_volume_without_unit_is_as_large_as_libvirt_says(tmp_path):
    if (virsh := shutil.which("virsh")) is None:
        pytest.skip("libvirt's virsh is not installed")
    (tmp_path / "volume.xml").write_text(VOLUME)
    script = f"vol-create default-pool {tmp_path}/volume.xml; vol-dumpxml --pool default-pool sizes.qcow2"
    shown = subprocess.run([virsh, "-q", "-c", "test:///default", script], capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    theirs = sizes(StorageVolume.parse(shown.stdout[shown.stdout.index("<volume") :].encode()))
    ours = sizes(StorageVolume.parse(VOLUME))
    assert {path: theirs.get(path) for path in ours} == ours
