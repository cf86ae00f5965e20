"""Dumps in a directory: made once, the same bytes each time, found again, summarised in a table."""

import json
from pathlib import Path

import pytest
from helpers.abi_dumps import dump
from hypothesis import given
from hypothesis import strategies as st

from virtsmith.abi.diff.compare import compare_dumps
from virtsmith.abi.dump.dumping import DumpPlan, make_dumps, select_machines, summarise
from virtsmith.abi.dump.model import Binary, Dump, Section, SectionStatus
from virtsmith.abi.dump.store import DumpStore, dump_text, load_dump, parse_dump
from virtsmith.abi.machine.devices import device_set
from virtsmith.abi.sources.binary import find_emulator
from virtsmith.core.parallel.processes import ProcessExecutor
from virtsmith.errors import InputError, UsageError

SAMPLE = Path(__file__).parents[3] / "samples" / "qemu-7.2.replies"
BINARY = Binary("7.2.22", "Debian 1:7.2+dfsg-7", "0123456789abcdef" * 4)


def dumps(directory, *patterns, jobs=1, **options):
    order = DumpPlan(patterns, [device_set("none")], **options)
    return list(make_dumps([find_emulator(str(SAMPLE))], order, DumpStore(directory), ProcessExecutor(jobs)))


def test_a_recording_gives_one_dump_and_machine_types_only_if_they_are_named(tmp_path):
    assert [made.machine for made in dumps(tmp_path)] == [None]
    made = dumps(tmp_path, "pc-q35-*", "pc")
    assert [item.machine for item in made] == [None, "pc-i440fx-7.2", "pc-q35-7.2"]
    sections = load_dump(made[1].path).sections
    assert sections["lifecycle"].data["alias"] == "pc"
    assert sections["props"].status is SectionStatus.NOT_RECORDED
    assert made[1].lacking["acpi"] == "not-recorded"


def test_differences_of_a_section_that_no_rule_knows_are_visible_to_guests():
    comparison = compare_dumps(dump("7.2.0", pigeons={"count": "1"}), dump("8.0.0", pigeons={"count": "2"}))
    assert [(item.section, item.rule) for item in comparison.differences] == [("pigeons", "ABI-OTHER")]


def test_what_exists_is_kept_and_made_again_only_if_asked_or_damaged(tmp_path):
    (first,) = dumps(tmp_path)
    before = first.path.read_bytes()
    (again,) = dumps(tmp_path)
    assert (first.cached, again.cached) == (False, True)
    assert not dumps(tmp_path, fresh=True)[0].cached
    first.path.write_bytes(before[:1000])
    (repaired,) = dumps(tmp_path)
    assert not repaired.cached
    assert first.path.read_bytes() == before


@pytest.mark.parametrize("change", [
    lambda sections: sections.pop("memory"),
    lambda sections: sections.update(probe={"status": "unsupported", "detail": "no memory", "data": {}}),
    lambda sections: sections.update(props={"status": "crashed", "detail": "killed", "data": {}}),
])  # fmt: skip
def test_dumps_that_another_try_may_complete_are_made_again(tmp_path, change):
    made = dumps(tmp_path, "pc")[1]
    before = made.path.read_bytes()
    data = json.loads(before)
    change(data["sections"])
    made.path.write_text(json.dumps(data))
    assert not dumps(tmp_path, "pc")[1].cached
    assert made.path.read_bytes() == before


def test_one_process_and_several_write_the_same_bytes(tmp_path):
    for name, jobs in (("one", 1), ("two", 2)):
        dumps(tmp_path / name, "*", jobs=jobs)
    files = {path.name: path.read_bytes() for path in (tmp_path / "one").rglob("*.json")}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "two").rglob("*.json")}
    assert len(files) == 6


def test_a_pattern_that_means_no_machine_type_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no machine type is pc-q36"):
        dumps(tmp_path, "pc-q35-7.2", "pc-q36")


def test_machine_types_come_in_natural_order():
    names = ["pc-q35-10.0", "pc-q35-9.2", "pc-q35-2.11"]
    dump = Dump(BINARY, None, "", "tcg", {"machines": Section(SectionStatus.OK, {name: {} for name in names})})
    assert select_machines(dump, []) == ["pc-q35-2.11", "pc-q35-9.2", "pc-q35-10.0"]


