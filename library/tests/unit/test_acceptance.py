import itertools

import pytest
from libvirtxml import DiskFile, DiskTarget, XMLError
from libvirtxml.acceptance import RefusalKind, ReleaseVerdict, check, releases, since
from libvirtxml.errors import UsageError

DOMAIN = """<domain type='kvm'>
  <name>web</name>
  <memory>1</memory>
  <os><type>hvm</type></os>
  <devices>
    <disk type='file'>
      <target dev='vda'/>
    </disk>
    <disk
       type='vhostvdpa' device='disk'>
      <source dev='/dev/x'/>
      <target dev='vdb'/>
    </disk>
  </devices>
</domain>
"""


def domain(devices="", **attributes):
    more = "".join(f" {name}='{value}'" for name, value in attributes.items())
    return (
        f"<domain type='kvm'{more}><name>a</name><memory>1</memory><os><type>hvm</type></os>"
        f"<devices>{devices}</devices></domain>"
    )


def one_refusal(document, asked=None):
    (found,) = check(document, asked).refusals
    return found


def test_a_refusal_names_the_path_the_line_and_the_release():
    found = one_refusal(DOMAIN, "6.0..12.8")
    assert found.path == "/domain/devices/disk[2]/@type"
    assert (found.line, found.kind, found.value) == (9, RefusalKind.VALUE, "vhostvdpa")
    assert "9.8.0" in found.reason
    assert "after 9.0.0" in found.reason


def test_what_stands_in_a_refused_variant_is_not_refused_again():
    assert len(check(DOMAIN, "7.0").refusals) == 1


def test_a_plain_domain_is_accepted_by_every_release():
    found = check(domain())
    assert found.accepted
    assert found.oldest == releases()[0]
    assert set(found.verdicts) == set(releases())


def test_the_oldest_release_is_the_first_that_accepts():
    assert check(domain("<tpm model='tpm-crb'><backend type='emulator'/></tpm>")).oldest == "4.5.0"
    assert check(domain("<frob/>")).oldest is None


@pytest.mark.parametrize(
    ("devices", "kind", "path"),
    [
        ("<frob/>", RefusalKind.ELEMENT, "/domain/devices/frob"),
        ("<emulator frob='1'>/x</emulator>", RefusalKind.ATTRIBUTE, "/domain/devices/emulator/@frob"),
        ("<emulator>/a</emulator><emulator>/b</emulator>", RefusalKind.REPEATED, "/domain/devices/emulator[2]"),
        ("<disk type='file'/>", RefusalKind.MISSING, "/domain/devices/disk/target"),
        ("<console type='frob'/>", RefusalKind.VALUE, "/domain/devices/console/@type"),
        ("text", RefusalKind.TEXT, "/domain/devices"),
        ("<emulator>x</emulator>", RefusalKind.VALUE, "/domain/devices/emulator"),
    ],
)
def test_what_no_release_accepts_is_named_with_its_kind(devices, kind, path):
    found = one_refusal(domain(devices), "12.8")
    assert (found.kind, found.path) == (kind, path)
    assert found.accepted.releases == () or kind is RefusalKind.MISSING


def test_parts_that_exclude_each_other_are_refused_together():
    rng = "<rng model='virtio'><backend model='random'>/dev/random</backend></rng>"
    newest = releases()[-1]
    assert check(domain(rng)).verdicts[newest] == ReleaseVerdict.ACCEPTED
    document = "<network><name>a</name><ip address='10.0.0.1' netmask='255.0.0.0' prefix='8'/></network>"
    assert one_refusal(document, newest).kind is RefusalKind.COMBINATION


def test_a_release_between_known_ones_takes_the_answer_on_which_they_agree():
    assert check(domain(), "8.5").accepted
    refused = check(DOMAIN, "8.5")
    assert [gap.verdict for gap in refused.gaps] == [ReleaseVerdict.REFUSED]
    assert refused.verdicts == {}


def test_a_release_between_known_ones_that_differ_is_not_known():
    found = check(domain().replace("'kvm'", "'hvf'"), "8.0")
    assert [(gap.after, gap.before, gap.verdict) for gap in found.gaps] == [("7.9.0", "8.1.0", ReleaseVerdict.UNKNOWN)]
    assert not found.accepted


