"""Generated readers and writers against the careful, table-driven ones that keep and follow everything."""

import os
from pathlib import Path

import pytest

from virtsmith.libvirtxml import XMLError, _read, parse
from virtsmith.libvirtxml._element import Element, child_items
from virtsmith.libvirtxml._read import EXTRA, Extra, io_module
from virtsmith.libvirtxml._tables import find_class, info_of
from virtsmith.libvirtxml._write import write_object, writers
from virtsmith.libvirtxml.model import MODULES, ROOTS

SAMPLES = [
    """<domain type='kvm' id='7'><name>a &amp; b</name><memory unit='KiB'>1048576</memory>
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
    "<cpu new='1'><feature name='x'/><odd/><feature name='y'><!-- why --></feature><model>a</model></cpu>",
    "<network><name odd='1'>n</name><bridge name='virbr0' stp='on' delay='0'/><name>again</name>text</network>",
    """<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name/>
      <qemu:commandline><qemu:arg value='-s'/></qemu:commandline>
      <metadata><a:b xmlns:a='u'>c<d/></a:b></metadata></domain>""",
    """<volume><name>v</name><capacity unit='G'>1</capacity>
      <target><permissions><mode>0644</mode></permissions></target></volume>""",
]


def _corpus_documents() -> list[bytes]:
    folder = os.environ.get("VIRTSMITH_CORPUS")
    paths = sorted((Path(folder) / "libvirt-11.3.0" / "tests").rglob("*.xml"))[::10] if folder else []
    return [path.read_bytes() for path in paths]


DOCUMENTS = [*SAMPLES, *_corpus_documents()]


def _elements(element: Element) -> list[Element]:
    return [element, *(one for _, _, child in child_items(element) for one in _elements(child))]


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
            text = next((one for one in info.fields.values() if one.kind == "t"), None)
            if text and not len(element) and element.text is not None:
                obj.__dict__[text.name] = text.codec[element.text] if text.codec.name else element.text
                return obj
            return _read.read_content(obj, element, info.cls)

        return read

    def read_document(text: str | bytes) -> Element:
        with monkeypatch.context() as patch:
            patch.setattr(_read, "reader_of", make)
            patch.setattr("virtsmith.libvirtxml._document.reader_of", make)
            return parse(text)

    return read_document


def test_a_generated_reader_gives_what_the_tables_give(careful):
    compared = 0
    for text in DOCUMENTS:
        fast = _parsed(text)
        if fast is not None:
            slow = careful(text)
            assert slow == fast
            assert slow.to_xml() == fast.to_xml()
            compared += 1
    assert compared >= len(SAMPLES)


def test_a_generated_writer_writes_what_the_table_driven_one_writes(monkeypatch):
    for text in DOCUMENTS:
        document = _parsed(text)
        if document is None:
            continue
        fast = document.to_xml()
        with monkeypatch.context() as patch:
            for cls in {type(one) for one in _elements(document)}:
                patch.setitem(writers, cls, write_object)
            assert document.to_xml() == fast
        for one in _elements(document):
            if one.extra is None:
                values = dict(one.__dict__)
                one.__dict__.clear()
                one.__dict__.update({EXTRA: Extra(), **values})
        assert document.to_xml() == fast


@pytest.mark.parametrize("root", sorted(ROOTS))
def test_every_root_has_a_reader_and_unknown_content_survives_it(root):
    text = f"<{root} strange='1'><strange>x</strange></{root}>"
    assert parse(text).to_xml(indent=False) == text.replace('"', "'")


def test_every_class_has_a_reader():
    for name in MODULES:
        cls = find_class(name)
        assert callable(getattr(io_module(cls), f"read_{name}")), name
