"""Images of saved domains, status files and DTDs, judged by the libvirts of the ark that write and read them."""

import pytest
from helpers.suite_ark import provide
from libvirtxml import Domain, diff, edit, parse
from libvirtxml.containers import open_container

from virtsmith.ark import daemon

pytestmark = [pytest.mark.real, pytest.mark.slow]
XML = """<domain type='qemu'>
  <name>web</name>
  <memory unit='MiB'>16</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><memballoon model='none'/></devices>
</domain>
"""


@pytest.fixture(params=[("7.0", "7.2"), ("11.3", "10.0.13"), ("12.8", "11.1")], ids="-".join)
def libvirt(request, tmp_path):
    """A function that runs virsh with one of the ark's libvirts and gives what it prints."""
    libvirt, qemu = provide(f"libvirt@{request.param[0]}", f"qemu@{request.param[1]}")
    made = daemon.make(libvirt, qemu, tmp_path / "daemon")
    made.up()

    def virsh(*words):
        done = made.command(*map(str, words))
        assert done.status == 0, done.stderr.decode()
        return done.stdout

    virsh.directory = tmp_path / "daemon"
    yield virsh
    made.kill_guests()
    made.down()


def test_an_image_of_a_saved_domain_is_edited_as_libvirt_edits_it(libvirt, tmp_path):
    image = tmp_path / "web.save"
    (tmp_path / "web.xml").write_text(XML)
    libvirt("define", tmp_path / "web.xml")
    libvirt("start", "web", "--paused")
    status = (libvirt.directory / "run/libvirt/qemu/web.xml").read_text()
    assert parse(status).name == "web"
    assert open_container(status).path == "/domstatus/domain"
    libvirt("save", "web", image)
    saved = image.read_bytes()
    held = open_container(image)
    assert not diff(held.text, libvirt("save-image-dumpxml", image, "--security-info"), "requested")
    assert held.holding(held.text) == saved

    with edit(image, Domain) as domain:
        domain.title = "edited"
        domain.description = "x" * 2000
    ours = image.read_bytes()
    shown = Domain.parse(libvirt("save-image-dumpxml", image, "--security-info"))
    assert (shown.title, shown.description) == ("edited", "x" * 2000)
    (tmp_path / "again.xml").write_text(shown.to_xml())
    image.write_bytes(saved)
    libvirt("save-image-define", image, tmp_path / "again.xml")
    theirs = image.read_bytes()
    assert _but_domain(ours) == _but_domain(theirs)
    assert not diff(Domain.parse(ours), Domain.parse(theirs), "requested")

    image.write_bytes(ours)
    libvirt("restore", image, "--paused")
    assert Domain.parse(libvirt("dumpxml", "web")).title == "edited"


def _but_domain(image):
    """An image of a saved domain without the domain, and without where the cookie is that follows it."""
    room, offset = (int.from_bytes(image[place : place + 4], "little") for place in (20, 32))
    cookie = image[92 + offset : 92 + room].partition(b"\0")[0] if offset else b""
    return image[:32], image[36:92], cookie, image[92 + room :]


def test_libvirt_defines_documents_with_a_document_type_and_no_entity(libvirt, tmp_path):
    for number, document_type in enumerate(("<!DOCTYPE domain>", "<!DOCTYPE x [<!ELEMENT domain ANY>]>")):
        text = document_type + XML.replace(">web<", f">web{number}<")
        assert parse(text).name == f"web{number}"
        (tmp_path / "web.xml").write_text(text)
        libvirt("define", tmp_path / "web.xml")
