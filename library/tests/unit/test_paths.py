"""The short ways to read and write against the careful ones, which keep and follow everything."""

import os
from pathlib import Path

import pytest
from libvirtxml import RawNode, XMLError, parse
from libvirtxml._impl import plain as _plain
from libvirtxml._impl import read as _read
from libvirtxml._impl.base import child_items
from libvirtxml._impl.data import type_of
from libvirtxml._impl.document import document_class, read_carefully
from libvirtxml._impl.element import Element
from libvirtxml._impl.plain import read_plain
from libvirtxml._impl.read import EXTRA, Extra
from libvirtxml._impl.tables import find_class, info_of
from libvirtxml.containers import open_container
from libvirtxml.model import ROOTS
from xml_helpers.exact_content import exact_content

PLAIN = [
    """<domain type='kvm' id='7'><name>a > b</name><memory unit='KiB'>1048576</memory>
      <vcpu placement='static'>02</vcpu>
      <os><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/><boot dev='network'/></os>
      <features><acpi/><apic/></features><clock offset='utc'><timer name='rtc' tickpolicy='catchup'/></clock>
      <devices><emulator>/usr/bin/qemu</emulator>
        <disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
          <source file="/it's"/><target dev='vda' bus='virtio'/>
          <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0' multifunction='on'/></disk>
        <disk type='nonsense' device='cdrom'><target dev='hda'/></disk>
        <interface type='bridge'><mac address='52:54:00:AA:bb:cc'/><source bridge='br0'/></interface>
        <controller type='pci' index='0' model='pcie-root'/>
      </devices></domain>""",
    """<cpu match='exact'><model fallback='allow'>core2duo</model>
      <feature name='x' policy='require'/><feature name='y'/></cpu>""",
    "<?xml version='1.0' encoding='UTF-8'?>\n<domain><name>a</name><vcpu> </vcpu><os></os><on_crash/></domain>\n",
    """<cpu><feature name="it's"/><model/><feature name='y'/><topology
      sockets = "1" cores='2'/><feature name='\u00e9'/></cpu>""",
    "<domain><metadata><a:b xmlns:a='u' a:c='d>'>c<d/></a:b></metadata></domain>",
    "<domain><devices><input type='mouse'/><hub type='usb'/><input type='tablet'/><input/></devices></domain>",
    """<volume><name>v</name><capacity unit='G'>1</capacity>
      <target><permissions><mode>0644</mode></permissions></target></volume>""",
]
SAMPLES = [
    "<cpu new='1'><feature name='x'/><odd/><feature name='y'><!-- why --></feature><model>a</model></cpu>",
    "<network><name odd='1'>n</name><bridge name='virbr0' stp='on' delay='0'/><name>again</name>text</network>",
    """<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name/>
      <qemu:commandline><qemu:arg value='-s'/></qemu:commandline>
      <metadata><a:b xmlns:a='u'>c<d/></a:b></metadata></domain>""",
    "<domain><metadata>text<a/></metadata><name>a &amp; b</name></domain>",
    "<domain><name>a<b/></name><os>text</os><vcpu>1</vcpu>\u00a0</domain>",
]


def _corpus_documents() -> list[bytes]:
    directory = os.environ.get("VIRTSMITH_CORPUS")
    paths = sorted((Path(directory) / "libvirt-11.3.0" / "tests").rglob("*.xml"))[::10] if directory else []
    return [path.read_bytes() for path in paths]


DOCUMENTS = [*SAMPLES, *_corpus_documents()]


def _elements(element: Element) -> list[Element]:
    return [element, *(item for _, _, child in child_items(element) for item in _elements(child))]


def _parsed(text: str | bytes) -> Element | None:
    try:
        return parse(text)
    except XMLError:
        return None


@pytest.fixture
def careful(monkeypatch: pytest.MonkeyPatch):
    """Read as a class and everything below it by tables alone, keeping the sequence of all children."""

    def make(cls: type):
        info = info_of(cls)

        def read(element):
            name = info.variants.get(element.get(info.attribute, info.default or "")) if info.variants else None
            if name:
                return make(find_class(name))(element)
            obj = object.__new__(info.cls)
            for key, raw in element.items():
                field = info.by_key.get("@" + key)
                if field is None:
                    _read.keep_attribute(obj.__dict__, key, raw)
                else:
                    obj.__dict__[field.name] = field.codec[raw] if field.codec.name else raw
            text = info.text
            if text and not len(element) and element.text is not None:
                obj.__dict__[text.name] = text.codec[element.text] if text.codec.name else element.text
                return obj
            if not len(element) and (element.text or "").strip():
                _read.extra_of(obj.__dict__).sequence = [RawNode.from_text(element.text)]
                return obj
            return _read.read_rest(obj, element, None, info.cls)

        return read

    def read_document(text: str | bytes, cls: type[Element]) -> Element:
        with monkeypatch.context() as patch:
            patch.setattr(_read, "reader_of", make)
            patch.setattr("libvirtxml._impl.document.reader_of", make)
            return read_carefully(text, cls)

    return read_document


