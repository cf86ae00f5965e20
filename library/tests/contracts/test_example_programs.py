import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from libvirtxml import Domain, edit

DIRECTORY = Path(__file__).parent.parent.parent / "examples"
PROGRAMS = sorted(DIRECTORY.glob("*.py"))


def load(name):
    spec = importlib.util.spec_from_file_location(f"example_{name}", DIRECTORY / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


INPUTS = {"migration_hook": (["web", "migrate", "begin", "-"], "<domain type='kvm'><name>web</name></domain>")}
"""Arguments and standard input of the programs that cannot do without."""
PYREFLY = ["check", "--preset", "strict", "--python-interpreter-path", sys.executable]
LIVE = {"live_edit"}
"""Programs that need libvirt: tests/real runs them."""


@pytest.mark.parametrize("program", [path for path in PROGRAMS if path.stem not in LIVE], ids=lambda path: path.stem)
def test_an_example_runs_as_a_program(program):
    arguments, given = INPUTS.get(program.stem, ([], ""))
    command = [sys.executable, program, *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("checker", "options"), [("mypy", ["--strict"]), ("pyright", []), ("pyrefly", PYREFLY)])
def test_the_examples_pass_the_type_checkers(checker, options):
    command = [str(Path(sys.executable).with_name(checker)), *options, *map(str, PROGRAMS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=DIRECTORY.parent)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_third_checker_sees_what_is_wrong(tmp_path):
    program = tmp_path / "wrong.py"
    program.write_text("from libvirtxml import Domain\n\nDomain.parse('').nmae\n")
    command = [str(Path(sys.executable).with_name("pyrefly")), *PYREFLY, str(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=DIRECTORY.parent)
    assert "`nmae`" in done.stdout + done.stderr


def test_a_defined_machine_is_allowed_by_the_schema():
    domain = load("define_vm").build_domain("web", "/x.qcow2", cpus=3)
    assert domain.problems() == []
    assert domain.vcpu.value == 3


def test_a_disk_is_attached_under_the_next_free_name():
    module = load("attach_disk")
    domain = Domain.parse("<domain type='kvm'><name>a</name></domain>")
    names = [module.attach_disk(domain, f"/{i}").target.dev for i in range(28)]
    assert names[:3] + names[-3:] == ["vda", "vdb", "vdc", "vdz", "vdaa", "vdab"]
    assert len(Domain.parse(domain.to_xml()).devices.disks) == 28


def test_a_pci_address_is_read_as_hexadecimal():
    module = load("add_pci_device")
    address = module.parse_address("0000:3b:10.7")
    assert (address.domain, address.bus, address.slot, address.function) == (0, 0x3B, 0x10, 7)
    with pytest.raises(ValueError, match="not a PCI address"):
        module.parse_address("3b:10")


def test_a_thousand_domains_are_read():
    module = load("read_many")
    text = "<domain type='kvm'><name>a</name><devices>{}</devices></domain>".format(
        "<disk type='network'><source protocol='rbd' name='p/i'/><target dev='a'/></disk>"
        "<disk type='file' device='cdrom'><target dev='b'/></disk>"
        "<interface type='user'><mac address='52:54:00:00:00:01'/></interface><interface type='user'/>"
    )
    rows = list(module.inventory([text] * 1000))
    assert len(rows) == 1000
    assert rows[0] == ("a", ["52:54:00:00:00:01"], ["rbd:p/i"])


def test_metadata_is_migrated_and_the_rest_is_kept():
    module = load("migrate_metadata")
    text = (
        f"<domain type='kvm'><name>a</name><metadata><b:x xmlns:b='urn:b'>1</b:x><i:owner xmlns:i='{module.OLD}' "
        "name='Ada &lt;1&gt;'/></metadata></domain>"
    )
    domain = Domain.parse(text)
    assert module.migrate(domain)
    other, owner = Domain.parse(domain.to_xml()).metadata.nodes
    assert (other.text, owner.clark_name, owner.text) == ("1", f"{{{module.NEW}}}owner", "Ada <1>")
    assert not module.migrate(domain)


def test_ports_and_names_for_more_devices_are_free():
    module = load("change_devices")
    domain = Domain.parse("<domain type='kvm'><name>a</name><os><type machine='pc'>hvm</type></os></domain>")
    for _ in range(28):
        module.attach_disk(domain, "/i")
    cards = [module.attach_card(domain, "default") for _ in range(3)]
    assert len({card.mac.address for card in domain.devices.interfaces}) == len(set(cards)) == 3
    assert "vdab" in module.detach(domain, target="vdab")
    assert module.attach_disk(domain, "/i").count("vdab") == 1
    assert domain.devices.interfaces[1].to_xml() == module.detach(domain, mac=domain.devices.interfaces[1].mac.address)
    assert len(domain.devices.interfaces) == 2


def test_a_migrating_domain_is_changed_in_one_place():
    module = load("migration_hook")
    card = "<interface type='bridge'><source bridge='{}' /></interface>"
    text = f"<domain type='kvm'><name>a</name><devices>{card}</devices></domain>"
    change = edit(text.format("br-prod"), Domain)
    module.adapt(change.document)
    assert change.finish() == text.format("br0")


def test_arguments_for_qemu_are_kept_and_added_to():
    module = load("qemu_commandline")
    text = (
        "<domain type='kvm' xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><name>a</name>"
        "<q:commandline><q:arg value='-S'/></q:commandline></domain>"
    )
    domain = Domain.parse(text)
    module.add_arguments(domain, "-x")
    again = Domain.parse(domain.to_xml())
    assert [argument.value for argument in again.qemu_commandline.qemu_args] == ["-S", "-x"]