def test_releases_after_the_newest_are_not_known():
    found = check(domain(), "99.0")
    assert found.gaps[0].verdict is ReleaseVerdict.UNKNOWN
    assert not found.accepted


def test_every_known_release_of_a_range_is_answered():
    assert list(check(domain(), "6.0..6.2").verdicts) == ["6.0.0", "6.1.0", "6.2.0"]
    assert check(domain(), "6.0").gaps == ()


def test_a_range_before_all_known_releases_is_an_error():
    for asked in ("1.0", "0.9..2.0", "..1.0"):
        with pytest.raises(UsageError, match="older"):
            check(domain(), asked)


def test_a_document_kind_that_came_later_is_refused_as_a_whole():
    found = one_refusal("<domaincheckpoint><name>a</name></domaincheckpoint>", "4.0..6.0")
    assert found.path == "/domaincheckpoint"
    assert found.accepted.first == "5.6.0"


def test_objects_and_parts_of_documents_are_checked_too():
    disk = DiskFile(device="disk", target=DiskTarget(dev="vda", bus="virtio"))
    assert check(disk).accepted
    assert check("<disk type='vhostvdpa'><source dev='/x'/><target dev='vda'/></disk>").oldest == "9.8.0"


def test_elements_in_foreign_namespaces_are_dated():
    head = "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>a</name><memory>1</memory>"
    document = head + "<os><type>hvm</type></os><qemu:deprecation behavior='omit'/></domain>"
    found = one_refusal(document, "6.0..7.5")
    assert found.path == "/domain/qemu:deprecation"


def test_metadata_may_hold_anything():
    document = domain().replace("</domain>", "<metadata><x:a xmlns:x='urn:x' b='1'>t</x:a></metadata></domain>")
    assert check(document).accepted


def test_garbage_is_an_error_that_names_the_place():
    for text in ("", "<", "<domain", "<nonsense/>", b"\xff\xfe<", "<domain>&x;</domain>"):
        with pytest.raises(XMLError):
            check(text)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/domain/devices/tpm/backend/@type=external", "9.0.0 at the latest (after 8.1.0)"),
        ("/domain/devices/disk/source/@fdgroup", "9.0.0 at the latest (after 8.1.0)"),
        ("/domain/devices/disk[2]/source/@fdgroup", "9.0.0 at the latest (after 8.1.0)"),
        ("/domain/devices/disk[@type='nvme']/source", "6.0.0"),
        ("/domain/devices/disk[@type='nvme']", "6.0.0"),
        ("/domain/devices/disk/@type='nvme'", "6.0.0"),
        ("/domain/os/type=hvm", "1.2.0 or earlier"),
        ("domain/qemu:commandline/qemu:arg/@value", "1.2.0 or earlier"),
        ("/domain/@type=parallels", "1.2.0 or earlier, until 1.2.18"),
        ("/domaincheckpoint", "5.6.0"),
        ("/domain/os/type/text()=hvm", "1.2.0 or earlier"),
        ("/domain/metadata/anything/@at=all", "1.2.0 or earlier"),
        ("/domain/os/type=frob", "in no known release"),
    ],
)
def test_since_answers_for_elements_attributes_values_and_variants(path, answer):
    assert str(since(path)) == answer


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/domain/device", "did you mean devices"),
        ("/domian", "did you mean domain"),
        ("/domain/devices/disk/@tpye", "did you mean @type"),
        ("", "write it like"),
        ("/domain//x", "write it like"),
        ("/domain/devices[frob]", "write it like"),
        ("/domain=1", "belongs to"),
        ("/domain/name/x/y", None),
    ],
)
def test_a_path_that_is_nowhere_is_an_error_with_a_hint(path, hint):
    with pytest.raises(UsageError) as caught:
        since(path)
    assert hint is None or hint in (caught.value.hint or "")


def test_a_refusal_and_since_give_the_same_date():
    refusal = one_refusal(DOMAIN, "6.0..12.8")
    assert refusal.accepted == since(f"{refusal.path}={refusal.value}")


def test_releases_are_in_order_and_hold_the_newest():
    names = [tuple(map(int, name.split("."))) for name in releases()]
    assert names == sorted(names)
    assert all(early < late for early, late in itertools.pairwise(names))
