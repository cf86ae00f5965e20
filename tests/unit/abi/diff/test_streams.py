import pytest

from virtsmith.abi.diff.streams import find_stream_changes
from virtsmith.abi.dump.layout import StreamField, flatten


def state(*fields, version=1, minimum=1, **subsections):
    tree = {"name": "dev", "version": version, "minimum": minimum, "fields": list(fields)}
    return tree | ({"subsections": {name: state(*inner) for name, inner in subsections.items()}} if subsections else {})


LENGTHS = state("array 1*2")


def kinds(old, new, *, lengths=True):
    """The kind of every change in one device; another one shows whether both QEMUs report the lengths of arrays."""
    trees = [{"dev": tree, "other": LENGTHS} if lengths else {"dev": tree} for tree in (old, new)]
    return {"/".join(change.path[1:]): change.kind for change in find_stream_changes(*trees)}


def test_equal_layouts_do_not_differ():
    assert kinds(state("a 4", "b 8 ?"), state("a 4", "b 8 ?")) == {}


def test_other_names_for_the_same_bytes_are_no_break():
    assert kinds(state("pending 1", "mode 1"), state("pending_tmp 1", "mode 1")) == {"fields": "respelled"}


def test_an_unused_gap_in_the_place_of_two_fields_is_no_break():
    assert kinds(state("a 4", "b 4", "c 1"), state("unused 8", "c 1")) == {"fields": "respelled"}


def test_a_field_of_another_size_breaks():
    assert kinds(state("a 4", "b 4"), state("a 4", "b 8")) == {"fields": "wire"}


def test_a_further_field_breaks_unless_it_is_conditional():
    assert kinds(state("a 4"), state("a 4", "b 4")) == {"fields": "wire"}
    assert kinds(state("a 4"), state("a 4", "b 4 ?")) == {"fields": "conditional"}
    assert kinds(state("a 4", "b 4 ?"), state("a 4")) == {"fields": "conditional"}


def test_a_field_that_became_conditional_may_still_be_there():
    assert kinds(state("a 4", "b 2"), state("a 4", "b 2 ?")) == {"fields": "conditional"}


def test_fields_of_later_versions_are_not_expected_in_older_streams():
    assert kinds(state("a 4"), state("a 4", "b 4 v2", version=2)) == {
        "version": "respelled",
        "fields": "respelled",
    }


@pytest.mark.parametrize(("sent", "known", "oldest"), [(2, 1, 1), (1, 2, 2)])
def test_a_version_that_is_not_read_breaks(sent, known, oldest):
    found = kinds(state("a 4", version=sent), state("a 4", version=known, minimum=oldest))
    assert found["version"] == "unreadable"


def test_a_lower_version_that_is_still_read_is_fine():
    assert kinds(state("a 4", version=2), state("a 4", version=3, minimum=1)) == {"version": "respelled"}


def test_field_versions_that_fell_change_no_bytes():
    """QEMU's static checker calls this a version error: the clock of every PC had it in 11.1."""
    assert kinds(state("base 8 v3", "lost 2 v3", version=3), state("base 8", "lost 2", version=3)) == {
        "fields": "respelled"
    }


def test_a_subsection_is_lost_only_on_the_way_to_who_does_not_know_it():
    with_it, without = state("a 4", extended=["b 4"]), state("a 4")
    assert kinds(with_it, without) == {"subsections/extended": "conditional"}
    assert kinds(without, with_it) == {"subsections/extended": "respelled"}


def test_a_broken_subsection_may_never_be_sent():
    assert kinds(state(extended=["b 4"]), state(extended=["b 8"])) == {"subsections/extended/fields": "conditional"}


def test_old_qemus_that_do_not_report_lengths_of_arrays_get_the_benefit_of_the_doubt():
    pairs = [
        (state("regs 4", "x 1"), state("regs 4*32", "x 1"), "respelled"),
        (state("eitr 1", "x 1"), state("unused 5", "x 1*2"), "conditional"),
        (state("regs 4"), state("regs 2*32"), "conditional"),
        (state("regs 3"), state("regs 4"), "wire"),
    ]
    for old, new, kind in pairs:
        assert kinds(old, new, lengths=False) == {"fields": kind}


def test_lengths_count_if_both_report_them():
    assert kinds(state("regs 4*16", "x 1"), state("regs 4*32", "x 1")) == {"fields": "wire"}


def test_a_type_on_one_side_is_one_difference():
    change = find_stream_changes({}, {"dev": state("a 4")})[0]
    assert (change.path, change.old, change.kind) == (("dev",), None, "")


def test_only_the_fields_that_differ_are_shown():
    change = find_stream_changes({"dev": state("a 4", "b 4", "c 4")}, {"dev": state("a 4", "x 8", "c 4")})[0]
    assert (change.old, change.new) == (["b 4"], ["x 8"])


DESCRIPTION = {
    "name": "clock", "version_id": 3, "minimum_version_id": 1,
    "Fields": [
        {"field": "data", "version_id": 0, "field_exists": False, "size": 1, "num": 128},
        {"field": "timer", "version_id": 2, "field_exists": False, "size": 64, "num": 3, "Description": {
            "name": "timer", "version_id": 1, "minimum_version_id": 1, "Fields": [
                {"field": "expiry", "version_id": 0, "field_exists": True, "size": 8},
                {"field": "later", "version_id": 2, "field_exists": False, "size": 8}],
            "Subsections": [{"name": "timer/more", "version_id": 1, "minimum_version_id": 1}]}},
    ],
    "Subsections": [{"name": "clock/irq", "version_id": 1, "minimum_version_id": 1, "Fields": [
        {"field": "count", "version_id": 0, "field_exists": False, "size": 4}]}],
}  # fmt: skip


def test_a_description_becomes_the_fields_that_are_sent_in_order():
    tree = flatten(DESCRIPTION)
    assert (tree["name"], tree["version"], tree["minimum"]) == ("clock", 3, 1)
    assert tree["fields"] == ["data 1*128", "timer.expiry 8*3 v2 ?"]
    assert tree["subsections"]["clock/irq"]["fields"] == ["count 4"]
    assert tree["subsections"]["timer.timer/more"]["fields"] == []


def test_lines_and_fields_are_the_same_thing():
    for line in ("a.b[3].c 4", "x 8*3 v2 ?", "mac_reg[CTRL] 4 v1", "odd name 0 ?"):
        assert str(StreamField.parse(line)) == line
    with pytest.raises(ValueError, match="not a field"):
        StreamField.parse("nonsense")
