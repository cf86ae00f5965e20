"""Distributions and what they carry, minimum versions, and which of them accept a document."""

import datetime as dt
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st
from libvirtxml.acceptance import ReleaseVerdict, check, since
from libvirtxml.versions import Version

from virtsmith.ark.archive.mirror import Mirror
from virtsmith.ark.catalogue.minimum import plan_minimum
from virtsmith.ark.catalogue.target_refresh import learn
from virtsmith.ark.catalogue.targets import COLUMNS, Target, Targets, dump_targets, parse_targets, parse_versions
from virtsmith.ark.check.targets import first_of_each, judge
from virtsmith.errors import InputError, UsageError
from virtsmith.qemu.machines import MachineTypeState

DAY = dt.date(2026, 11, 23)
HEAD = ",".join(COLUMNS) + "\n"


@pytest.fixture
def targets(tmp_path):
    return Targets(tmp_path / "own.csv")


def document(machine="pc", kind="kvm", arch="x86_64"):
    os = f"<os><type arch='{arch}' machine='{machine}'>hvm</type></os>"
    return f"<domain type='{kind}'><name>a</name><memory>1</memory>{os}</domain>".encode()


def verdicts(targets, data, *words):
    return {item.target.name: item for item in judge(data, targets.choose(words))[1]}


def test_every_shipped_row_names_its_source_and_has_a_libvirt(targets):
    text = resources.files("virtsmith.ark.catalogue").joinpath("targets.csv").read_text()
    assert dump_targets(parse_targets(text, "x")) == text
    assert all(target.source and target.libvirt for target in targets.all())
    assert {"debian", "ubuntu", "fedora", "rhel"} <= {target.distribution for target in targets.all()}


def test_targets_are_chosen_by_name_code_name_pattern_and_support(targets):
    def names(*words):
        return [target.name for target in targets.choose(words, DAY)]

    assert names("debian-12", "noble", "debian-12") == ["debian-12", "ubuntu-24.04"]
    assert names("Ubuntu-2[02].04") == ["ubuntu-20.04", "ubuntu-22.04"]
    assert names("sles") == ["sles-15.2", "sles-15.3"]
    assert names("all") == [target.name for target in targets.all()]
    assert "debian-12" not in names("supported")
    assert {"debian-12", "ubuntu-20.04"} <= set(names("extended"))
    with pytest.raises(UsageError, match="unknown target: debian-99") as caught:
        names("debian-99")
    assert "debian-12" in caught.value.hint


def test_releases_are_in_order_with_backports_above_and_sid_last(targets):
    names = [target.name for target in targets.choose(["debian"])]
    assert names[:3] == ["debian-11", "debian-12", "debian-12-backports"]
    assert names[-1] == "debian-sid"
    rhel = [Version.parse(target.release) for target in targets.choose(["rhel"])]
    assert rhel == sorted(rhel)


def test_versions_may_stand_for_a_distribution():
    found = parse_versions("libvirt=8.0, qemu=6.2")
    assert (found.name, found.libvirt, found.qemu) == ("libvirt=8.0, qemu=6.2", "8.0", "6.2")
    for text in ("libvirt=", "libvirt=x", "xen=1.0", "libvirt=1.0,libvirt=2.0", "=", "qemu=1.0,"):
        with pytest.raises(UsageError):
            parse_versions(text)


def test_what_is_recorded_lies_above_what_was_shipped(targets):
    changed = Target("debian", "12", "bookworm", libvirt="9.9.0", source="me")
    assert targets.record([changed, Target("arch", "rolling", libvirt="12.0.0", source="me")]) == 2
    again = Targets(targets.own)
    assert again.choose(["debian-12"]) == [changed]
    assert again.choose(["arch"])[0].libvirt == "12.0.0"
    assert again.record([changed]) == 0


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("debian,12,,,,,9.0.0,7.2,,,,", "bad source"), ("Debian,12,,,,,9.0.0,7.2,,,,s", "bad distribution"),
        ("debian,12,,12.3.2004,,,9.0.0,7.2,,,,s", "bad released"),
        ("debian,12,,2023-02-31,,,9.0.0,,,,,s", "bad released"),
        ("debian,12,,,,,nine,7.2,,,,s", "bad libvirt"), ("debian,12,,,,,9,7.2,,,,s", "bad libvirt"),
        ("debian,12,,,,,9.0.0,7.2,,mine,,s", "bad types"), ("debian,12", "wrong number of fields"),
        ("debian,12,,,,,9.0.0,,,,,s\ndebian,12,,,,,9.0.0,,,,,s", "debian-12 twice"),
    ],
)  # fmt: skip
def test_a_damaged_table_is_refused_with_its_line(row, problem):
    with pytest.raises(InputError, match=problem):
        parse_targets(HEAD + row + "\n", "own.csv")


