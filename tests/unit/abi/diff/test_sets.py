import json

import pytest
from helpers.abi_dumps import dump, itself, queues

from virtsmith.abi.diff.sets import DumpSelection, DumpSet, compare_sets, iter_pairs, load_sets, with_loads
from virtsmith.abi.dump.model import Load, LoadResult, Section, SectionStatus
from virtsmith.abi.dump.store import DumpStore
from virtsmith.errors import InputError, UsageError


@pytest.fixture
def directory(tmp_path):
    """Dumps of two binaries: one machine type in both, one in the old, and one that the new offers without a dump."""
    store = DumpStore(tmp_path / "dumps")
    for version, machines in (("7.2.0", ("pc-q35-2.4", "pc-q35-7.2")), ("11.1.3", ("pc-q35-7.2", "pc-q35-11.1"))):
        store.save(itself(version, machines))
        for machine in machines:
            store.save(dump(version, machine))
    return store.path


def names(comparisons):
    return [comparison.machine for comparison in comparisons]


def test_a_directory_of_directories_has_binaries_in_the_order_of_their_versions(directory):
    assert [set_.binary.version for set_ in load_sets(directory)] == ["7.2.0", "11.1.3"]


def test_the_directory_of_one_binary_is_one_set(directory):
    (found,) = load_sets(next(directory.glob("7.2*")))
    assert sorted(key.machine for key in found.dumps) == ["", "pc-q35-2.4", "pc-q35-7.2"]


def test_a_single_dump_is_a_set(directory):
    (found,) = load_sets(next(directory.glob("7.2*/pc-q35-7.2*")))
    assert [key.machine for key in found.dumps] == ["pc-q35-7.2"]


def test_machine_types_of_both_are_compared_and_removed_ones_are_differences_of_the_binaries(directory):
    compared = compare_sets(iter_pairs(load_sets(directory)))
    assert names(compared) == [None, "pc-q35-7.2"]
    assert {difference.rule for difference in compared[0].differences} == {"ABI-MACHINE-REMOVED", "ABI-MACHINE-NEW"}


def test_a_machine_type_without_a_dump_is_not_judged(directory):
    next(directory.glob("11.1*/pc-q35-7.2*")).unlink()
    missing = compare_sets(iter_pairs(load_sets(directory)))[1]
    assert (missing.machine, dict(missing.unjudged)) == (
        "pc-q35-7.2",
        {"machine type": "no dump of it by QEMU 11.1.3"},
    )


def test_without_the_lists_of_machine_types_nothing_is_taken_for_removed(directory):
    for path in directory.glob("*/binary.json"):
        path.unlink()
    compared = compare_sets(iter_pairs(load_sets(directory)))
    assert [item.machine for item in compared if item.unjudged] == ["pc-q35-2.4", "pc-q35-11.1"]


def test_patterns_choose_machine_types_and_what_the_binaries_say_of_them(directory):
    choice = DumpSelection(("pc-q35-2.*",))
    compared = compare_sets(iter_pairs(load_sets(directory, choice)), choice)
    assert names(compared) == [None]
    assert [difference.place for difference in compared[0].differences] == ["machines/pc-q35-2.4"]


def test_device_sets_are_chosen_by_name_or_label():
    key = next(iter(DumpSet.of([dump()]).dumps))
    assert DumpSelection(devices=("default",)).takes(key)
    assert DumpSelection(devices=("default-0123abcd",)).takes(key)
    assert not DumpSelection(devices=("virtio",)).takes(key)
    assert not DumpSelection(accels=("kvm",)).takes(key)


def test_pairs_of_three_binaries():
    sets = [DumpSet.of([dump(version)]) for version in ("5.2.0", "7.2.0", "10.0.0")]
    versions = {
        mode: [(a.binary.version[0], b.binary.version[0]) for a, b in iter_pairs(sets, mode)]
        for mode in ("chain", "first", "all")
    }
    assert versions["chain"] == [("5", "7"), ("7", "1")]
    assert versions["first"] == [("5", "7"), ("5", "1")]
    assert len(versions["all"]) == 6
    with pytest.raises(UsageError):
        list(iter_pairs(sets, "some"))


def test_only_loads_of_the_same_thing_in_the_same_direction_are_added():
    a, b = dump("10.0.13", virtio=queues(1024)), dump("11.1.3", virtio=queues(256))
    (compared,) = compare_sets([(DumpSet.of([a]), DumpSet.of([b]))])
    keys = {"saved_by": a.binary.key, "loaded_by": b.binary.key}
    right = Load("pc-q35-7.2", "default-0123abcd", "tcg", **keys, booted=False, result=LoadResult.FAILED)
    back = Load("pc-q35-7.2", "default-0123abcd", "tcg", b.binary.key, a.binary.key, booted=False, result=LoadResult.OK)
    other = Load("pc-q35-5.2", "default-0123abcd", "tcg", **keys, booted=False, result=LoadResult.OK)
    assert with_loads(compared, [right, back, other]).loads == [right]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"schema": "virtsmith.abi-dump/9"}', "\0", "1" * 5000])
def test_a_broken_dump_is_refused_by_name(directory, content):
    path = next(directory.glob("11.1*/pc-q35-7.2*"))
    path.write_text(content)
    with pytest.raises(InputError, match=r"pc-q35-7\.2"):
        compare_sets(iter_pairs(load_sets(directory)))


def test_a_dump_under_a_wrong_name_or_of_another_binary_is_refused(directory):
    path = next(directory.glob("11.1*/pc-q35-7.2*"))
    data = json.loads(path.read_text())
    path.write_text(json.dumps({**data, "machine": "pc-q35-9.9"}))
    with pytest.raises(InputError, match="does not match its content"):
        compare_sets(iter_pairs(load_sets(directory)))
    path.write_text(json.dumps({**data, "binary": {**data["binary"], "sha256": "f" * 64}}))
    with pytest.raises(InputError, match="several binaries"):
        compare_sets(iter_pairs(load_sets(directory)))


def test_no_dumps_are_refused(tmp_path):
    with pytest.raises(InputError, match="no dumps"):
        load_sets(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        load_sets(tmp_path / "nowhere")


def test_a_binary_that_does_not_list_its_machine_types_is_not_queried_again():
    silent = dump("7.2.0", None, machines=Section(SectionStatus.CRASHED))
    assert DumpSet.of([silent]).offers("pc-q35-7.2") is None
