"""The distribution's libvirt: its documents load whole, and it keeps what documents built with the model ask for."""

import re
from pathlib import Path

import pytest
from helpers import live_documents
from libvirtxml import Capabilities, ChangeKind, Domain, XMLError, compare, diff, parse
from libvirtxml.acceptance import check
from libvirtxml.testing import assert_domain_equal
from xml_helpers.overruled import is_overruled

from virtsmith.core.run import find_program, run

pytestmark = pytest.mark.real

LISTED = {
    "dumpxml": "list --all --name",
    "net-dumpxml": "net-list --all --name",
    "pool-dumpxml": "pool-list --all --name",
    "vol-dumpxml --pool images": "vol-list images",
    "nodedev-dumpxml": "nodedev-list",
    "iface-dumpxml": "iface-list --all",
    "secret-dumpxml": "secret-list",
    "nwfilter-dumpxml": "nwfilter-list",
    "snapshot-dumpxml small": "snapshot-list small --name",
}
"""Commands that print a document, and those that print what there is, the name in the first column."""


@pytest.fixture(scope="session", autouse=True)
def _virsh():
    if find_program("virsh") is None:
        pytest.skip("virsh is not installed")


QEMU_CONF = """
security_driver = "none"
user = "root"
group = "root"
stdio_handler = "file"
"""
MADE_EXACT = {"os.type.machine", "allocation"}
"""What libvirt says more exactly: the version of a machine type, the room that a volume takes."""


def virsh(uri, *words):
    """What virsh prints, without its remarks."""
    return run(["virsh", "-q", "-c", uri, *words], timeout=120).text


def load(text):
    """A document, after it was seen that nothing in it is unknown or forbidden and that it can be written again."""
    document = parse(text)
    assert document.unknown() == []
    assert document.problems() == []
    assert compare(text, document.to_xml()) == []
    return document


def same_after(built, text):
    """Hold a document from libvirt against the one that was built; libvirt may have added to it."""
    actual = load(text)
    assert diff(built, actual, "requested") == []
    changed = [change for change in diff(built, actual, "config") if change.kind is not ChangeKind.ADDED]
    assert [change.path for change in changed if change.path not in MADE_EXACT] == []
    return actual


@pytest.fixture(scope="module")
def filled(libvirt, tmp_path_factory):
    """The daemon's URI and an image; it has one of everything, and a running domain with a snapshot."""
    directory = tmp_path_factory.mktemp("images")
    image = directory / "disk.qcow2"
    documents = {
        "pool-define {}": live_documents.pool(str(directory)),
        "pool-start images": None,
        "vol-create images {}": live_documents.volume(),
        "net-define {}": live_documents.network(),
        "secret-define {}": live_documents.secret(),
        "nwfilter-define {}": live_documents.nwfilter(),
        "define {} --validate": live_documents.large_domain(),
        "create {} --validate": live_documents.small_domain(str(image)),
        "snapshot-create-as small first --disk-only": None,
    }
    path = directory / "document"
    for command, document in documents.items():
        if document is not None:
            path.write_text(document.to_xml())
        virsh(libvirt, *(path if word == "{}" else word for word in command.split()))
    yield libvirt, str(image)
    undo = ["destroy small", "undefine large", "net-undefine lab", "nwfilter-undefine web-only"]
    undo += [f"secret-undefine {live_documents.secret().uuid}", "pool-destroy images", "pool-undefine images"]
    for command in undo:
        virsh(libvirt, *command.split())


@pytest.mark.parametrize("command", LISTED)
def test_whatever_the_daemon_dumps_loads_without_unknown_content(filled, command):
    uri, _ = filled
    names = [line.split()[0] for line in virsh(uri, *LISTED[command].split()).splitlines() if line.strip()]
    assert names
    for name in names:
        load(virsh(uri, *command.split(), name))


@pytest.mark.parametrize(
    "command",
    ["capabilities", "domcapabilities", "domcapabilities --virttype qemu --machine pc", "pool-capabilities"],
)
def test_what_the_daemon_says_of_itself_loads_without_unknown_content(libvirt, command):
    load(virsh(libvirt, *command.split()))


@pytest.mark.parametrize(
    ("command", "build"),
    [
        ("dumpxml --inactive --security-info large", live_documents.large_domain),
        ("net-dumpxml lab", live_documents.network),
        ("secret-dumpxml b5c9f1d4-0f53-4ad3-9d35-2d3f6c8a7e10", live_documents.secret),
        ("nwfilter-dumpxml web-only", live_documents.nwfilter),
        ("vol-dumpxml --pool images disk.qcow2", live_documents.volume),
    ],
)
def test_what_was_built_comes_back_with_nothing_but_additions(filled, command, build):
    same_after(build(), virsh(filled[0], *command.split()))


def test_a_running_domain_is_what_was_asked_for(filled):
    uri, image = filled
    overlay = Path(image).with_suffix(".first")  # written to since the snapshot
    actual = same_after(live_documents.small_domain(str(overlay)), virsh(uri, "dumpxml", "small"))
    assert actual.id
    assert actual.devices.disks[0].alias.name == "virtio-disk0"


def test_what_the_daemon_returns_is_accepted_by_its_own_release(filled):
    uri, _ = filled
    release = re.search(r"Using library: libvirt (\d+\.\d+)", virsh(uri, "version"))[1]
    for command in ("dumpxml large", "dumpxml small", "net-dumpxml lab", "domcapabilities", "pool-dumpxml images"):
        found = check(virsh(uri, *command.split()), release)
        assert (command, *map(str, found.refusals)) == (command,)


TEST_DRIVER = "test:///default"