def test_the_minimum_rises_as_support_ends(targets):
    steps = plan_minimum(targets.choose(["debian-11", "debian-12", "jammy", "noble"]))
    assert [(step.since, step.libvirt, step.qemu) for step in steps] == [
        ("", "7.0.0", "5.2"),
        ("2024-08-14", "8.0.0", "6.2"),
        ("2027-06-01", "10.0.0", "8.2.2"),
    ]
    assert steps[0].libvirt_by == ("debian-11",)
    assert set(steps[2].dropped) == {"debian-12", "ubuntu-22.04"}


def test_longer_support_keeps_a_minimum_longer(targets):
    steps = plan_minimum(targets.choose(["debian-12", "debian-13"]), extended=True)
    assert [(step.since, step.libvirt) for step in steps] == [("", "9.0.0"), ("2028-06-30", "11.3.0")]


def test_the_plan_agrees_with_nova_where_its_table_holds(targets):
    """Nova 2025.1 set MIN 8.0.0/6.2.0 for Ubuntu 22.04, and NEXT_MIN 10.0.0/8.2.2 for 24.04."""
    steps = plan_minimum(targets.choose(["jammy", "noble", "centos-stream-9"]))
    assert [(step.libvirt, step.qemu) for step in steps[:2]] == [("8.0.0", "6.2"), ("10.0.0", "8.2.2")]


VERSIONS = st.tuples(st.integers(1, 12), st.integers(0, 10)).map(lambda pair: "{}.{}".format(*pair))
MADE = st.lists(
    st.tuples(st.dates(dt.date(2020, 1, 1), dt.date(2022, 1, 1)).map(str) | st.just(""), VERSIONS, VERSIONS), min_size=1
)


@given(MADE)
def test_no_target_of_a_step_is_below_its_minimum_and_one_sets_it(made):
    targets = [
        Target("d", str(number), eol=eol, libvirt=libvirt, qemu=qemu)
        for number, (eol, libvirt, qemu) in enumerate(made)
    ]
    by_name = {target.name: target for target in targets}
    steps = plan_minimum(targets)
    assert steps[0].targets == tuple(by_name)
    for step in steps:
        left = [by_name[name] for name in step.targets]
        assert min(Version.parse(target.libvirt) for target in left) == Version.parse(step.libvirt)
        assert min(Version.parse(target.qemu) for target in left) == Version.parse(step.qemu)
        assert all(Version.parse(by_name[name].libvirt) == Version.parse(step.libvirt) for name in step.libvirt_by)
        assert set(step.libvirt_by) <= set(step.targets)
        assert not any(item.eol and item.eol <= step.since for item in left)
    assert [step.since for step in steps] == sorted({step.since for step in steps})


def test_libvirt_and_qemu_are_judged_apart(targets):
    data = document("pc-q35-9.2", kind="hvf")
    found = verdicts(targets, data, "debian-11", "debian-12", "debian-13")
    assert {name: (dump.schema, dump.machine, dump.fits) for name, dump in found.items()} == {
        "debian-11": (ReleaseVerdict.REFUSED, MachineTypeState.ABSENT, False),
        "debian-12": (ReleaseVerdict.ACCEPTED, MachineTypeState.ABSENT, False),
        "debian-13": (ReleaseVerdict.ACCEPTED, MachineTypeState.PRESENT, True),
    }
    assert "QEMU 7.2 has no machine type pc-q35-9.2" in found["debian-12"].reasons[0]


def test_builds_with_types_of_their_own_refuse_upstreams(targets):
    found = verdicts(targets, document("pc-q35-7.2"), "rhel-9.6", "noble")
    assert [value.fits for value in found.values()] == [False, True]
    own = verdicts(targets, document("pc-q35-rhel9.6.0"), "rhel-9.6", "debian-13")
    assert [value.fits for value in own.values()] == [None, False]
    assert verdicts(targets, document("pc-i440fx-resolute"), "resolute")["ubuntu-26.04"].fits


