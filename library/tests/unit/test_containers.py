"""Files that hold a document: the document is read as it is, and all around it is kept."""

import struct

import pytest
from libvirtxml import Domain, DomainSnapshot, Network, XMLError, edit, format_xml, get, parse, parse_any, validate
from libvirtxml.acceptance import check
from libvirtxml.containers import document_in, open_container
from libvirtxml.limits import Limits

DOMAIN = "<domain type='kvm'>\n    <name>web</name><memory>1</memory><nope/>\n  </domain>"
STATUS = f"<domstatus state='running' pid='1'>\n  <!-- a -->\n  {DOMAIN}\n  <end/></domstatus>\n"
QEMU = "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"


def image(document: str, *, order: str = "<", cookie: bytes = b"<cookie/>\0", memory: bytes = b"QEVM\0\1") -> bytes:
    """An image of a saved domain, as libvirt's QEMU driver lays it out."""
    text = document.encode() + b"\0"
    body = (text + cookie).ljust(4096, b"\0")
    offset = len(text) if cookie else 0
    return struct.pack(f"{order}16s5I56x", b"LibvirtQemudSave", 2, len(body), 1, 0, offset) + body + memory


HOLDING = {
    "status": (STATUS, "/domstatus/domain", 3),
    "status, UTF-16": (STATUS.encode("utf-16"), "/domstatus/domain", 3),
    "cookie": (f"<qemu-migration><network><x/></network>{DOMAIN}</qemu-migration>", "/qemu-migration/domain", 1),
    "any element": (f"<vms><vm/><vm><xml>{DOMAIN}</xml></vm></vms>", "/vms/vm[2]/xml/domain", 1),
    "log": (f"12:00 DEBUG domain <domain>\n12:01 xml={DOMAIN} _get_xml\n12:02 <domain/", "/domain", 2),
    "image": (image(DOMAIN), "/domain", 1),
    "image of a big-endian host": (image(DOMAIN, order=">"), "/domain", 1),
    "image without a cookie": (image(DOMAIN, cookie=b""), "/domain", 1),
}


@pytest.mark.parametrize(("source", "path", "line"), HOLDING.values(), ids=HOLDING)
def test_the_document_is_read_and_what_is_around_it_is_kept(source, path, line):
    held = open_container(source)
    assert (held.path, held.text, held.line) == (path, DOMAIN, line)
    encoding = "utf-16-le" if source[:2] == b"\xff\xfe" else "utf-8"
    given = source if isinstance(source, bytes) else source.encode()
    whole = held.holding(held.text)
    assert (whole if isinstance(whole, bytes) else whole.encode(encoding)) == given
    for read in (parse, parse_any, Domain.parse):
        assert read(source).name == "web"
    change = edit(source, Domain)
    with change as domain:
        domain.name = "a longer name"
    written = change.data
    assert Domain.parse(written).name == "a longer name"
    if given.startswith(b"Libvirt"):
        assert (len(written), written[:20], written[-6:]) == (len(given), given[:20], given[-6:])
    else:
        assert written.decode(encoding) == given.decode(encoding).replace(">web<", ">a longer name<")


@pytest.mark.parametrize("order", "<>")
def test_the_cookie_of_an_image_moves_behind_a_longer_domain(order):
    held = open_container(image(DOMAIN, order=order))
    assert held.holding(DOMAIN + "<!-- longer -->") == image(DOMAIN + "<!-- longer -->", order=order)


def test_a_domain_that_does_not_fit_into_its_image_is_refused():
    change = edit(image(DOMAIN), Domain)
    with pytest.raises(XMLError, match="does not fit into the image") as caught, change as domain:
        domain.description = "x" * 4096
    assert "it may have 4,085 bytes" in caught.value.hint
    with pytest.raises(XMLError, match="cut short"):
        parse(image(DOMAIN)[:80])
    with pytest.raises(XMLError, match="not valid UTF-8"):
        parse(image(DOMAIN).replace(b"web", b"w\xffb"))


def test_of_a_large_image_only_the_head_is_read_unless_it_is_to_be_changed(tmp_path):
    path = tmp_path / "web.save"
    path.write_bytes(image(DOMAIN, memory=b"x" * 20_000))
    with Limits(size=10_000).applied():
        assert parse(path).name == "web"
        with pytest.raises(XMLError, match="larger than 10,000 bytes"):
            edit(path)


