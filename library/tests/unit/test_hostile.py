"""Hostile input: every document is read, or refused with an XMLError that says where; nothing else happens."""

import copy
import pickle
import resource
import socket
import subprocess
import sys
import time

import pytest
from libvirtxml import Disk, Domain, XMLError, compare, diff, edit, format_xml, parse, parse_any
from libvirtxml._impl.diff.profiles import PROFILES
from libvirtxml.acceptance import check
from xml_helpers.sample_documents import SAMPLES

BOMB = (
    '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9))
    + "]>\n<domain><name>&j;</name></domain>"
)
DEPTHS = [257, 1_000, 20_000, 1_000_000]
KNOWN = ("<backingStore type='file'>", "</backingStore>")


def refused(source, cls=None):
    """The error of a document that must be refused, with its place."""
    with pytest.raises(XMLError) as caught:
        parse(source, cls)
    error = caught.value
    assert error.line is not None
    assert error.column is not None
    assert str(error).isprintable()
    return error


@pytest.mark.parametrize("text", [BOMB, BOMB.encode(), BOMB.encode("utf-16")])
def test_entity_bombs_are_refused_before_they_expand(text):
    assert "entities are not allowed" in str(refused(text))


@pytest.mark.parametrize(
    "declaration",
    [
        '[<!ENTITY x SYSTEM "file:///etc/passwd">]',
        '[<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]',
        'SYSTEM "http://127.0.0.1:9/x.dtd"',
        'PUBLIC "-//X" "http://127.0.0.1:9/x.dtd"',
    ],
)
def test_external_entities_reach_neither_files_nor_the_network(declaration, monkeypatch):
    def fail(*_args, **_options):
        raise AssertionError("opened")

    text = f"<!DOCTYPE domain {declaration}><domain><name>&x;</name></domain>"
    monkeypatch.setattr("builtins.open", fail)
    monkeypatch.setattr(socket, "socket", fail)
    refused(text)


@pytest.mark.slow
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize(
    ("start", "opening", "closing", "end"),
    [
        ("<domain>", "<x>", "</x>", "</domain>"),
        ("<domain>", "<x>text", "</x>", "</domain>"),
        ("<domain><metadata>", "<x>", "</x>", "</metadata></domain>"),
        ("<domain><name>", "<x>", "</x>", "</name></domain>"),
        ("<domain>", "<p:x xmlns:p='urn:p'>", "</p:x>", "</domain>"),
        ("<domain><devices><disk type='file'>", *KNOWN, "</disk></devices></domain>"),
        ("", "<domain>", "</domain>", ""),
    ],
)
def test_deep_nesting_is_refused_where_it_goes_too_far(start, opening, closing, end, depth):
    text = start + opening * depth + closing * depth + end
    error = refused(text)
    assert "nest too deeply" in str(error)
    assert error.column < 10_000


@pytest.mark.parametrize(("opening", "closing"), [("<x>", "</x>"), KNOWN])
def test_nesting_up_to_the_limit_works_in_every_way(opening, closing):
    text = "<disk type='file'>" + opening * 254 + closing * 254 + "</disk>"
    disk = Disk.parse(text)
    assert compare(text, disk.to_xml()) == []
    assert Disk.from_json(disk.to_json()) == disk
    assert isinstance(disk.problems() + disk.unknown(), list)
    assert format_xml(text)


@pytest.mark.parametrize("profile", PROFILES)
def test_differences_are_found_as_deep_as_documents_may_nest(profile):
    """Within the frames that Python allows, of which a caller may have used some."""
    opening, closing = KNOWN
    texts = [
        f"<domain type='kvm'><name>a</name><devices><disk type='file'>{opening * 250}<source file='{name}'/>"
        f"{closing * 250}</disk></devices></domain>"
        for name in "ab"
    ]

    def compared(frames):
        if frames:
            return compared(frames - 1)
        return diff(*map(Domain.parse, texts), profile=profile)

    assert len(compared(100)) == (profile != "abi")  # where the data of a disk is, a guest does not see
    with edit(texts[0]) as domain:
        domain.title = "deep"
    assert check(texts[0].encode(), "7.0..12.8")
    deep = Domain.parse(texts[0])
    for copied in (copy.deepcopy(deep), pickle.loads(pickle.dumps(deep)), Domain.from_dict(deep.to_dict())):
        assert copied.to_xml() == deep.to_xml()


