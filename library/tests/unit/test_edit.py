"""Minimal edits: the bytes that are touched, and those that are not."""

import pytest
from libvirtxml import (
    DiskFile,
    DiskFileSource,
    DiskTarget,
    InterfaceBridge,
    InterfaceBridgeSource,
    ModelError,
    QEMUArg,
    QEMUCommandline,
    RawNode,
    XMLError,
    edit,
)
from libvirtxml._impl.edit.change import apply
from libvirtxml.errors import UsageError
from xml_helpers.sample_documents import SAMPLES

TEXT = """<?xml version="1.0"?>
<!-- mine -->
<domain type="kvm">
\t<name>web</name>   <!-- the name -->
\t<memory   unit='MiB' >1024</memory>
\t<vcpu>2</vcpu>
\t<devices>
\t\t<disk device="disk" type='file'>
\t\t\t<driver name="qemu"
\t\t\t        type="qcow2"/>
\t\t\t<source file="/a&#38;b"/>
\t\t\t<target bus="virtio" dev="vda"/>
\t\t</disk>
\t\t<disk type="file"><source file="/b"/><target dev="vdb"/></disk>   <!-- second -->
\t\t<controller type="pci" index="1" model="pcie-root-port"><target port="0x8"/></controller>
\t\t<hologram/>
\t</devices>
</domain>
"""


def changed(text: str, **changes: list) -> str:
    change = edit(text)
    apply(change.document, **changes)
    return change.finish()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_an_edit_that_changes_nothing_leaves_every_byte(path) -> None:
    data = path.read_bytes()
    change = edit(data)
    with change:
        pass
    assert change.data == data


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        ("name", "db", "<name>web<", "<name>db<"),
        ("memory", "8GiB", "<memory   unit='MiB' >1024<", "<memory   unit='GiB' >8<"),
        ("memory", "2048", ">1024<", ">2048<"),
        ("devices.disks[target.dev=vda].driver.cache", "none", 'type="qcow2"/',
         'type="qcow2"\n\t\t\t        cache="none"/'),
        ("devices.disks[0].source.file", "/c\"<'&", '"/a&#38;b"', "\"/c&quot;&lt;'&amp;\""),
        ("devices.disks[target.dev=vdb].driver.name", "qemu", '<disk type="file"><source file="/b"',
         '<disk type="file"><driver name="qemu"/><source file="/b"'),
        ("devices.controllers[type=pci,index=1].model", "pcie-root", "pcie-root-port", "pcie-root"),
        ("devices.controllers[-1].target.port", "0x0f", '"0x8"', '"0x0f"'),
        ("devices.disks[0].readonly", "yes", '\t\t\t<target bus="virtio" dev="vda"/>\n',
         '\t\t\t<target bus="virtio" dev="vda"/>\n\t\t\t<readonly/>\n'),
        ("description", "a > b", "<!-- the name -->\n", "<!-- the name -->\n\t<description>a &gt; b</description>\n"),
        ("devices.disks[target.bus=virtio].target.dev", "vdq", '"vda"', '"vdq"'),
        ("devices.disks[*].device", "lun", None, None),
    ],
)  # fmt: skip
def test_setting_a_value_touches_only_that_value(path: str, value: str, old: str | None, new: str) -> None:
    result = changed(TEXT, set=[(path, value)])
    if old is None:
        assert result.count('device="lun"') == 2
    else:
        assert TEXT.count(old) == 1
        assert result == TEXT.replace(old, new)


def test_a_number_set_to_what_it_is_keeps_its_spelling() -> None:
    assert changed(TEXT, set=[("devices.controllers[0].target.port", "8"), ("memory", "1024MiB")]) == TEXT


def test_a_removed_element_takes_its_line_with_it_and_an_attribute_its_space() -> None:
    assert changed(TEXT, remove=["devices.controllers[0]"]) == TEXT.replace(
        '\t\t<controller type="pci" index="1" model="pcie-root-port"><target port="0x8"/></controller>\n', ""
    )
    assert changed(TEXT, remove=["devices.disks[0].driver.type"]) == TEXT.replace('\n\t\t\t        type="qcow2"', "")
    assert changed(TEXT, remove=["vcpu"]) == TEXT.replace("\t<vcpu>2</vcpu>\n", "")
    assert "<!-- second -->" not in changed(TEXT, remove=["devices.disks[1]"])  # which was behind it, on its line


