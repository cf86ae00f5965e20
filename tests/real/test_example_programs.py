"""The library's example programs, with real libvirts: what they make is taken, and does what they say."""

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from shutil import which

import pytest
from helpers.suite_ark import LIBVIRTS, QEMUS, provide
from libvirtxml import Domain, DomainSnapshot, Network, NWFilter, StoragePool, StorageVolume, diff
from libvirtxml.live import load, update

from virtsmith.ark import daemon
from virtsmith.core.run import run

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "library/examples"
VIRTINST = ROOT / "tests/helpers/virtinst_programs"
MACHINE = """
<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='file'><driver name='qemu' type='qcow2'/><source file='{image}'/><target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>
    <interface type='user'><mac address='52:54:00:aa:bb:cc'/></interface>
    <graphics type='vnc' port='5999' autoport='no' passwd='sesame'/>
  </devices>
</domain>"""


def load_example(name):
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=["the distribution's", LIBVIRTS[-1]])
def uri(request):
    """The daemon of the distribution, and that of the newest libvirt in the ark."""
    if request.param == "the distribution's":
        yield request.getfixturevalue("libvirt")
        return
    libvirt, qemu = provide(f"libvirt@{LIBVIRTS[-1]}", f"qemu@{QEMUS[-1]}")
    with tempfile.TemporaryDirectory(prefix="vs-") as directory:  # a short name: sockets are in it
        made = daemon.make(libvirt, qemu, Path(directory) / "d")
        made.up()
        yield made.uri
        made.kill_guests()
        made.down()


@pytest.fixture
def connection(bindings, uri):
    opened = bindings.open(uri)
    yield opened
    opened.close()


@pytest.fixture
def image(tmp_path):
    if which("qemu-img") is None:
        pytest.skip("qemu-img is not installed")
    run(["qemu-img", "create", "-f", "qcow2", tmp_path / "web.qcow2", "16M"])
    return tmp_path / "web.qcow2"


@pytest.fixture
def stored(connection, image):
    """A domain that is defined and off."""
    made = connection.defineXML(MACHINE.format(name="web", image=image))
    yield made
    made.undefine()


@pytest.fixture
def running(connection, bindings, image):
    """A domain that has started, and is paused."""
    made = connection.createXML(MACHINE.format(name="live", image=image), bindings.VIR_DOMAIN_START_PAUSED)
    yield made
    for item in made.listAllCheckpoints():
        item.delete(bindings.VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY)
    for item in made.listAllSnapshots():
        item.delete(bindings.VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY)
    made.destroy()


def test_a_domain_as_nova_builds_it_is_defined_whole(connection):
    module = load_example("nova_domain")
    card = module.open_vswitch_port("90a6a7de-0f4c-4a2f-9c0d-3f5b8f1f6a11", "fa:16:3e:00:00:2a")
    instance = module.Instance("instance-1", module.Flavor("m1.small", 512, 2))
    built = module.build_domain(instance, module.image_on_ceph("vms/1_disk", "ceph1"), card)
    built.type = "qemu"
    built.cpu = None  # TCG has no host-model
    made = connection.defineXML(built.to_xml())
    try:
        actual = load(made, Domain, inactive=True)
        assert diff(built, actual, "requested") == []
        assert actual.metadata.load(module.NAMESPACE, module.Instance) == instance
    finally:
        made.undefine()


def test_devices_are_attached_and_detached(connection, stored, image):
    module = load_example("change_devices")
    domain = load(stored, Domain, inactive=True, secure=True)
    stored.attachDeviceFlags(module.attach_disk(domain, str(image)), 2)  # the stored definition
    domain = load(stored, Domain, inactive=True, secure=True)
    stored.attachDeviceFlags(module.attach_card(domain, "default"), 2)
    actual = load(stored, Domain, inactive=True)
    assert [disk.target.dev for disk in actual.devices.disks] == ["vda", "vdb", "sda"]
    assert actual.devices.interfaces[1].address == domain.devices.interfaces[1].address
    stored.detachDeviceFlags(module.detach(domain, target="vdb"), 2)
    assert [disk.target.dev for disk in load(stored, Domain, inactive=True).devices.disks] == ["vda", "sda"]


def test_a_clone_is_defined_beside_its_original(connection, stored, image):
    made = load_example("clone_vm").clone_files(load(stored, Domain, inactive=True, secure=True), "twin")
    assert (str(image), str(image.with_name("twin.qcow2"))) in made.files
    twin = connection.defineXML(made.domain.to_xml())
    assert load(twin, Domain).uuid == made.domain.uuid
    twin.undefine()


