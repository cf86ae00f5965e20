"""What becomes of a domain's machine type, and what to take instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from libvirtxml.findings import Severity

from virtsmith.abi.diff.rule_file import load_rules
from virtsmith.abi.machines import RULES, advise, safe_types
from virtsmith.qemu.domain_machine import DomainMachine
from virtsmith.qemu.machines import MachineTypes, MachineTypeState

OLD = MachineTypes(
    "QEMU 7.2",
    {"pc-q35-2.12": True, "pc-q35-5.2": False, "pc-q35-7.0": False, "pc-q35-7.2": False, "isapc": False},
    {"q35": "pc-q35-7.2"},
)
NEW = MachineTypes(
    "QEMU 11.1",
    {"pc-q35-5.2": True, "pc-q35-7.0": False, "pc-q35-7.2": False, "pc-q35-11.1": False},
    {"q35": "pc-q35-11.1"},
)
RHEL = MachineTypes("rhel-9.6", {"q35": False}, {}, own=True)


def domain(machine, kind="kvm", arch="x86_64"):
    return DomainMachine("web", kind, arch, machine, 7)


def look(machine, *qemus):
    return advise(domain(machine), "web.xml", qemus)


def rules(advice):
    return [(finding.rule, finding.severity) for finding in advice.findings]


def test_a_removed_type_gets_the_next_one_that_lasts():
    found = look("pc-q35-2.12", OLD, NEW)
    assert rules(found) == [
        ("ABI-VM-MACHINE-REMOVED", Severity.ERROR),
        ("ABI-VM-MACHINE-DEPRECATED", Severity.WARNING),
    ]
    assert (found.next, found.newest) == ("pc-q35-7.0", "pc-q35-7.2")
    assert found.findings[0].message == (
        "pc-q35-2.12 has been removed from QEMU 11.1 (since 2.12, deprecated in 9.1, removed in 11.1 at the latest "
        "(after 10.0)); next safe type: pc-q35-7.0, newest: pc-q35-7.2"
    )
    assert str(found.findings[0].where) == "web.xml:7"


def test_a_deprecated_type_is_a_warning():
    found = look("pc-q35-5.2", OLD, NEW)
    assert rules(found) == [("ABI-VM-MACHINE-DEPRECATED", Severity.WARNING)]
    assert found.states == {"QEMU 7.2": MachineTypeState.PRESENT, "QEMU 11.1": MachineTypeState.DEPRECATED}


def test_a_type_that_is_too_new_gets_the_newest_that_all_have():
    found = look("pc-q35-11.1", OLD, NEW)
    assert rules(found) == [("ABI-VM-MACHINE-TOO-NEW", Severity.ERROR)]
    assert found.next == "pc-q35-7.2"


def test_a_type_that_all_have_needs_no_change():
    found = look("pc-q35-7.0", OLD, NEW)
    assert (found.findings, found.next, found.newest) == ((), "", "")


@pytest.mark.parametrize("machine", ["q35", ""])
def test_a_short_name_that_means_several_types_is_a_warning_and_one_meaning_a_note(machine):
    old = MachineTypes(OLD.version, OLD.names, {"q35": "pc-q35-7.2", "pc": "pc-q35-7.2"})
    new = MachineTypes(NEW.version, NEW.names, {"q35": "pc-q35-11.1", "pc": "pc-q35-11.1"})
    both, item = look(machine, old, new), look(machine, old)
    assert rules(both) == [("ABI-VM-MACHINE-ALIAS", Severity.WARNING)]
    assert "pc-q35-7.2 in QEMU 7.2, pc-q35-11.1 in QEMU 11.1" in both.findings[0].message
    assert rules(item) == [("ABI-VM-MACHINE-ALIAS", Severity.NOTE)]
    assert ("libvirt uses pc" in item.findings[0].message) == (not machine)


def test_without_a_safe_type_the_best_that_all_have_is_named():
    newest = MachineTypes("QEMU 12", {"pc-q35-7.2": True}, {})
    found = look("pc-q35-5.2", OLD, newest)
    assert found.next == ""
    assert "all have pc-q35-7.2, but it is deprecated in QEMU 12" in found.findings[0].message
    assert "they have no machine type of its kind in common" in look("pc-q35-7.2", OLD, RHEL).findings[0].message


def test_a_distributions_own_type_gets_upstreams_of_the_same_chipset():
    found = look("pc-q35-noble", OLD, NEW)
    assert rules(found) == [("ABI-VM-MACHINE-UNKNOWN", Severity.ERROR)]
    assert found.next == "pc-q35-7.2"


def test_what_is_not_known_is_a_note():
    assert rules(look("pc-q35-rhel9.4.0", RHEL)) == [("ABI-VM-MACHINE-NOT-REPORTED", Severity.NOTE)]
    for other in (domain("virt", arch="aarch64"), domain("pc", kind="xen")):
        found = advise(other, "a.xml", [OLD])
        assert rules(found) == [("ABI-VM-MACHINE-NOT-REPORTED", Severity.NOTE)]
        assert found.states == {}


def test_types_without_a_version_that_a_qemu_lacks_are_unknown_there():
    assert rules(look("isapc", OLD, NEW)) == [("ABI-VM-MACHINE-UNKNOWN", Severity.ERROR)]
    assert rules(look("isapc", OLD)) == []


def test_rule_ids_are_not_those_of_other_rules():
    assert not {rule.id for rule in RULES} & {rule.id for rule in load_rules().rules}


NAMES = st.sampled_from(["pc-q35-2.4", "pc-q35-5.2", "pc-q35-10.0", "pc-i440fx-5.2", "isapc", "pc-q35-rhel9.4.0"])
QEMUS = st.lists(
    st.builds(
        MachineTypes,
        st.sampled_from(["a", "b", "c"]),
        st.dictionaries(NAMES, st.booleans()),
        st.dictionaries(st.sampled_from(["pc", "q35"]), NAMES),
        st.frozensets(NAMES),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    unique_by=lambda first: first.version,
)


@pytest.mark.slow
@given(st.text(max_size=12) | NAMES | st.sampled_from(["q35", "pc", ""]), QEMUS)
def test_whatever_is_named_next_exists_everywhere_and_is_deprecated_nowhere(machine, qemus):
    found = look(machine, *qemus)
    for name in (found.next, found.newest, *safe_types(machine, qemus)):
        assert not name or all(qemu.state(name) is MachineTypeState.PRESENT for qemu in qemus)
    assert {finding.rule for finding in found.findings} <= {rule.id for rule in RULES}
    harmless = all(state is MachineTypeState.PRESENT for state in found.states.values())
    assert harmless or found.findings