def test_an_added_device_comes_where_libvirt_puts_it_and_looks_like_its_siblings() -> None:
    change = edit(TEXT)
    with change as domain:
        domain.devices.disks.append(
            DiskFile(device="disk", source=DiskFileSource(file="/c"), target=DiskTarget(dev="vdc", bus="virtio"))
        )
        domain.devices.interfaces.append(InterfaceBridge(source=InterfaceBridgeSource(bridge="br0")))
    result = change.text
    assert '\t\t\t<source file="/c"/>\n' in result
    assert result.index("<!-- second -->\n\t\t<disk ") < result.index('"vdc"') < result.index("<controller")
    assert '\t\t<interface type="bridge">\n\t\t\t<source bridge="br0"/>\n\t\t</interface>\n\t\t<hologram/>' in result


def test_a_member_put_first_or_moved_keeps_the_text_of_the_others() -> None:
    change = edit(TEXT)
    with change as domain:
        domain.devices.disks.reverse()
    assert change.text.index('"vdb"') < change.text.index('"vda"')
    assert '\t\t\t        type="qcow2"/>\n\t\t\t<source file="/a&#38;b"/>' in change.text
    change = edit(TEXT)
    with change as domain:
        domain.devices.disks.insert(0, DiskFile(target=DiskTarget(dev="vdz")))
    new = '\t\t<disk type="file">\n\t\t\t<target dev="vdz"/>\n\t\t</disk>\n'
    assert change.text == TEXT.replace("\t\t<disk device", f"{new}\t\t<disk device")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<domain type='kvm'><name>a</name></domain>", "<domain type='kvm'><name>a</name><vcpu>3</vcpu></domain>"),
        ("<domain type='kvm'/>", "<domain type='kvm'>\n  <vcpu>3</vcpu>\n</domain>"),
        ("<domain type='kvm'>\r\n <name>a</name>\r\n</domain>\r\n",
         "<domain type='kvm'>\r\n <name>a</name>\r\n <vcpu>3</vcpu>\r\n</domain>\r\n"),
        ("<domain type='kvm'>\n    <!-- c -->\n</domain>",
         "<domain type='kvm'>\n    <vcpu>3</vcpu>\n    <!-- c -->\n</domain>"),
    ],
)  # fmt: skip
def test_new_parts_take_on_the_layout_of_the_document(before: str, after: str) -> None:
    change = edit(before)
    apply(change.document, set=[("vcpu", "3")]) if "name" in before else _set_vcpu(change.document)
    assert change.finish() == after


def _set_vcpu(domain) -> None:
    from libvirtxml import VCPU

    domain.vcpu = VCPU(value=3)


def test_a_new_namespace_is_declared_at_the_root_once() -> None:
    change = edit(TEXT)
    with change as domain:
        domain.qemu_commandline = QEMUCommandline(qemu_args=[QEMUArg(value="-a"), QEMUArg(value="-b")])
    assert change.text.count("xmlns:qemu=") == 1
    assert '<domain type="kvm" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">' in change.text
    assert '\t<qemu:commandline>\n\t\t<qemu:arg value="-a"/>\n' in change.text


def test_metadata_can_be_changed_by_the_node() -> None:
    text = (
        "<domain type='kvm'>\n <name>a</name>\n <metadata>\n  <x:a xmlns:x='urn:x'  n = '1'/>\n </metadata>\n</domain>"
    )
    change = edit(text)
    with change as domain:
        domain.metadata.nodes.append(RawNode.from_string("<y:b xmlns:y='urn:y'/>"))
    assert change.text == text.replace("n = '1'/>\n", "n = '1'/>\n  <y:b xmlns:y='urn:y'/>\n")


def test_a_file_is_written_when_the_block_ends_well_and_only_then(tmp_path) -> None:
    path = tmp_path / "web.xml"
    path.write_text(TEXT)
    with pytest.raises(ModelError), edit(path) as domain:
        domain.name = "lost\x01"
    assert path.read_text() == TEXT
    with edit(path) as domain:
        domain.name = "kept"
    assert path.read_text() == TEXT.replace(">web<", ">kept<")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-16", "utf-8"])
