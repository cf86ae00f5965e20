"""Promises of comparisons that hold for any trees."""

import json

from hypothesis import given
from hypothesis import strategies as st

from virtsmith.abi.diff.compare import compare_dumps
from virtsmith.abi.diff.rule_file import load_rules
from virtsmith.abi.diff.streams import find_stream_changes
from virtsmith.abi.diff.verdict import VerdictWord, judge
from virtsmith.abi.diff.walk import find_changes
from virtsmith.abi.dump.model import Binary, Dump, Section, SectionStatus, iter_leaves

KEYS = st.sampled_from(["a", "b", "net0", "0x34", "0x53", "queues", "features", "@type", "@device", "raw", "ICH9 SMB"])
LEAVES = st.one_of(
    st.booleans(),
    st.integers(-2, 2),
    st.sampled_from(["", "1", "-1", "true", "zz"]),
    st.lists(st.sampled_from(["a", "b 4"]), max_size=2),
)
TREES = st.dictionaries(
    KEYS, st.recursive(LEAVES, lambda inner: st.dictionaries(KEYS, inner, max_size=4), max_leaves=8), max_size=5
)
SECTIONS = st.sampled_from(["props", "pci", "virtio", "acpi", "vmstate", "cpu", "machines", "memory", "new-section"])
STATUSES = st.sampled_from([*SectionStatus, SectionStatus.OK, SectionStatus.OK, SectionStatus.OK])
PARTS = st.dictionaries(SECTIONS, st.builds(Section, STATUSES, TREES), max_size=4)
FIELDS = st.lists(st.sampled_from(["a 4", "b 4", "a 4 ?", "c 1*8", "c 1", "d 2 v2"]), max_size=5)
STATES = st.fixed_dictionaries(
    {"name": st.just("dev"), "version": st.integers(0, 2), "minimum": st.integers(0, 1), "fields": FIELDS}
)


def dump_of(parts, version="7.2.0"):
    return Dump(Binary(version, "", version.ljust(64, "0")), "pc-q35-7.2", "default-0", "tcg", parts)


@given(TREES)
def test_a_tree_does_not_differ_from_its_copy(tree):
    assert find_changes(tree, json.loads(json.dumps(tree))) == []


@given(TREES, TREES)
def test_every_differing_leaf_is_in_a_change_and_no_other(old, new):
    before, after = dict(iter_leaves(old)), dict(iter_leaves(new))
    differing = {path for path in before.keys() | after.keys() if not same(before, after, path)}
    changed = [change.path for change in find_changes(old, new)]
    for path in differing:
        assert any(path[: len(start)] == start or is_filled(before, after, path, start) for start in changed)
    for start in changed:
        assert any(path[: len(start)] == start for path in differing)


def is_filled(before, after, path, start):
    """Whether a tree that is empty on one side has something in it on the other, which is the change."""
    return {} in (before.get(path), after.get(path)) and start[: len(path)] == path


def same(before, after, path):
    return path in before and path in after and json.dumps(before[path]) == json.dumps(after[path])


@given(TREES, TREES)
def test_the_way_back_has_the_same_places_with_values_exchanged(old, new):
    there = {(change.path, str(change.old), str(change.new)) for change in find_changes(old, new)}
    back = {(change.path, str(change.new), str(change.old)) for change in find_changes(new, old)}
    assert there == back


@given(PARTS)
def test_a_dump_does_not_differ_from_itself(parts):
    result = compare_dumps(dump_of(parts), dump_of(parts))
    assert result.differences == []
    assert set(result.unjudged) >= {name for name, part in parts.items() if not part.known}


@given(PARTS, PARTS)
def test_every_section_is_either_compared_or_unjudged_and_every_difference_has_a_rule(old, new):
    result = compare_dumps(dump_of(old), dump_of(new, "10.0.0"))
    assert {*result.compared} | result.unjudged.keys() == old.keys() | new.keys()
    assert not {*result.compared} & result.unjudged.keys()
    ids = {rule.id for rule in load_rules().rules}
    assert all(difference.rule in ids and difference.reason for difference in result.differences)
    if judge(result).word is VerdictWord.NOTHING_FOUND:
        assert not any(difference.impact.matters for difference in result.differences)
        assert not any(load_rules().can_matter(section) for section in result.unjudged)


@given(STATES, STATES)
def test_state_that_is_the_same_is_read_and_other_bytes_are_not(old, new):
    changes = find_stream_changes({"dev": old}, {"dev": new})
    assert (changes == []) == (old == new)
    assert find_stream_changes({"dev": old}, {"dev": dict(old)}) == []
