"""Two languages for paths: both name the same places, and each can be written as the other."""

import pytest
from libvirtxml import (
    Domain,
    DomainCapabilities,
    NothingThereError,
    PathError,
    apply,
    diff,
    edit,
    get,
    parse,
    parse_any,
    split_assignment,
    to_dotted,
    to_xpath,
)
from libvirtxml.acceptance import check, since
from libvirtxml.errors import UsageError
from lxml import etree
from xml_helpers.paths import NAMESPACES, every_place
from xml_helpers.sample_documents import SAMPLES

TEXT = """<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' xmlns:app='urn:app'>
  <name>web</name><name new='1'>again</name>
  <metadata><app:info level='2'>fast<app:owner>me</app:owner></app:info><app:info/></metadata>
  <memory unit='KiB'>1048576</memory>
  <devices>
    <disk type='file'><source file="/it's"/><target dev='vda' bus='virtio'/></disk>
    <disk type='network' later='1'><source protocol='rbd' name='p/i'/><target dev='vdb'/></disk>
    <controller type='pci' index='0x1f' model='pcie-root-port'/>
    <emulator why='x'>/qemu</emulator>
    <teleport/><teleport to='here'/>
  </devices>
  <qemu:commandline><qemu:arg value='-s'/><qemu:arg value='-S'/></qemu:commandline>
</domain>"""

SAME = [
    (".", "/domain"),
    ("type", "/domain/@type"),
    ("memory", "/domain/memory"),
    ("memory.value", "/domain/memory/text()"),
    ("devices.emulator", "/domain/devices/emulator"),
    ("devices.disks", "/domain/devices/disk"),
    ("devices.disks[*].target.dev", "/domain/devices/disk/target/@dev"),
    ("devices.disks[1].source.name", "/domain/devices/disk[2]/source/@name"),
    ("devices.disks[-1].target", "/domain/devices/disk[last()]/target"),
    ("devices.disks[-2].target", "/domain/devices/disk[last()-1]/target"),
    ("devices.disks[target.dev=vdb].type", "/domain/devices/disk[target/@dev='vdb']/@type"),
    ("devices.disks[type=file].source.file", "/domain/devices/disk[@type='file']/source/@file"),
    ("devices.disks[type=file][0].source", "/domain/devices/disk[@type='file'][1]/source"),
    ("devices.controllers[type=pci,index=0x1f]", "/domain/devices/controller[@type='pci' and @index='0x1f']"),
    ('devices.disks[source.file="/it\'s"]', '/domain/devices/disk[source/@file="/it\'s"]'),
    ("memory[unit=KiB].value", "/domain/memory[@unit='KiB']/text()"),
    ("qemu_commandline.qemu_args[1].value", "/domain/qemu:commandline/qemu:arg[2]/@value"),
    ("metadata.<app:info>", "/domain/metadata/app:info"),
    ("metadata.<app:info>[0].<app:owner>.text()", "/domain/metadata/app:info[1]/app:owner/text()"),
    ("metadata.nodes[1]", "/domain/metadata/*[2]"),
]
"""A dotted path and an XPath that say the same, of any domain."""

OF_THE_DOCUMENT = [
    ("<name>[1]", "/domain/name[2]"),
    ("devices.<teleport>[1].@to", "/domain/devices/teleport[2]/@to"),
    ("devices.disks[1].@later", "/domain/devices/disk[2]/@later"),
    ("devices.emulator.@why", "/domain/devices/emulator/@why"),
]
"""The same for what the model knows nothing of."""


@pytest.fixture(scope="module")
def domain():
    return parse(TEXT)


@pytest.mark.parametrize(("dotted", "xpath"), SAME)
def test_a_path_can_be_written_in_either_language(dotted: str, xpath: str) -> None:
    assert (to_xpath(Domain, dotted), to_dotted(Domain, xpath)) == (xpath, dotted)
    assert (to_xpath(Domain, xpath), to_dotted(Domain, dotted)) == (xpath, dotted)


