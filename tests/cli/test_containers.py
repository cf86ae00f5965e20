"""Commands that take documents open what holds one, and change nothing around it."""

import json
import struct

import pytest
from helpers.in_process import virtsmith

DOMAIN = """<domain type='kvm' id='3'>
    <name>web</name>
    <memory unit='KiB'>1048576</memory>
    <vcpu>2</vcpu>
    <os><type arch='x86_64' machine='pc-i440fx-2.9'>hvm</type></os>
    <devices>
      <disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtoi'/></disk>
      <controller type='pci' index='0' model='pcie-root'/>
    </devices>
  </domain>"""
STATUS = f"<domstatus state='running' pid='17'>\n  <taint flag='a'/>\n  {DOMAIN}\n</domstatus>\n"
SNAPSHOT = f"<domainsnapshot>\n  <name>s</name>\n  {DOMAIN}\n</domainsnapshot>\n"
DISK = "/domstatus/domain/devices/disk/target/@bus"


def image(document):
    text = document.encode() + b"\0"
    header = struct.pack("<16s5I56x", b"LibvirtQemudSave", 2, 4096, 1, 0, 0)
    return header + text.ljust(4096, b"\0") + b"memory"


@pytest.fixture(params=["status", "cookie", "image", "log"])
def file(request, tmp_path):
    """A file of each kind that holds the domain."""
    path = tmp_path / "held.xml"
    cookie = f"<qemu-migration>\n  <name>web</name>\n  {DOMAIN}\n</qemu-migration>"
    data = {"status": STATUS.encode(), "cookie": cookie.encode(), "image": image(DOMAIN)}
    path.write_bytes(data.get(request.param, f"12:00 xml=\n\n  {DOMAIN} end\n".encode()))
    return path


def test_every_command_of_xml_reads_the_domain(file, tmp_path):
    plain = tmp_path / "plain.xml"
    plain.write_text(DOMAIN)
    kept = file.read_bytes()
    for words in (["show"], ["get", "name", "devices.disks"], ["convert", "--to", "yaml"], ["convert", "--to", "xml"]):
        held, own = (virtsmith("xml", words[0], path, *words[1:]) for path in (file, plain))
        assert (held.returncode, held.stdout) == (own.returncode, own.stdout)
    assert virtsmith("xml", "diff", file, plain).stdout == ""
    for words in (["validate"], ["check"], ["check", "--target", "debian-12"]):
        held, own = (virtsmith("xml", *words, path, "--json") for path in (file, plain))
        assert held.returncode == own.returncode == 1
        messages = [[item["message"] for item in json.loads(done.stdout).get("findings", [])] for done in (held, own)]
        assert messages[0] == messages[1]
    assert virtsmith("xml", "roundtrip", file).returncode == 0
    assert file.read_bytes() == kept


def test_edits_and_layout_change_the_domain_alone(file):
    kept = file.read_bytes()
    assert virtsmith("xml", "edit", file, "-i", "--set", "vcpu=4").returncode == 0
    assert file.read_bytes() == kept.replace(b"<vcpu>2", b"<vcpu>4")
    assert virtsmith("xml", "format", "-i", file).returncode == 0
    assert virtsmith("xml", "get", file, "vcpu.value").stdout == "4\n"
    written = file.read_bytes()
    assert written.startswith(kept[: kept.index(b"<domain")])
    assert written.endswith(kept[kept.index(b"</domain>") + 9 :].lstrip(b"\0"))
    assert virtsmith("xml", "format", "--check", file).returncode == 0


def test_paths_and_lines_are_those_of_the_file_and_are_understood(tmp_path):
    path = tmp_path / "status.xml"
    path.write_text(STATUS)
    assert f"{path}:9: {DISK.replace('disk/', 'disk[1]/')}" in virtsmith("xml", "validate", path).stdout
    shown = virtsmith("xml", "check", path, "--libvirt", "11.3").stdout
    assert f"{DISK.replace('disk/', 'disk[1]/')}: libvirt does not read 'virtoi' here" in shown
    assert "/domstatus/domain/@id is that of a running domain" in shown
    assert virtsmith("xml", "get", path, DISK).stdout == "virtoi\n"
    assert "bus='virtio'" in virtsmith("xml", "edit", path, "--set", f"{DISK}=virtio").stdout


@pytest.mark.parametrize("text", [STATUS, SNAPSHOT])
def test_commands_for_domains_take_one_that_is_inside_of_something(text, tmp_path):
    path = tmp_path / "held.xml"
    path.write_text(text)
    done = virtsmith("host", "lint", path)
    assert f"{path}:10: error: machine pc-i440fx-2.9 has no PCIe" in done.stdout
    done = virtsmith("abi", "machines", path)
    assert f"{path}:7: error: pc-i440fx-2.9 has been removed" in done.stdout
    assert virtsmith("ark", "check", path, "--libvirt", "1.2.3").stderr.count("held.xml") == 0
