"""Guests that libvirt runs, with a program that stands in for virsh."""

import pytest
from helpers.probe_boot import PLAN
from libvirtxml import parse

from virtsmith.errors import UsageError
from virtsmith.host.build.domain import build_domain
from virtsmith.host.run.boot import BootOptions, boot_probe
from virtsmith.host.run.libvirt_guest import is_domain_up, prepare_embedded, probe_domain
from virtsmith.host.verify.verdict import HostVerdict
from virtsmith.qemu.guest import GuestFiles


@pytest.fixture
def virsh(tmp_path, monkeypatch):
    """Makes a virsh that notes how it was called and does what a shell script says."""
    path = tmp_path / "bin" / "virsh"
    path.parent.mkdir()
    monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")

    def make(script):
        path.write_text(f'#!/bin/sh\necho "$3" >> {tmp_path}/calls\ncase $3 in\n{script}\nesac\n')
        path.chmod(0o755)
        return lambda: (tmp_path / "calls").read_text().split()

    return make


def options(boot):
    return BootOptions(kernel=boot.kernel, libvirt="test:///x", time_limit=5.0)


def test_a_refusal_is_final_and_reported_in_libvirts_words(boot, virsh):
    calls = virsh("create) echo 'error: unsupported thing' >&2; echo 'warning: unrelated' >&2; exit 1;;")
    result = boot_probe(PLAN, options(boot))
    assert (result.verdict, result.reason, result.attempts) == (HostVerdict.REFUSED, "error: unsupported thing", 1)
    assert calls().count("create") == 1


@pytest.mark.parametrize(
    "words",
    [
        "error: no connection driver available for qemu:///system",
        "error: monitor socket did not show up: No such file or directory",
        "error: Timed out during operation: cannot acquire state change lock",
    ],
)
def test_a_start_that_failed_since_the_machine_is_busy_is_tried_again(boot, virsh, words):
    calls = virsh(f"create) echo '{words}' >&2; exit 1;;")
    result = boot_probe(PLAN, options(boot))
    assert (result.verdict, result.attempts) == (HostVerdict.DIED, 3)
    assert calls().count("create") == calls().count("destroy") == 3


def test_a_guest_that_libvirt_no_longer_runs_died(boot, virsh):
    virsh("list) ;;")
    result = boot_probe(PLAN, options(boot), attempts=1)
    assert result.verdict is HostVerdict.DIED
    assert "libvirt no longer runs the guest" in result.reason


@pytest.mark.slow
def test_a_libvirt_that_does_not_answer_says_nothing_about_its_guests(boot, virsh):
    virsh("list) echo 'error: Connection reset by peer' >&2; exit 1;;")
    assert is_domain_up("test:///x", "guest")
    assert boot_probe(PLAN, options(boot), attempts=1).verdict is HostVerdict.HUNG


def test_an_embedded_libvirt_gets_a_configuration_but_keeps_its_own(tmp_path):
    prepare_embedded("qemu:///system")
    prepare_embedded(f"qemu:///embed?root={tmp_path}")
    configuration = tmp_path / "etc/qemu.conf"
    assert 'stdio_handler = "file"' in configuration.read_text()
    configuration.write_text("mine")
    prepare_embedded(f"qemu:///embed?root={tmp_path}")
    assert configuration.read_text() == "mine"
    with pytest.raises(UsageError, match="not the address of an embedded libvirt"):
        prepare_embedded("qemu:///embed")


def test_somebodys_domain_is_booted_as_it_stands_beside_the_original(tmp_path):
    text = build_domain(PLAN).to_xml().replace("</name>", "</name><uuid>2dc4a37f-2c87-424a-8d64-6f577e86c244</uuid>")
    text = text.replace("<os>", "<os firmware='efi'>")
    document = parse(text)
    files = GuestFiles(tmp_path / "guest")
    kernel, initramfs = tmp_path / "vmlinuz", tmp_path / "initramfs"
    for path in (kernel, initramfs):
        path.write_text(path.name)
    made = probe_domain(
        PLAN, files, name="probe", accel="tcg", kernel=kernel, initramfs=initramfs, append="x", document=document
    )
    assert document.to_xml() == parse(text).to_xml()
    assert (made.type, made.name, made.uuid, made.cpu.mode) == ("qemu", "probe", None, "maximum")
    assert made.os.nvram.value == str(files.directory / "nvram")
    assert made.os.kernel == str(files.directory / "vmlinuz")
    assert (files.directory / "initramfs").read_text() == "initramfs"
    assert [serial.sources[0].path for serial in made.devices.serials] == [
        str(files.console),
        str(files.facts),
        str(files.firmware),
    ]
    assert made.problems() == []