def test_unusual_but_correct_nesting_around_the_limit_is_reported_exactly():
    parse("<domain>" + "<x>" * 255 + "</x>" * 255 + "</domain>")
    error = refused("<domain>\n" + "<x>" * 256 + "</x>" * 256 + "</domain>")
    assert (error.line, error.column) == (2, 255 * 3 + 1)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, 1),
        ("<domain", 1, 1),
        ("<domain>\n  <name>a</nam>", 2, 12),
        ("<domain type='a'\n type='b'/>", 2, 2),
        ("<domain/>x", 1, 10),
        ("<domain/>\n<domain/>", 2, 1),
        ("<domain/>\0", 1, 10),
        ("<domain>\n\0</domain>", 2, 1),
        ("<domain>\x01</domain>", 1, 9),
        ("<domain a='\x1f'/>", 1, 12),
        ("<domain>\ufffe</domain>", 1, 9),
        ("<domain>\n<name>\ud800</name></domain>", 2, 7),
        ("<domain xmlns:a='b'>\ud800</domain>", 1, 21),
        ("<domain>&#0;</domain>", 1, 9),
        ("<domain>&#xd800;</domain>", 1, 9),
        ("<domain>&undefined;</domain>", 1, 9),
        ("<domain q:a='1'/>", 1, 1),
        ("<domain xmlns:q='u'>\n<r:x/></domain>", 2, 1),
        ("<domain xmlns:q=''/>", 1, 1),
        ("<domain xmlns:xml='u'/>", 1, 1),
        ("<domain xmlns:a='u' xmlns:b='u' a:x='1' b:x='2'/>", 1, 1),
        ("<domain xmlns:a='u'><a:b:c/></domain>", 1, 25),
        ("<domain><!-- a -- b --></domain>", 1, 18),
        (" <?xml version='1.0'?><domain/>", 1, 2),
        (b"<domain>\xff</domain>", 1, 9),
        (b"<domain>\xc0\x80</domain>", 1, 9),
        (b"<domain>\xed\xa0\x80</domain>", 1, 9),
        ("<domain>é</domain>".encode("latin-1"), 1, 9),
        ("<domain/>".encode("utf-16")[:-1], 1, 9),
        ("<domain/>".encode("utf-32"), 1, 10),
        (b"<?xml version='1.0' encoding='nope'?><domain/>", 1, 1),
        (b"<?xml version='1.0' encoding='rot13'?><domain/>", 1, 1),
        (b"<?xml version='1.0' encoding='shift_jis'?><domain/>", 1, 1),
        (b"<?xml version='1.0' encoding='utf-16'?><domain/>", 1, 31),
        (b"\0" * 100, 1, 1),
        (bytes(range(256)), 1, 1),
        (b"\x1f\x8b\x08\x00abc", 1, 1),
    ],
)
def test_broken_documents_are_refused_at_the_right_place(text, line, column):
    error = refused(text)
    assert (error.line, error.column) == (line, column), str(error)


@pytest.mark.parametrize(
    "data",
    [
        "<domain><name>é</name></domain>".encode(),
        "<domain><name>é</name></domain>".encode("utf-8-sig"),
        "<domain><name>é</name></domain>".encode("utf-16"),
        "<domain><name>é</name></domain>".encode("utf-16-le"),
        "<domain><name>é</name></domain>".encode("utf-16-be"),
        "<?xml version='1.0' encoding='utf-16'?><domain><name>é</name></domain>".encode("utf-16"),
        "<?xml version='1.0' encoding='iso-8859-1'?><domain><name>é</name></domain>".encode("latin-1"),
        "<?xml version='1.0' encoding='utf-16'?><domain><name>é</name></domain>",
        "\ufeff<domain><name>é</name></domain>",
    ],
)
def test_all_usual_encodings_are_read(data):
    assert parse(data).name == "é"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("start", ["\n", " ", "\t<?p?>", ""])