def test_the_summary_has_a_row_for_each_qemu_and_says_what_is_not_ok(tmp_path):
    table = summarise(dumps(tmp_path, "pc"))
    ((binary, machines, kept, _, _, lacking),) = table.rows
    assert binary.text.startswith("7.2.22-")
    assert (machines.text, kept.text) == ("1", "0")
    assert "compat unsupported (2)" in lacking.text
    assert "Parameter 'compat-props' is unexpected (QEMU itself/compat, pc-i440fx-7.2/compat)" in lacking.detail


def test_dumps_are_found_by_version_and_beginning_of_the_name(tmp_path):
    store = DumpStore(tmp_path)
    for number in ("7.2.22", "7.2.3", "11.1.3"):
        binary = Binary(number, "", number.replace(".", "") * 20)
        store.save(Dump(binary, None, "", "tcg", {"machines": Section(SectionStatus.OK, {"pc": {}})}))
        store.save(Dump(binary, "pc", "default-12345678", "tcg", {}))
    assert store.find("qemu@11.1", None, "").parent.name == "11.1.3-111311131113"
    assert store.find("7.2.3", "pc", "default").name == "pc.default-12345678.tcg.json"
    assert [path.parent.name[:6] for path in store.iter_paths()] == ["7.2.3-"] * 2 + ["7.2.22"] * 2 + ["11.1.3"] * 2
    assert [row["dumps"] for row in store.list()] == [1, 1, 1]
    for requested, why in (("7.2", "several"), ("8", "no dumps of"), ("1", "no dumps of")):
        with pytest.raises(UsageError, match=why):
            store.find(requested, None, "")
    with pytest.raises(UsageError, match="no dump of pc with devices virtio"):
        store.find("11.1", "pc", "virtio")


@pytest.mark.parametrize("name", ["../escape", "a/b", ".hidden", "", "x" * 300, "a\0b"])
def test_a_recording_cannot_name_files_outside_of_the_directory(tmp_path, name):
    text = SAMPLE.read_text().replace('"name": "microvm"', f'"name": {json.dumps(name)}')
    (tmp_path / "evil.replies").write_text(text)
    emulator = find_emulator(str(tmp_path / "evil.replies"))
    order = DumpPlan(["*"], [device_set("none")])
    with pytest.raises(InputError, match="not a file name"):
        list(make_dumps([emulator], order, DumpStore(tmp_path / "dumps"), ProcessExecutor(1)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dumps", "evil.replies"]
    assert [path.name for path in tmp_path.rglob("*.json")] == ["binary.json"]


LEAVES = st.text(max_size=8) | st.integers() | st.booleans() | st.none() | st.lists(st.text(max_size=3), max_size=3)
TREES = st.dictionaries(
    st.text(max_size=6),
    st.recursive(LEAVES, lambda t: st.dictionaries(st.text(max_size=4), t, max_size=4), max_leaves=8),
    max_size=4,
)


@pytest.mark.slow
@given(TREES)
def test_any_tree_is_written_one_fact_a_line_and_read_back(tree):
    dump = Dump(BINARY, "pc", "none-0", "tcg", {"props": Section(SectionStatus.OK, tree, "detail")})
    text = dump_text(dump)
    assert parse_dump(text, "x") == dump
    assert json.loads(text) == dump.to_dict()
    reversed_tree = dict(reversed(tree.items()))
    assert (
        dump_text(Dump(BINARY, "pc", "none-0", "tcg", {"props": Section(SectionStatus.OK, reversed_tree, "detail")}))
        == text
    )


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "5", "[" * 100_000, '{"schema": "virtsmith.abi-dump/99"}',
     *(f'{{"schema": "virtsmith.abi-dump/1", {rest}}}' for rest in (
         '"a": 1',
         '"binary": {}, "machine": null, "devices": "", "accel": "", "sections": []',
         '"binary": 5, "machine": null, "devices": "", "accel": "", "sections": {"a": 1}'))],
)  # fmt: skip
def test_a_damaged_dump_is_refused_by_name(text):
    with pytest.raises(InputError) as caught:
        parse_dump(text, "pc.json")
    assert str(caught.value).startswith("pc.json")
