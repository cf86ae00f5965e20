"""What installed libvirts make of documents: defined for real, and compared."""

import json

import pytest
from helpers.in_process import virtsmith
from helpers.suite_ark import provide
from helpers.surroundings import suite_ark

from virtsmith.ark.check.define import KeptVerdict, define_everywhere
from virtsmith.ark.layout import Ark

pytestmark = pytest.mark.real
DOMAIN = """<domain type='{}'><name>it's "a" web</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='q35'>hvm</type></os>{}<devices>{}</devices></domain>"""
NETWORK = "<network><name>n</name><ip address='192.168.9.1' netmask='255.255.255.0'/></network>"
POOL = "<pool type='dir'><name>p</name><target><path>/p</path></target></pool>"
VOLUME = "<volume><name>v</name><capacity unit='GiB'>1</capacity><target><path>/d/v</path></target></volume>"
KEY = "<secret ephemeral='no' private='no'><usage type='volume'><volume>/x</volume></usage></secret>"
FILTER = "<filter name='f' chain='root'><rule action='drop' direction='in'><all/></rule></filter>"
INTERFACE = "<interface type='ethernet' name='eth7'><start mode='onboot'/></interface>"


@pytest.fixture(scope="module")
def ark():
    provide("libvirt@9.0", "libvirt@12.8", "qemu@11.1")
    return Ark(suite_ark())


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """What libvirt finds out about a QEMU is kept here for all tests."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture
def asked(ark, monkeypatch, state):
    monkeypatch.setenv("XDG_STATE_HOME", str(state))

    def asked(document, libvirts="9.0,12.8"):
        return define_everywhere(document.encode(), libvirts=libvirts, ark=ark)

    return asked


def verdicts(found):
    return [(item.libvirt, item.verdict) for item in found]


def test_a_domain_is_given_to_the_driver_of_its_type_and_compared(asked):
    whole = "<controller type='usb' model='qemu-xhci'/><memballoon model='virtio'/>"
    found = asked(DOMAIN.format("qemu", "", whole))
    assert verdicts(found) == [("libvirt@9.0.0", "kept"), ("libvirt@12.8.0", "kept")]
    assert all("QEMU driver" in item.driver and not item.changes for item in found)
    other = asked(DOMAIN.format("xen", "", "<disk type='file'><source file='/a'/><target dev='sda'/></disk>"), "9.0")
    assert [item.driver for item in other] == ["test driver"]


def test_what_is_dropped_is_named_by_release(asked):
    placed = "<disk type='file'><source file='/a'/><target dev='vda'/></disk>"
    found = asked(DOMAIN.format("qemu", placed, ""))
    assert [item.verdict for item in found] == [KeptVerdict.DROPPED] * 2
    later = "<video><model type='virtio' edid='on'/></video>"
    found = asked(DOMAIN.format("xen", "", later))
    assert {change.path for change in found[0].changes} == {"devices.videos[0].model.edid"}
    assert [item.verdict for item in found] == [KeptVerdict.DROPPED, KeptVerdict.KEPT]


def test_an_error_is_in_the_words_of_libvirt(asked):
    (found,) = asked("<domain type='qemu'><memory>1</memory><os><type>hvm</type></os></domain>", "9.0")
    assert found.verdict is KeptVerdict.ERROR
    assert "name" in found.reason
    assert "Failed to define" not in found.reason


@pytest.mark.parametrize("document", [NETWORK, POOL, VOLUME, KEY, FILTER, INTERFACE])
def test_other_documents_are_defined_without_touching_the_host(asked, document):
    (found,) = asked(document, "9.0")
    assert (found.verdict, found.reason) == (KeptVerdict.KEPT, "")
    (changed,) = asked(document.replace("</", "<odd/></", 1) if "<odd" not in document else document, "9.0")
    assert changed.verdict in (KeptVerdict.DROPPED, KeptVerdict.ERROR)


def test_what_cannot_be_defined_by_itself_is_not_judged(asked):
    (found,) = asked("<domainsnapshot><name>s</name></domainsnapshot>", "9.0")
    assert found.verdict is KeptVerdict.NOT_JUDGED
    assert "domainsnapshot" in found.reason


def test_the_command_shows_a_row_for_each_libvirt(ark, state, tmp_path):
    path = tmp_path / "web.xml"
    path.write_text(DOMAIN.format("qemu", "<odd/>", ""))
    environment = {"VIRTSMITH_ARK": str(ark.path), "XDG_STATE_HOME": str(state), "COLUMNS": "200"}
    done = virtsmith("xml", "check", str(path), "--libvirt", "9.0..12.8", "--really", env=environment)
    assert done.returncode == 1
    rows = [line.split()[:2] for line in done.stdout.splitlines() if line.startswith("libvirt@") and "driver" in line]
    assert ["libvirt@9.0.0", "dropped"] in rows
    assert ["libvirt@12.8.0", "dropped"] in rows
    data = json.loads(
        virtsmith("xml", "check", str(path), "--libvirt", "9.0", "--really", "--json", env=environment).stdout
    )
    assert [(item["libvirt"], item["verdict"]) for item in data["kept"]] == [("libvirt@9.0.0", "dropped")]
    assert {"xml-dropped"} <= {finding["rule"] for finding in data["findings"]}