def test_a_disk_moves_and_keeps_its_settings(stored):
    domain = load(stored, Domain, inactive=True)
    moved = load_example("move_disk").move_to_device(domain, "vda", "/dev/vg/web")
    stored.connect().defineXML(domain.to_xml())
    assert load(stored, Domain, inactive=True).devices.disks[0].source.dev == "/dev/vg/web"
    assert moved.driver.type == "qcow2"


def test_a_snapshot_is_taken_and_its_chain_is_walked(running, bindings, image):
    document = load_example("take_snapshot").snapshot(load(running, Domain), "monday")
    made = running.snapshotCreateXML(document.to_xml(), bindings.VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY)
    assert load(made, DomainSnapshot).name == "monday"
    found = load_example("backing_chain").images(load(running, Domain))
    assert found["vda"] == [f"{image}.monday (qcow2)", f"{image} (qcow2)"]


def test_a_backup_and_a_checkpoint_are_taken(running, tmp_path, monkeypatch):
    module = load_example("incremental_backup")
    for last, this in ((None, "monday"), ("monday", "tuesday")):
        backup, checkpoint = module.backup_since(load(running, Domain), last, this)
        running.backupBegin(backup.to_xml().replace("/backup/", f"{tmp_path}/"), checkpoint.to_xml())
        while running.jobStats().get("type"):
            time.sleep(0.05)
    assert sorted(path.name for path in tmp_path.glob("live-*")) == ["live-vda-monday.qcow2", "live-vda-tuesday.qcow2"]


def test_networks_filters_and_storage_are_defined(connection, tmp_path):
    networks, storage = load_example("define_network"), load_example("define_storage")
    network = networks.build_network("lab", "192.168.77", {"52:54:00:0a:0b:0c": "192.168.77.10"})
    directory = tmp_path / "pool"
    directory.mkdir()
    made = connection.networkDefineXML(network.to_xml())
    assert diff(network, load(made, Network), "requested") == []
    made.undefine()
    rules = networks.build_filter("web-only", 443)
    made = connection.nwfilterDefineXML(rules.to_xml())
    assert diff(rules, load(made, NWFilter), "requested") == []
    made.undefine()
    pool = connection.storagePoolDefineXML(storage.build_pool("images", str(directory)).to_xml(), 0)
    pool.create()
    assert load(pool, StoragePool).target.path == str(directory)
    volume = pool.createXML(storage.build_volume("web.qcow2", 1).to_xml(), 0)
    assert load(volume, StorageVolume).capacity.bytes == 1 << 30
    volume.delete()
    pool.destroy()
    pool.undefine()
    secret = connection.secretDefineXML(storage.build_secret("/images/web.qcow2").to_xml(), 0)
    assert secret.usageID() == "/images/web.qcow2"
    secret.undefine()


def test_metadata_of_ones_own_is_what_libvirt_stores(connection, stored):
    module = load_example("own_metadata")
    owner = module.Owner("Ada & Co", 4711, ["ada@example.org", "ops@example.org"])
    update(stored, lambda domain: module.set_owner(domain, owner))
    assert module.owner_of(load(stored, Domain)) == owner
    assert 'cost-center="4711"' in stored.metadata(2, module.NAMESPACE).replace("'", '"')


def test_a_live_edit_reports_what_libvirt_took(stored):
    done = load_example("live_edit").set_memory(stored, 128)
    assert [change.path for change in done.changes] == ["memory", "current_memory"]
    assert done.not_fulfilled == []
    again = load(stored, Domain, inactive=True, secure=True)
    assert (again.memory.bytes, again.devices.graphics[0].passwd) == (128 << 20, "sesame")


def test_the_hook_is_a_program_that_libvirt_can_run(connection):
    document = MACHINE.format(name="a", image="/i").replace("type='user'>", "type='bridge'><source bridge='br-prod'/>")
    command = [sys.executable, EXAMPLES / "migration_hook.py", "a", "migrate", "begin", "-"]
    done = subprocess.run(command, input=document, capture_output=True, text=True, check=True)
    made = connection.defineXML(done.stdout)
    assert load(made, Domain).devices.interfaces[0].source.bridge == "br0"
    made.undefine()


def test_the_live_edit_runs_as_a_program(bindings):
    command = [sys.executable, EXAMPLES / "live_edit.py", "test:///default", "test", "4096"]
    environment = {**os.environ, "PYTHONPATH": str(Path(bindings.__file__).parent)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert "memory: 8388608 KiB -> 4096 MiB" in done.stdout


@pytest.mark.parametrize("program", sorted(path.stem for path in VIRTINST.glob("*.py")))
def test_what_virtinst_is_compared_with_works(program, image):
    if not Path("/usr/share/virt-manager/virtinst").is_dir():
        pytest.skip("virtinst is not installed")
    command = ["/usr/bin/python3", VIRTINST / f"{program}.py"]
    done = subprocess.run(
        command, check=False, input=MACHINE.format(name="web", image=image), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