def test_short_names_and_documents_without_a_qemu_are_judged_by_libvirt_alone(targets):
    assert all(verdict.fits for verdict in verdicts(targets, document("q35"), "all").values())
    for data in (document("virt", arch="aarch64"), b"<network><name>a</name></network>", b"<disk type='file'/>"):
        found = verdicts(targets, data, "debian-12", "libvirt=9.0")
        assert [value.machine for value in found.values()] == [None, None]


def test_a_target_of_which_too_little_is_known_is_not_said_to_accept(targets):
    found = verdicts(targets, document("pc-q35-4.2"), "alpine-3.21", "alpine-3.22", "libvirt=10.9")
    assert [value.fits for value in found.values()] == [None, None, True]


def test_a_release_between_known_ones_takes_their_answer_if_they_agree():
    both = check(document(kind="hvf"))
    assert [both.judge(name) for name in ("9.0", "7.9.0", "8.0.0", "9.1.0", "99.0", "0.9")] == [
        ReleaseVerdict.ACCEPTED,
        ReleaseVerdict.REFUSED,
        ReleaseVerdict.UNKNOWN,
        ReleaseVerdict.ACCEPTED,
        ReleaseVerdict.UNKNOWN,
        ReleaseVerdict.UNKNOWN,
    ]
    found = since("/domain/@type=hvf")
    assert [found.judge(name) for name in ("8.0.0", "10.0.0", "1.3.0")] == [
        ReleaseVerdict.UNKNOWN,
        ReleaseVerdict.ACCEPTED,
        ReleaseVerdict.REFUSED,
    ]


def test_the_first_release_of_each_distribution_is_found(targets):
    found = {
        name: (first and first.name, unsure)
        for name, first, unsure in first_of_each(since("/domain/@type=hvf"), targets.all())
    }
    assert found["debian"] == ("debian-12", False)
    assert found["ubuntu"] == ("ubuntu-24.04", True)
    assert found["sles"] == (None, False)


DATES = """version,codename,series,created,release,eol,{}
12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11,2028-06-30
,Sid,sid,1993-08-16
24.04 LTS,Noble Numbat,noble,2023-10-12,2024-04-25,2029-05-31,2040-01-01
"""


@pytest.fixture
def filled(archive):
    archive.add("libvirt0", "99.1.0-1", {"usr/lib/a": b""})
    archive.add("qemu-system-x86", "1:88.2.3+ds-1", {"usr/bin/a": b""})
    lists = {name: DATES.format(column).encode() for name, column in (("debian", "eol-lts"), ("ubuntu", "eol-esm"))}
    archive.add(
        "distro-info-data", "2099.1-1", {f"usr/share/distro-info/{name}.csv": text for name, text in lists.items()}
    )
    return archive.publish()


def test_debian_is_learned_from_a_signed_archive_and_other_dates_with_it(filled, server, tmp_path, targets):
    warnings = []
    mirror = Mirror(tmp_path / "cache", keyring=filled.keyring, fingerprints=frozenset({filled.fingerprint}))
    found = learn(targets, mirror, address=f"{server.url}/.", warn=warnings.append, today=DAY)
    by_name = {target.name: target for target in found}
    sid = by_name["debian-sid"]
    assert (sid.libvirt, sid.qemu, sid.machine) == ("99.1.0", "88.2.3", "pc-i440fx-88.2")
    assert (sid.checked, sid.source) == ("2026-11-23", "Debian archive: sid; distro-info-data 2099.1")
    assert by_name["ubuntu-24.04"].extended == "2040-01-01"
    assert "distro-info-data 2099.1" in by_name["ubuntu-24.04"].source
    assert "2026.10.12" not in by_name["ubuntu-24.04"].source
    assert set(by_name) == {"debian-sid", "ubuntu-24.04"}
    assert any("the row of bookworm is kept" in text for text in warnings)
    assert targets.record(found) == 2
    assert learn(targets, mirror, address=f"{server.url}/.", suites=["sid"], warn=warnings.append) == []


def test_an_archive_without_dates_is_refused(archive, server, tmp_path, targets):
    archive.add("libvirt0", "99.1.0-1", {"usr/lib/a": b""})
    archive.publish()
    mirror = Mirror(tmp_path / "cache", keyring=archive.keyring, fingerprints=frozenset({archive.fingerprint}))
    with pytest.raises(UsageError, match="has no distro-info-data"):
        learn(targets, mirror, address=f"{server.url}/.", suites=["sid"], warn=print)