def test_paths_and_lines_are_those_of_the_file():
    found = [item for item in validate(STATUS) if item.subject.endswith("nope")]
    assert [(item.subject, item.where.line) for item in found] == [("/domstatus/domain/nope", 4)]
    refused = check(STATUS).refusals
    assert [(item.path, item.line) for item in refused] == [("/domstatus/domain/nope", 4)]
    document = parse(STATUS)
    for path in ("/domstatus/domain/name", "/domain/name", "/vms/vm[2]/domain/name"):
        assert [item.text for item in get(document, path)] == ["web"]
    with pytest.raises(XMLError):
        parse("<domstatus/>")
    assert not check(STATUS.replace("<nope/>", "")).refusals


def test_a_path_into_another_document_is_still_wrong():
    for path in ("/network/domain/name", "/domstatus/network/name"):
        with pytest.raises(Exception, match="is not a path into <domain>"):
            get(parse(STATUS), path)


def test_the_layout_changes_inside_alone():
    text = STATUS.replace("<name>", "\n<name>")
    assert format_xml(text).decode() == text.replace(
        text[text.index("<domain") : text.index("</domain>") + 9],
        "<domain type='kvm'>\n    <name>web</name>\n    <memory>1</memory>\n    <nope/>\n  </domain>",
    )
    formatted = format_xml(image("<domain type='kvm'><name>web</name></domain>"))
    assert formatted == image("<domain type='kvm'>\n  <name>web</name>\n</domain>\n")


def test_prefixes_declared_around_a_document_are_known_in_it_and_not_written_again():
    inner = "<domain type='kvm'><name>web</name><qemu:commandline><qemu:arg value='-s'/></qemu:commandline></domain>"
    text = f"<vms {QEMU}>{inner}</vms>"
    change = edit(text, Domain)
    with change as domain:
        assert domain.qemu_commandline.qemu_args[0].value == "-s"
        domain.name = "db"
    assert change.text == text.replace("web", "db")


def test_a_snapshot_is_a_document_of_its_own_and_holds_a_domain_for_those_who_want_one():
    text = f"<domainsnapshot><name>s</name>{DOMAIN}<inactiveDomain><name>x</name></inactiveDomain></domainsnapshot>"
    assert isinstance(parse(text), DomainSnapshot)
    assert open_container(text) is None
    assert open_container(text, "domain").path == "/domainsnapshot/domain"
    assert Domain.parse(text).name == "web"
    assert document_in(text.encode(), "domain") == DOMAIN.encode()
    assert document_in(text.encode()) == text.encode()
    with pytest.raises(XMLError, match="the root element is <domainsnapshot>, not <network>"):
        Network.parse(text)


def test_other_documents_are_held_by_formats_that_libvirt_has_for_them():
    network = "<network><name>n</name></network>"
    assert parse(f"<networkstatus><class_id bitmap='0'/>{network}</networkstatus>") == parse(network)
    assert parse("<poolstate><pool type='dir'><name>p</name></pool></poolstate>").name == "p"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<domstatus><x><domain type='kvm'><name>a</name></domain></x></domstatus>", "holds no document <domain>"),
        ("<qemu-migration/>", "<qemu-migration> holds no document <domain>"),
        (f"<vms>{DOMAIN}{DOMAIN}</vms>", "<vms> holds 2 documents <domain>"),
        (f"a\n{DOMAIN}\n{DOMAIN}\n", "the text holds several documents <domain>"),
        ("<zone><domain>example.org</domain></zone>", "no libvirt document"),
        ("<vms><network><name>n</name></network></vms>", "no libvirt document"),
        ("a\n<domain><name>web</domain>\n", "not well-formed"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><domstatus><domain><name>&a;</name></domain></domstatus>", "entities are not"),
    ],
)
def test_what_holds_no_document_or_several_is_refused_with_the_reason(text, message):
    for read in (parse, parse_any, edit):
        with pytest.raises(XMLError, match=message):
            read(text)


def test_what_libvirt_has_itself_is_no_container():
    for text in (
        DOMAIN,
        f"<!-- a -->{DOMAIN}",
        "<capabilities><domain type='kvm'><x/></domain></capabilities>",
        "<os/>",
    ):
        assert open_container(text) is None
        assert open_container(text, "domain") is None
