"""What libvirt drops or changes without a word, by its kinds; tests/real and the agreement benchmark ask libvirt."""

import pytest
from libvirtxml.definition import find_losses

DOMAIN = """<domain type='test'><name>a</name><memory>1048576</memory>{}
<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>{}</devices></domain>"""
DISK = "<disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/>{}</disk>"
KINDS = {
    "an unknown element": ("<colour>red</colour>", "", "/domain/colour"),
    "an unknown attribute": ("", "<watchdog model='itco' volume='11'/>", "/domain/devices/watchdog[1]/@volume"),
    "a part that is there already": ("<memory>2</memory>", "", "/domain/memory[2]"),
    "a part in the wrong place": ("<disk type='file'><target dev='vda'/></disk>", "", "/domain/disk"),
    "a value that is none": ("", "<video><model type='vga' primary='perhaps'/></video>",
                             "/domain/devices/video[1]/model/@primary"),
    "an alias of nobody's": ("", DISK.format("<alias name='mine'/>"), "/domain/devices/disk[1]/alias/@name"),
    "an empty text": ("", "<emulator></emulator>", "/domain/devices/emulator"),
    "a zero": ("<iothreads>0</iothreads>", "", "/domain/iothreads"),
    "an address without a slot": ("", DISK.format("<address type='pci' bus='0' slot='0' function='1'/>"),
                                  "/domain/devices/disk[1]/address"),
    "a console beside a port": ("", "<serial type='pty'/><console type='file'><source path='/x'/></console>",
                                "/domain/devices/console[1]/@type"),
    "an element that says nothing without a part": (
        "", "<rng model='virtio'><rate period='9'/><backend model='random'/></rng>", "/domain/devices/rng[1]/rate"),
    "a setting that its model does not have": (
        "", "<interface type='user'><model type='e1000'/><driver queues='4'/></interface>",
        "/domain/devices/interface[1]/driver/@queues"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_lost_is_named(kind):
    head, devices, path = KINDS[kind]
    assert path in [loss.path for loss in find_losses(DOMAIN.format(head, devices))]


def test_what_is_kept_is_not_named():
    devices = DISK.format("<alias name='ua-mine'/><address type='pci' bus='0' slot='4'/>")
    port = "<serial type='pty'/><console type='pty'/>"
    assert find_losses(DOMAIN.format("<iothreads>2</iothreads>", devices + port)) == []


def test_what_came_later_is_named_for_the_releases_before_it():
    document = DOMAIN.format("", "<video><model type='virtio' edid='on'/></video>")
    assert find_losses(document) == []
    assert [loss.path for loss in find_losses(document, "9.0.0")] == ["/domain/devices/video/model/@edid"]
    assert find_losses(document, "12.8.0") == []


def test_other_documents_are_not_judged():
    assert find_losses("<network><name>n</name></network>") is None
    assert find_losses("<disk type='file'><target dev='vda'/></disk>") is None