@pytest.mark.parametrize(("dotted", "xpath"), [*SAME, *OF_THE_DOCUMENT])
def test_both_lead_to_the_same_places_of_a_document(domain, dotted: str, xpath: str) -> None:
    assert (to_xpath(domain, dotted), to_dotted(domain, xpath)) == (xpath, dotted)
    assert get(domain, dotted) == get(domain, xpath) != []


@pytest.mark.parametrize(("_", "xpath"), [*SAME, *OF_THE_DOCUMENT])
def test_an_xpath_means_what_it_means_to_libxml2(domain, _, xpath: str) -> None:
    nodes = etree.fromstring(TEXT).xpath(xpath, namespaces={**NAMESPACES, "app": "urn:app"})
    assert [_text(node) for node in nodes] == [_text(_as_node(item.text)) for item in get(domain, xpath)]


def _as_node(text: str):
    return etree.fromstring(text) if text.startswith("<") else text


def _text(node) -> str:
    return node if isinstance(node, str) else "".join("".join(node.itertext()).split())


def test_every_value_of_the_samples_has_a_path_in_both_languages_and_libxml2_finds_it_too() -> None:
    count = 0
    for path in SAMPLES:
        document = parse_any(path)
        tree = etree.fromstring(document.to_xml().encode())
        for place in every_place(document):
            count += 1
            assert to_dotted(document, place.xpath) == place.dotted
            assert to_xpath(document, place.dotted) == place.xpath
            (by_dotted,), (by_xpath,) = get(document, place.dotted), get(document, place.xpath)
            assert by_dotted == by_xpath
            assert (by_dotted.dotted, by_dotted.xpath) == (place.dotted, place.xpath)
            assert len(tree.xpath(place.xpath, namespaces=NAMESPACES)) == 1, place.xpath
    assert count > 400


def test_what_reports_print_is_understood_by_get(domain) -> None:
    other = parse(TEXT.replace("to='here'", "to='there'").replace("again", "anew").replace("me<", "you<"))
    printed = [
        *(problem.path for problem in (*domain.unknown(), *domain.problems())),
        *(refusal.path for refusal in check(TEXT).refusals),
        *(change.path for change in diff(domain, other)),
    ]
    assert {"/domain/name[2]", "/domain/devices/emulator/@why", "devices.<teleport>[1].@to", "<name>[1]"} <= {*printed}
    missing = {problem.path for problem in domain.problems() if problem.message == "is missing"}
    for path in printed:
        assert get(domain, path.rpartition("/")[0] if path in missing else path), path


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("/domain/devices/dsk", "/domain/devices has no element dsk", "did you mean disk?"),
        ("/domain/devices/disk/@tpye", "/domain/devices/disk has no attribute @tpye", "did you mean @type?"),
        ("/domain/commandline", "/domain has no element commandline", "or qemu:commandline"),
        ("/network/name", "not a path into <domain>", "begin with /domain"),
        ("devices.disk", "devices has no field 'disk'", "did you mean disks?"),
        ("devices.disks[target.dve=vda].type", "has no field 'dve'", "did you mean dev?"),
        ("/domain/devices/disk[target/@dve='vda']/@type", "has no attribute @dve", "did you mean @dev?"),
        ("/domain/devices//disk", "not a path", "write it like"),
        ("/domain/devices/disk[0]", "not a condition", "[2], [last()]"),
        ("/domain/devices/disk[@type!='file']", "not a condition", "write it like"),
        ("/domain/devices/disk[@type='file'", "not a condition", "write it like"),
        ("/domain/@type/x", "is a plain value", None),
        ("/@type", "not a path", "write it like"),
        ("", "not a path", "write it like"),
    ],
)
def test_a_wrong_path_is_refused_in_its_own_language(domain, path: str, message: str, hint: str | None) -> None:
    for use in (lambda: get(domain, path), lambda: to_xpath(Domain, path), lambda: to_dotted(Domain, path)):
        with pytest.raises(PathError) as caught:
            use()
        assert message in str(caught.value)
        assert hint is None or hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("/domain/title", "there is no /domain/title", None),
        ("/domain/devices/disk[3]", "/domain/devices/disk has no member 3", "it has 2, counted from 1"),
        ("devices.disks[2]", "devices.disks has no member 2", "it has 2, counted from 0"),
        ("/domain/devices/disk[target/@dev='vdx']", "has target/@dev='vdx'", "did you mean vd"),
        ("devices.disks[type=network].source.file", "there is no", None),
    ],
)
def test_a_right_path_to_nothing_is_another_error(domain, path: str, message: str, hint: str | None) -> None:
    with pytest.raises(NothingThereError) as caught:
        get(domain, path)
    assert message in str(caught.value)
    assert hint is None or hint in (caught.value.hint or "")