def test_the_encoding_of_a_document_is_kept(encoding: str) -> None:
    text = f"<?xml version='1.0' encoding='{encoding}'?>\n<domain type='kvm'>\n  <name>b\xfcro</name>\n</domain>\n"
    change = edit(text.encode(encoding))
    with change as domain:
        domain.name = "caf\xe9 \u20ac"
    expected = text.replace("b\xfcro", "caf\xe9 \u20ac").encode(encoding, errors="xmlcharrefreplace")
    assert change.data == expected


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        ({"set": [("memroy", "1")]}, "no field 'memroy'", "did you mean memory?"),
        ({"set": [("devices.disk[0].device", "cdrom")]}, "no field 'disk'", "did you mean disks?"),
        ({"set": [("devices.disks[target.dev=vdx].device", "cdrom")]}, "no member", "There are vda, vdb"),
        ({"set": [("devices.disks[target.dve=vda].device", "cdrom")]}, "no field 'dve'", "did you mean dev?"),
        ({"set": [("devices.disks[7].device", "cdrom")]}, "no member 7", "it has 2"),
        ({"set": [("devices.disks[0].device", "cdrm")]}, "'cdrm' is not allowed", "did you mean 'cdrom'?"),
        ({"set": [("devices.disks", "x")]}, "is a list", "add to it"),
        ({"set": [("devices.disks.device", "x")]}, "is a list", "devices.disks[0]"),
        ({"set": [("name.first", "x")]}, "plain value", None),
        ({"set": [("vcpu[0]", "x")]}, "is not a list", "without brackets"),
        ({"set": [("devices.disks[0].driver", "x")]}, "fields of its own", "set one of them"),
        ({"set": [("vcpu", "two")]}, "vcpu: 'two' is not allowed", None),
        ({"set": [("devices.disks[0].geometry.cyls", "5")]}, "heads is missing", "one go"),
        ({"set": [("devices..disks", "5")]}, "not a path", None),
        ({"set": [("devices.disks[", "5")]}, "not a path", None),
        ({"remove": ["name"]}, "needs name", None),
        ({"remove": ["title"]}, "there is no title", None),
        ({"add": [("devices.interfaces", "{type: bridg}")]}, "'bridg' is not one of", "type is one of"),
        ({"add": [("devices.interfaces", "{type: bridge, sorce: {}}")]}, "no field 'sorce'", "did you mean 'source'?"),
        ({"add": [("devices.interfaces", "{type: bridge")]}, "expected ',' or '}'", None),
        ({"add": [("devices.disks", "<disk>")]}, "not well-formed", None),
        ({"add": [("vcpu", "3")]}, "is there already", "set it"),
    ],
)
def test_a_wrong_path_or_value_is_refused_and_the_error_helps(changes: dict, message: str, hint: str | None) -> None:
    change = edit(TEXT)
    with pytest.raises((UsageError, XMLError)) as caught:
        apply(change.document, **changes)
    assert message in str(caught.value)
    assert hint is None or hint in (caught.value.hint or "")


def test_an_element_becomes_another_variant_if_nothing_of_it_is_lost() -> None:
    with pytest.raises(ModelError, match="cannot become 'block'"):
        changed(TEXT, set=[("devices.disks[0].type", "block")])
    result = changed(
        TEXT,
        remove=["devices.disks[0].source"],
        set=[("devices.disks[0].type", "block"), ("devices.disks[0].source.dev", "/dev/x")],
    )
    assert result == TEXT.replace("type='file'", "type='block'").replace('file="/a&#38;b"', 'dev="/dev/x"')


def test_what_cannot_be_written_into_the_text_is_an_error_and_nothing_is_changed() -> None:
    with pytest.raises(XMLError):
        edit("<domain><name>a</name>")
    with pytest.raises(XMLError):
        edit("<!DOCTYPE domain [<!ENTITY a 'b'>]><domain/>")


def test_a_backing_chain_of_two_hundred_levels_is_edited():
    chain = "<backingStore type='file'><format type='raw'/>" * 200 + "</backingStore>" * 200
    text = f"<domain type='kvm'><name>a</name><devices><disk type='file'>{chain}</disk></devices></domain>"
    change = edit(text)
    with change as domain:
        domain.devices.disks[0].device = "lun"
    assert change.text == text.replace("<disk type='file'>", "<disk type='file' device='lun'>")