@pytest.mark.parametrize(
    "command",
    [
        "capabilities",
        "dumpxml test",
        "net-dumpxml default",
        "pool-dumpxml default-pool",
        "iface-dumpxml eth1",
        "nodedev-dumpxml computer",
        "nodedev-dumpxml scsi_host1",
        "vol-create-as default-pool v 1M; vol-dumpxml --pool default-pool v",
        "snapshot-create-as test first; snapshot-dumpxml test first",
    ],
)
def test_the_test_drivers_documents_load_without_unknown_content(command):
    load(virsh(TEST_DRIVER, command))


@pytest.mark.parametrize(
    ("commands", "build"),
    [
        ("define {}; dumpxml --inactive large", lambda: live_documents.large_domain().replace(qemu_commandline=None)),
        ("define {}; dumpxml --inactive small", lambda: live_documents.small_domain("/nowhere/image")),
        ("net-define {}; net-dumpxml lab", live_documents.network),
        ("pool-define {}; pool-dumpxml images", lambda: live_documents.pool("/nowhere")),
        ("vol-create default-pool {}; vol-dumpxml --pool default-pool disk.qcow2", live_documents.volume),
    ],
)
def test_the_test_driver_keeps_what_was_built(tmp_path, commands, build):
    path = tmp_path / "document"
    path.write_text(build().to_xml())
    same_after(build(), virsh(TEST_DRIVER, commands.format(path)))


@pytest.mark.slow
def test_the_embedded_qemu_driver_defines_and_dumps_what_was_built(short_path):
    if find_program("qemu-system-x86_64") is None:
        pytest.skip("qemu-system-x86_64 is not installed")
    root = short_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/qemu.conf").write_text(QEMU_CONF)
    uri = f"qemu:///embed?root={root}"
    path = short_path / "domain.xml"
    path.write_text(live_documents.large_domain().to_xml())
    same_after(live_documents.large_domain(), virsh(uri, f"define {path} --validate; dumpxml --inactive large"))
    load(virsh(uri, "capabilities"))
    load(virsh(uri, "domcapabilities --virttype qemu"))


@pytest.fixture
def connection(bindings, libvirt):
    """A connection of libvirt-python to the daemon."""
    opened = bindings.open(libvirt)
    yield opened
    opened.close()


def test_the_bindings_objects_are_taken_wherever_a_document_is(connection, filled):
    domain = connection.lookupByName("large")
    built = live_documents.large_domain()
    assert isinstance(parse(domain), Domain)
    assert Domain.parse(domain).name == "large"
    assert Capabilities.parse(connection).host.cpu.arch == "x86_64"
    assert diff(domain, domain) == []
    assert diff(built, domain, "requested") == []
    assert_domain_equal(domain, domain.XMLDesc())
    assert check(domain, "9.0..").accepted
    assert parse(connection.networkLookupByName("lab")).name == "lab"
    assert parse(connection.lookupByName("small").snapshotLookupByName("first")).name == "first"
    for found in (
        connection.listAllDevices(),
        connection.listAllNWFilters(),
        connection.listAllSecrets(),
        connection.listAllInterfaces(),
        connection.listAllStoragePools(),
    ):
        assert [item for item in found if parse(item).unknown()] == []


CORPUS = {
    "networkxml2xmlin": "networkDefineXML",
    "storagepoolxml2xmlin": "storagePoolDefineXML",
    "nwfilterxml2xmlin": "nwfilterDefineXML",
    "secretxml2xmlin": "secretDefineXML",
    "genericxml2xmlindata": "defineXML",
    "qemuxmlconfdata": "defineXML",
}


@pytest.mark.slow
@pytest.mark.parametrize("directory", CORPUS)
def test_libvirt_keeps_what_corpus_documents_ask_for_unless_it_is_too_old(corpus, libvirtd, bindings, directory):
    """What is lost or changed must be newer than the daemon, and `versions` must say so."""
    connection = bindings.open(libvirtd.uri)
    version = connection.getLibVersion()
    release = f"{version // 1_000_000}.{version // 1000 % 1000}"
    judged, wrong = 0, {}
    for path in sorted((corpus / "libvirt-11.3.0/tests" / directory).glob("*.xml")):
        try:
            requested = parse(path)
        except XMLError:
            continue
        if is_overruled(path.stem):
            continue
        try:
            actual = defined(connection, bindings, CORPUS[directory], requested)
        except bindings.libvirtError:
            if not connection.isAlive():  # this release dies of some documents
                libvirtd.start()
                connection = bindings.open(libvirtd.uri)
            continue
        judged += 1
        changes = diff(requested, actual, "requested")
        if actual.unknown() or (changes and check(requested, release).accepted):
            wrong[path.name] = [*actual.unknown(), *map(str, changes)]
    assert wrong == {}
    assert judged >= AT_LEAST[directory]


AT_LEAST = {
    "networkxml2xmlin": 15,
    "storagepoolxml2xmlin": 25,
    "nwfilterxml2xmlin": 20,
    "secretxml2xmlin": 5,
    "genericxml2xmlindata": 25,
    "qemuxmlconfdata": 300,
}
"""How many documents a daemon must take for a test to mean something."""


def defined(connection, bindings, method, requested):
    """What the daemon makes of a document; nothing is left of it."""
    options = [0] if method in {"storagePoolDefineXML", "secretDefineXML"} else []
    made = getattr(connection, method)(requested.to_xml(), *options)
    if method != "defineXML":
        text = made.XMLDesc()
        made.undefine()
        return parse(text)
    text = made.XMLDesc(bindings.VIR_DOMAIN_XML_INACTIVE | bindings.VIR_DOMAIN_XML_SECURE)
    made.undefineFlags(bindings.VIR_DOMAIN_UNDEFINE_NVRAM)
    return parse(text)