def test_every_way_to_read_gives_the_same(careful):
    compared = 0
    for text in DOCUMENTS:
        fast = _parsed(text)
        if fast is not None and open_container(text) is None:
            slow = careful(text, type_of(fast))
            assert slow == fast
            assert slow.to_xml() == fast.to_xml()
            assert exact_content(read_carefully(text, type_of(fast))) == exact_content(fast)
            compared += 1
    assert compared >= len(SAMPLES)


@pytest.mark.parametrize("text", PLAIN)
def test_plain_documents_are_read_the_short_way(text):
    assert exact_content(read_plain(text, document_class)) == exact_content(read_carefully(text, None))


@pytest.mark.parametrize(
    "text",
    [
        "<cpu/",
        "<cpu>",
        "<cpu></vendor>",
        "<cpu/><cpu/>",
        "<cpu/>text",
        "<cpu/>\n\u00a0",
        " <?xml version='1.0'?><cpu/>",
        "<?XML version='1.0'?><cpu/>",
        "<cpu match='exact' match='exact'/>",
        "<cpu match='exact'check='none'/>",
        "<cpu match='exact\x00'/>",
        "<cpu match='\ufffe'/>",
        "<cpu><vendor>]]></vendor></cpu>",
        "<cpu><vendor>&unknown;</vendor></cpu>",
        "<cpu><vendor></cpu></vendor>",
        "<domain><metadata><a></metadata></a></domain>",
        "<domain><metadata><a:b/></metadata></domain>",
        b"<cpu><vendor>\xff</vendor></cpu>",
        f"<domain><devices>{'<disk><mirror><backingStore>' + '<backingStore>' * 300}",
    ],
)
def test_what_is_not_well_formed_is_refused_by_both_ways(text):
    assert read_plain(text, document_class) is None
    with pytest.raises(XMLError):
        read_carefully(text, None)


def test_nesting_is_limited_alike_on_both_ways():
    def nested(levels: int) -> str:
        return f"<disk type='file'>{'<backingStore>' * (levels - 1)}{'</backingStore>' * (levels - 1)}</disk>"

    disk = find_class("Disk")
    assert read_plain(nested(255), lambda _: disk) == read_carefully(nested(255), disk)
    assert parse(nested(256), disk) is not None
    assert read_plain(nested(257), lambda _: disk) is None
    with pytest.raises(XMLError, match="deep"):
        parse(nested(257), disk)


def test_only_so_much_is_remembered_of_what_was_read(monkeypatch):
    _plain.forget()
    monkeypatch.setattr(_plain, "_MOST_PIECES", 50)
    for i in range(100):
        cpu = parse(f"<cpu><vendor>{i}</vendor><model>{'x' * 300}</model><feature name='f{i}'/></cpu>")
        assert (cpu.vendor, cpu.features[0].name) == (str(i), f"f{i}")
    filled = _plain._Memo.filled
    memos = {id(memo): memo for memo in filled}.values()
    assert len(filled) == sum(map(len, memos)) <= 50
    assert all(len(piece) < 300 for memo in memos for piece in memo)


def test_every_way_to_write_gives_the_same():
    for text in DOCUMENTS:
        document = _parsed(text)
        if document is None:
            continue
        fast = document.to_xml()
        for element in _elements(document):
            if element.extra is None:
                values = dict(element.__dict__)
                element.__dict__.clear()
                element.__dict__.update({EXTRA: Extra(), **values})
        assert document.to_xml() == fast


@pytest.mark.parametrize("root", sorted(ROOTS))
def test_every_root_has_a_reader_and_unknown_content_survives_it(root):
    text = f"<{root} strange='1'><strange>x</strange></{root}>"
    assert parse(text).to_xml(indent=False) == text.replace('"', "'")