def test_namespaces_in_utf_16_without_a_mark_are_kept(encoding, start):
    text = f"{start}<domain><name>é</name><metadata xmlns:p='urn:p' p:a='1' xml:lang='en'><p:b/></metadata></domain>"
    data = text.encode(encoding)
    assert compare(text.strip(), parse(data).to_xml()) == []
    assert compare(text.strip(), format_xml(data).decode(encoding)) == []
    with edit(data) as domain:
        domain.title = "t"


@pytest.mark.slow
def test_gigantic_and_repetitive_documents_take_time_and_memory_in_proportion():
    many = 20_000
    for text in (
        f"<domain><name>{'a' * 10_000_000}</name></domain>",
        f"<domain id='{'1' * 10_000_000}'/>",
        "<domain " + " ".join(f"a{i}='1'" for i in range(1000)) + "/>",
        "<domain>" + "<x/>" * many + "</domain>",
        "<domain>" + "<name>a</name>" * many + "</domain>",
        "<domain>" + "a<name>x</name>" * many + "</domain>",
        "<!--a-->" * many + "<domain/>" + "<?b?>" * many,
        "<domain><devices>" + "<disk type='file'/><interface type='user'/>" * many + "</devices></domain>",
    ):
        started = time.process_time()
        domain = parse(text)
        assert compare(text, domain.to_xml()) == []
        domain.problems()
        domain.unknown()
        assert time.process_time() - started < 30


@pytest.mark.slow
def test_memory_is_bounded_by_the_size_of_the_input():
    """A document of 7 MB that nests a million levels, in a process that may use 1 GB of memory."""
    limit = 1 << 30
    code = (
        "from libvirtxml import parse, XMLError\n"
        "try:\n    parse('<domain>' + '<x>' * 10**6 + '</x>' * 10**6 + '</domain>')\n"
        "except XMLError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert "nest too deeply" in done.stdout, done.stderr


@pytest.mark.parametrize("text", ["a" * 200_000 + "!", "0" * 200_000 + "!", "1," * 100_000 + "!", "ff:" * 70_000])
def test_long_values_do_not_stall_the_checks(text):
    started = time.process_time()
    for xml in (
        f"<domain type='{text}'><vcpu cpuset='{text}'>{text}</vcpu><os><type machine='{text}'>hvm</type></os></domain>",
        f"<capabilities><host><uuid>{text}</uuid><cpu><arch>{text}</arch></cpu></host></capabilities>",
        f"<filter name='{text}'><rule action='accept' direction='in'><tcp srcipaddr='{text}'/></rule></filter>",
        f"<sysinfo type='smbios'><bios><entry name='date'>{text}</entry></bios></sysinfo>",
    ):
        problems = parse(xml).problems()
        assert all(len(str(problem)) < 10_000 for problem in problems)
    assert time.process_time() - started < 20


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_truncated_documents_are_refused_at_every_byte(path):
    data = path.read_bytes()
    end = data.rindex(b">")
    for size in range(end):
        with pytest.raises(XMLError):
            parse_any(data[:size])
    parse_any(data[: end + 1])


@pytest.mark.parametrize("source", [None, 1, object(), ["<domain/>"]])
def test_what_is_no_source_of_xml_is_a_type_error(source):
    with pytest.raises(TypeError, match="cannot read XML from"):
        parse(source)


@pytest.mark.parametrize("name", ["/nonexistent/a.xml", "a" * 5000, "a\0b", "."])
def test_files_that_cannot_be_read_are_named(name):
    with pytest.raises(XMLError, match=r"cannot read|not a file name"):
        parse(name)
