"""Our mapping of domain documents beside libvirt's own, and documents that libvirt completes. Needs both in the ark."""

import json
import shlex
from collections import Counter
from dataclasses import replace

import pytest
from helpers.abi_qemus import require
from helpers.suite_ark import LIBVIRTS, QEMUS, provide
from libvirtxml import Domain

from virtsmith.abi.vm.complete import complete, is_complete
from virtsmith.abi.vm.document import read_domain
from virtsmith.ark import daemon
from virtsmith.ark.layout import Ark

pytestmark = [pytest.mark.real, pytest.mark.slow]

DOCUMENT = """<domain type='kvm'><name>web</name><memory unit='MiB'>512</memory><vcpu>2</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features><devices>
<disk type='file'><driver queues='2' queue_size='128'/><source file='/nowhere'/><target dev='vda' bus='virtio'/></disk>
<disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>
<controller type='scsi' model='virtio-scsi'/>
<disk type='file'><source file='/nowhere2'/><target dev='sdb' bus='scsi'/></disk>
<interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/><driver rx_queue_size='512'/></interface>
<interface type='user'><mac address='52:54:00:11:22:34'/><model type='e1000e'/></interface>
<serial type='pty'/><console type='pty'/>
<channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>
<input type='tablet' bus='usb'/><graphics type='spice'/><video><model type='vga'/></video>
<rng model='virtio'><rate bytes='1024' period='1000'/><backend model='random'>/dev/urandom</backend></rng>
<watchdog model='i6300esb'/><panic model='isa'/>
</devices></domain>"""


@pytest.fixture(scope="module")
def pair():
    """The newest libvirt and QEMU of the ark."""
    return *provide(f"libvirt@{LIBVIRTS[-1]}"), *require(QEMUS[-1])


@pytest.fixture(scope="module")
def completed(pair):
    domain, note = complete(Domain.parse(DOCUMENT), pair[1], "tcg", Ark.open())
    assert note.startswith("completed by libvirt@"), note
    return domain


def test_a_document_is_completed_with_buses_and_addresses_and_implied_devices(completed):
    assert is_complete(completed)
    made = read_domain(completed, "vm.xml")
    types = Counter(device.type for device in made.devices)
    assert types["pcie-root-port"] > 3
    assert types["virtio-balloon-pci"] == 1
    assert types["virtio-serial-pci"] == 1
    assert not any("root bus" in note for note in made.notes)
    assert made.machine.startswith("pc-q35-")


def test_devices_and_their_places_are_those_of_libvirts_own_command_line(pair, completed, short_path):
    libvirt, emulator = pair
    qemu = next(item for item in Ark.open().installed("qemu") if item.program_sha256 == emulator.binary.sha256)
    made = daemon.make(libvirt, qemu, short_path / "d")
    made.up()
    try:
        document = made.directory / "domain.xml"
        document.write_text(completed.to_xml())
        answer = made.command("domxml-to-native", "qemu-argv", document)
        assert answer.status == 0, answer.stderr_text
    finally:
        made.down()
    words = shlex.split(answer.text.replace("\\\n", " "))
    theirs = Counter(place(words[n + 1]) for n, word in enumerate(words) if word == "-device")
    ours = Counter(place(device.arguments[-1]) for device in read_domain(completed, "vm.xml").devices)
    assert ours == theirs


def place(option):
    """Type, bus and address of a -device option in either of QEMU's syntaxes."""
    if option.startswith("{"):
        known = {name: str(value) for name, value in json.loads(option).items()}
        kind = known["driver"]
    else:
        kind, *words = option.split(",")
        known = dict(word.split("=", 1) for word in words if "=" in word)
    address = known.get("addr", "")
    return kind, known.get("bus", "") if address else "", address.removesuffix(".0x0")


def test_without_a_libvirt_the_document_is_used_as_it_is_and_that_is_noted(tmp_path):
    domain = Domain.parse(DOCUMENT)
    (emulator,) = require(QEMUS[0])
    same, note = complete(domain, replace(emulator), "tcg", Ark(tmp_path))
    assert same is domain
    assert "the ark has no libvirt" in note