def test_a_name_that_depends_on_the_variant_is_settled_by_a_document_or_a_condition() -> None:
    path = "/domainCapabilities/cpu/mode/model"
    with pytest.raises(PathError, match=r"cpu.modes\[\*\].models or cpu.modes\[\*\].model"):
        to_dotted(DomainCapabilities, path)
    narrowed = "/domainCapabilities/cpu/mode[@name='custom']/model[2]"
    assert to_dotted(DomainCapabilities, narrowed) == "cpu.modes[name=custom].models[1]"


def test_documents_are_changed_by_xpath_as_by_dotted_path() -> None:
    changes = {
        "dotted": {
            "remove": ["devices.<teleport>", "devices.disks[1].@later", "<name>[1]"],
            "set": [
                ("devices.disks[*].target.bus", "sata"),
                ("pm.suspend_to_mem.enabled", "no"),
                ("metadata.<app:info>[0].@level", "3"),
            ],
            "add": [("devices.interfaces", "{type: user}")],
        },
        "xpath": {
            "remove": ["/domain/devices/teleport", "/domain/devices/disk[2]/@later", "/domain/name[2]"],
            "set": [
                ("/domain/devices/disk/target/@bus", "sata"),
                ("/domain/pm/suspend-to-mem/@enabled", "no"),
                ("/domain/metadata/app:info[1]/@level", "3"),
            ],
            "add": [("/domain/devices/interface", "<interface type='user'/>")],
        },
    }
    texts = []
    for change in changes.values():
        with edit(TEXT) as document:
            apply(document, **change)
        texts.append(document.to_xml())
    assert texts[0] == texts[1]
    assert texts[0].count("bus='sata'") == 2
    assert "<suspend-to-mem enabled='no'/>" in texts[0]
    assert "level='3'" in texts[0]
    assert not [word for word in ("teleport", "later", "again") if word in texts[0]]


def test_an_element_is_set_by_the_xpath_that_means_it_alone() -> None:
    document = parse("<domain><devices><tpm model='tpm-tis'><backend type='passthrough'/></tpm></devices></domain>")
    apply(document, set=[("/domain/devices/tpm", "<tpm model='tpm-crb'><backend type='emulator'/></tpm>")])
    assert get(document, "devices.tpms[*].model")[0].text == "tpm-crb"
    with pytest.raises(PathError, match="is a list"):
        apply(document, set=[("devices.tpms", "<tpm/>")])
    with pytest.raises(NothingThereError, match="there is no /domain/devices/watchdog"):
        apply(document, set=[("/domain/devices/watchdog", "<watchdog model='itco'/>")])


@pytest.mark.parametrize(
    ("dotted", "xpath"),
    [
        ("devices.tpms.model", "/domain/devices/tpm/@model"),
        ("devices.tpms[0].backend.type=external", "/domain/devices/tpm/backend/@type=external"),
        ("devices.disks[type=nvme].source", "/domain/devices/disk[@type='nvme']/source"),
        ("memory.value=5", "/domain/memory=5"),
        ("network.dns.enable", "/network/dns/@enable"),
        ("qemu_commandline.qemu_args[*].value", "/domain/qemu:commandline/qemu:arg/@value"),
        ("domaincheckpoint", "/domaincheckpoint"),
    ],
)
def test_since_takes_both_languages(dotted: str, xpath: str) -> None:
    assert since(dotted) == since(xpath)


