"""Machine types of one QEMU, and over upstream's releases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from libvirtxml import XMLError
from libvirtxml.versions import Version

from virtsmith.errors import InputError
from virtsmith.qemu.domain_machine import read_machine
from virtsmith.qemu.machine_history import History, dump_history, find_series, load_history, parse_history
from virtsmith.qemu.machines import (
    MachineTypes,
    MachineTypeState,
    family,
    parse_types,
    series,
    upstream_family,
    upstream_version,
)

QEMU_72 = parse_types(
    "7.2",
    [{"name": "pc-q35-7.2", "alias": "q35"}, {"name": "pc-q35-1.5", "deprecated": True}, {"name": "isapc"}],
)


def test_a_short_name_has_the_state_of_what_it_means():
    assert QEMU_72.resolve("q35") == "pc-q35-7.2"
    assert [QEMU_72.state(name) for name in ("q35", "pc-q35-1.5", "isapc", "pc")] == [
        MachineTypeState.PRESENT,
        MachineTypeState.DEPRECATED,
        MachineTypeState.PRESENT,
        MachineTypeState.ABSENT,
    ]


def test_what_a_build_may_have_added_is_not_known():
    own = MachineTypes("rhel", {}, {}, own=True)
    assert [own.state(name) for name in ("pc-q35-rhel9.4.0", "pc-q35-7.2")] == [
        MachineTypeState.UNKNOWN,
        MachineTypeState.ABSENT,
    ]
    partial = MachineTypes("debian", {}, {}, partial=True)
    assert [partial.state(name) for name in ("pc-q35-rhel9.4.0", "xenfv")] == [
        MachineTypeState.ABSENT,
        MachineTypeState.UNKNOWN,
    ]


def test_families_are_distinguished_from_versions():
    assert [family(name) for name in ("pc-1.3", "pc-i440fx-noble-v2", "virt-9.0", "microvm")] == [
        "pc-i440fx",
        "pc-i440fx-noble-v2",
        "virt",
        "microvm",
    ]
    assert upstream_family("pc-q35-rhel9.4.0") == "pc-q35"
    assert [upstream_version(name) for name in ("pc-q35-4.0.1", "pc-0.12", "pc-q35-rhel9.4.0", "q35")] == [
        Version.parse("4.0.1"),
        Version.parse("0.12"),
        None,
        None,
    ]


def test_lives_are_no_more_exact_than_what_was_asked():
    known = load_history()
    assert str(known.life("pc-q35-2.3")) == "since 2.3, removed in 2.6"
    assert str(known.life("pc-1.3")) == "since 1.3, deprecated in 5.0, removed in 6.0"
    assert str(known.life("pc-q35-2.12")) == (
        "since 2.12, deprecated in 9.1, removed in 11.1 at the latest (after 10.0)"
    )
    assert str(known.life("isapc")) == ""
    assert known.life("pc-q35-99.9") is None


def test_removals_since_10_0_keep_to_qemus_policy():
    history = load_history()
    newest = series(history.releases[-1])
    lives = [history.life(name) for name in history.names if upstream_version(name)]
    assert all(series(live.expected) > newest for live in lives if not live.removed)
    recent = [upstream_version(live.name).numbers for live in lives if live.removed and series(live.removed) > (10, 0)]
    assert recent
    assert all((major + 6, minor) <= newest for major, minor, *_ in recent)
    assert history.life("pc-q35-7.2").expected == "13.2"


def test_a_release_between_two_known_ones_has_what_both_have():
    between = load_history().at("10.2")
    assert [between.state(name) for name in ("pc-q35-9.2", "pc-q35-10.2", "pc-q35-4.2", "pc-q35-11.1")] == [
        MachineTypeState.PRESENT,
        MachineTypeState.PRESENT,
        MachineTypeState.UNKNOWN,
        MachineTypeState.ABSENT,
    ]
    assert between.resolve("q35") == "pc-q35-10.2"


def test_releases_beyond_the_recorded_ones_are_known_by_names_only():
    later, earlier = load_history().at("99.0"), load_history().at("1.0")
    assert (later.names, earlier.names) == ({}, {})
    assert [later.state("pc-q35-11.1"), earlier.state("pc-q35-1.5"), earlier.state("pc-1.0")] == [
        MachineTypeState.UNKNOWN,
        MachineTypeState.ABSENT,
        MachineTypeState.UNKNOWN,
    ]


@pytest.mark.parametrize(
    ("version", "package", "expected"),
    [
        ("7.2.22", "", "7.2"), ("2.11.90", "v2.12.0-rc0", "2.12"), ("3.0.92", "v3.1.0-rc2-48-g039d4e3df0", "3.1"),
        ("7.2.50", "v7.2.0-333-g222059a0fc", ""), ("9.2.90", "", ""), ("7.2", "", "7.2"),
    ],
)  # fmt: skip
def test_candidates_count_as_their_release_and_snapshots_as_none(version, package, expected):
    assert find_series(version, package) == expected


NAMES = st.sampled_from(["pc-q35-2.4", "pc-q35-2.5", "pc-i440fx-3.0", "isapc", "pc-1.3"])
QEMUS = st.dictionaries(
    st.tuples(st.integers(1, 12), st.integers(0, 3)), st.dictionaries(NAMES, st.booleans(), max_size=5), min_size=1
)


@given(QEMUS)
def test_a_history_says_what_went_into_it_and_survives_its_file(qemus):
    known = [MachineTypes(f"{major}.{minor}", names, {}) for (major, minor), names in qemus.items()]
    history = History.of(known)
    again = parse_history(dump_history(history), "x")
    assert dump_history(again) == dump_history(history)
    for item in known:
        assert dict(again.at(item.version).names) == dict(item.names)


@given(QEMUS, st.tuples(st.integers(0, 14), st.integers(0, 4)))
def test_a_release_that_was_not_asked_gets_no_type_that_its_neighbours_lack(qemus, release):
    history = History.of(MachineTypes(f"{major}.{minor}", names, {}) for (major, minor), names in qemus.items())
    found = history.at("{}.{}".format(*release))
    around = [names for key, names in qemus.items() if key == release]
    around = around or [
        qemus[key]
        for key in (
            max((k for k in qemus if k < release), default=None),
            min((k for k in qemus if k > release), default=None),
        )
        if key
    ]
    assert set(found.names) <= {name for names in around for name in names}


@pytest.mark.parametrize(
    "text", ["", "x", "releases = 3", 'releases = ["7.2", "5.2"]\n[types]', 'releases = ["7.2"]\n[types]\na = 3',
             'releases = ["7.2"]\n[types]\n"pc" = { in = "5.2-" }', 'releases = ["x"]\n[types]'],
)  # fmt: skip
def test_a_damaged_table_is_refused(text):
    with pytest.raises(InputError, match=r"a\.toml: not a table of machine types"):
        parse_history(text, "a.toml")


def test_a_series_needs_two_places():
    assert series("10.0.13") == (10, 0)


def test_a_domain_has_a_machine_and_its_line():
    text = (
        "<domain type='kvm'>\n<name>web</name>\n<memory>1</memory>\n<os>\n<type machine='pc'>hvm</type></os></domain>"
    )
    found = read_machine(text)
    assert (found.name, found.kind, found.machine, found.line, found.obstacle) == ("web", "kvm", "pc", 5, "")
    assert read_machine(text.encode("utf-16")).line == 5
    assert read_machine("<network><name>a</name></network>") is None
    assert "for lxc" in read_machine("<domain type='lxc'><name>a</name></domain>").obstacle
    arm = "<domain type='kvm'><name>a</name><os><type arch='aarch64' machine='virt'>hvm</type></os></domain>"
    assert "for aarch64" in read_machine(arm).obstacle
    with pytest.raises(XMLError):
        read_machine("<domain>")
