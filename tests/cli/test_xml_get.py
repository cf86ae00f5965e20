"""``virtsmith xml get``."""

import json
import subprocess

import pytest
from helpers.in_process import virtsmith

TEXT = """<domain type="kvm" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
  <name>web</name>
  <memory unit="KiB">1048576</memory>
  <devices>
    <disk type="file" device="disk"><source file="/a b.img"/><target dev="vda" bus="virtio"/></disk>
    <disk type="block" device="cdrom"><target dev="sda"/><readonly/></disk>
    <disk type="network" device="disk"><source protocol="rbd" name="p/i"/><target dev="vdb"/></disk>
    <controller type="pci" index="0x1f" model="pcie-root-port"/>
  </devices>
  <qemu:commandline><qemu:arg value="-nodefaults"/></qemu:commandline>
</domain>
"""


def run(*arguments: str, text: str = TEXT) -> subprocess.CompletedProcess:
    return virtsmith("xml", "get", "-", *arguments, input=text)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("name", "web\n"),
        ("type", "kvm\n"),
        ("memory.value", "1048576\n"),
        ("devices.disks[*].target.dev", "vda\nsda\nvdb\n"),
        ("devices.disks[target.dev=vda].source.file", "/a b.img\n"),
        ("devices.disks[*].source.file", "/a b.img\n"),
        ("devices.disks[*].type", "file\nblock\nnetwork\n"),
        ("devices.controllers[0].index", "0x1f\n"),
        ("devices.disks[1].readonly", "yes\n"),
        ("memory", "<memory unit='KiB'>1048576</memory>\n"),
        ("qemu_commandline.qemu_args[0].value", "-nodefaults\n"),
    ],
)
def test_values_are_printed_as_the_document_has_them(path: str, shown: str) -> None:
    done = run(path)
    assert (done.returncode, done.stdout, done.stderr) == (0, shown, "")


def test_the_members_of_a_list_are_printed_as_xml() -> None:
    done = run("devices.disks")
    assert done.stdout.count("<disk ") == 3
    assert done.stdout.startswith("<disk type='file'")


def test_json_has_numbers_and_elements_as_the_converted_document_has_them() -> None:
    done = run("devices.disks[0].target", "memory.value", "--json")
    assert json.loads(done.stdout) == {
        "schema": "virtsmith.xml-get/1",
        "file": "<stdin>",
        "found": [
            {"path": "devices.disks[0].target", "values": [{"dev": "vda", "bus": "virtio"}]},
            {"path": "memory.value", "values": [1048576]},
        ],
    }


@pytest.mark.parametrize("path", ["cpu.mode", "uuid", "devices.disks[5].target", "devices.disks[target.dev=vdz].source",
                                  "devices.interfaces", "devices.disks[2].source.file"])  # fmt: skip
def test_a_document_that_has_nothing_there_is_exit_1_and_the_others_are_printed(path: str) -> None:
    done = run(path, "name")
    assert (done.returncode, done.stdout) == (1, "web\n")
    assert done.stderr.startswith("<stdin>: ")


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        ("memroy", 2, "did you mean memory?"),
        ("a..b", 2, "not a path"),
        ("name.x", 2, "plain value"),
        ("devices.disks[*].source.colour", 2, "has no field 'colour'"),
    ],
)
def test_a_wrong_path_is_an_error(path: str, code: int, message: str) -> None:
    done = run(path)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr


def test_what_is_no_document_is_an_error() -> None:
    assert run("name", text="<recipe/>").returncode == 3