def test_since_says_which_conditions_it_cannot_judge() -> None:
    with pytest.raises(UsageError, match="not a condition that dates are known for"):
        since("devices.disks[target.dev=vda].driver")
    with pytest.raises(UsageError) as caught:
        since("devices.tmps.model")
    assert caught.value.hint == "did you mean tpms?"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("memory=8GiB", ("memory", "8GiB")),
        ("devices.disks[target.dev=vda].driver.cache = none", ("devices.disks[target.dev=vda].driver.cache", " none")),
        ("/domain/os/type=a=b", ("/domain/os/type", "a=b")),
        ('a[b="]="]=c', ('a[b="]="]', "c")),
        ("/a/b[@c=']=']/@d=", ("/a/b[@c=']=']/@d", "")),
        ("memory", ("memory", None)),
        ("a[b=c]", ("a[b=c]", None)),
    ],
)
def test_an_assignment_is_split_outside_of_brackets(text: str, parts: tuple[str, str | None]) -> None:
    assert split_assignment(text) == parts


def test_quotes_survive_the_translation() -> None:
    dotted = 'devices.disks[source.file="a\'b\\"c]"].type'
    xpath = to_xpath(Domain, dotted)
    assert xpath == """/domain/devices/disk[source/@file=concat('a', "'", 'b"c]')]/@type"""
    assert to_dotted(Domain, xpath) == dotted


PREFIXED = """<domain type='kvm' xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>a</name>
  <metadata><i:rack xmlns:i='urn:x'><i:row>4</i:row></i:rack><j:rack xmlns:j='urn:x'/><k:a xmlns:k='urn:1'/></metadata>
  <q:commandline><q:arg value='one'/><q:arg value='two'/></q:commandline>
</domain>
"""


@pytest.mark.parametrize(
    ("path", "texts"),
    [
        ("/domain/q:commandline/q:arg/@value", ["one", "two"]),
        ("/domain/q:commandline[q:arg/@value='two']/q:arg[2]/@value", ["two"]),
        ("/domain/qemu:commandline/qemu:arg[1]/@value", ["one"]),  # libvirt's own prefix, where no other is declared
        ("/domain/{http://libvirt.org/schemas/domain/qemu/1.0}commandline/q:arg[1]/@value", ["one"]),
        ("/domain/metadata/i:rack/i:row/text()", ["4"]),
        ("/domain/metadata/j:rack/i:row/text()", ["4"]),
        ("/domain/metadata/{urn:x}rack/{urn:x}row/text()", ["4"]),
    ],
)
def test_a_prefix_means_the_namespace_that_the_document_declares_it_for(path, texts):
    assert [found.text for found in get(Domain.parse(PREFIXED), path)] == texts


def test_a_prefix_that_the_document_declares_is_not_libvirts_of_the_same_name():
    other = PREFIXED.replace("xmlns:q=", "xmlns:qemu='urn:other' xmlns:q=")
    assert [found.text for found in get(Domain.parse(other), "/domain/q:commandline/q:arg/@value")] == ["one", "two"]


def test_a_prefix_that_no_document_declares_is_named():
    with pytest.raises(NothingThereError) as caught:
        get(Domain.parse(PREFIXED), "/domain/metadata/z:rack")
    assert caught.value.hint == "the document declares no prefix 'z': it has i, j, k, q"
    with pytest.raises(PathError) as caught:
        get(Domain.parse(PREFIXED), "/domain/z:commandline")
    assert caught.value.hint == "did you mean bhyve:commandline or qemu:commandline or xen:commandline?"
    with pytest.raises(NothingThereError, match="there is no /domain/q:commandline/q:env"):
        get(Domain.parse(PREFIXED), "/domain/q:commandline/q:env")


def test_an_edit_by_a_declared_prefix_changes_what_it_names():
    document = edit(PREFIXED)
    with document as domain:
        apply(domain, set=[("/domain/q:commandline/q:arg[2]/@value", "three")])
    assert document.text == PREFIXED.replace("two", "three")
