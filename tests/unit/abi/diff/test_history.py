import pytest
from helpers.abi_dumps import dump

from virtsmith.abi.diff.history import ABSENT, DEPRECATED, NOT_REPORTED, PRESENT, Timeline
from virtsmith.abi.diff.tables import history_tables
from virtsmith.abi.dump.model import Section, SectionStatus


def itself(version, *names, deprecated=(), **sections):
    machines = {name: {"cpu-max": 8} | ({"deprecated": True} if name in deprecated else {}) for name in names}
    return dump(version, None, machines=machines, **sections)


@pytest.fixture
def timeline():
    return Timeline.of(
        [
            itself("10.0.0", "old", "new", deprecated=["old"]),
            itself("2.4.0", "old"),
            itself("9.1.0", "old", deprecated=["old"]),
            itself("11.1.3", "new", "newest"),
            dump("2.4.0", "pc-q35-2.4"),
        ]
    )


def test_versions_are_put_in_order_and_dumps_of_machine_types_left_out(timeline):
    assert timeline.versions == ("2.4.0", "9.1.0", "10.0.0", "11.1.3")


def test_what_came_was_deprecated_and_went(timeline):
    lives = {
        lifetime.name: (lifetime.introduced, lifetime.deprecated, lifetime.removed)
        for lifetime in timeline.lifetimes("machines")
    }
    assert lives == {
        "new": ("10.0.0", "", ""),
        "newest": ("11.1.3", "", ""),
        "old": ("", "9.1.0", "11.1.3"),
    }


def test_states_say_what_is_not_reported():
    line = Timeline.of(
        [
            itself("2.4.0", "a"),
            dump("3.0.0", None, machines=Section(SectionStatus.CRASHED)),
            itself("4.0.0", "a", deprecated=["a"]),
            itself("5.0.0"),
        ]
    )
    (life,) = line.lifetimes("machines")
    assert life.states == (PRESENT, NOT_REPORTED, DEPRECATED, ABSENT)
    assert life.removed == "5.0.0"


def test_patterns_choose(timeline):
    assert [lifetime.name for lifetime in timeline.lifetimes("machines", "new*")] == ["new", "newest"]


def test_two_builds_of_one_version_count_as_one_and_a_thing_is_there_if_either_has_it():
    line = Timeline.of([itself("5.2.0", "a", "b"), itself("5.2.0", "a", deprecated=["a"])])
    assert line.versions == ("5.2.0",)
    assert {lifetime.name: lifetime.states for lifetime in line.lifetimes("machines")} == {
        "a": (DEPRECATED,),
        "b": (PRESENT,),
    }


def test_defaults_are_followed_by_type_and_property():
    def with_default(version, value):
        events = {"type": "uint8"} | ({} if value is None else {"default": value})
        return dump(
            version, None, devices={"pvpanic": {"events": events, "ioport": {"type": "uint16", "default": 1285}}}
        )

    line = Timeline.of([with_default("5.0.0", None), with_default("7.2.0", 3), with_default("10.0.0", 7)])
    events, ioport = line.courses("pvpanic.*")
    assert (events.name, events.values, events.changes) == ("pvpanic.events", (NOT_REPORTED, "3", "7"), True)
    assert events.steps(line.versions) == ["3 (7.2.0)", "7 (10.0.0)"]
    assert not ioport.changes
    assert [course.name for course in line.courses("pvpanic")] == ["pvpanic.events", "pvpanic.ioport"]
    assert line.courses("nothing.*") == []


def test_a_table_shows_lifetimes_and_defaults(timeline):
    (table,) = history_tables(timeline, {"machines": timeline.lifetimes("machines")}, [])
    assert [cell.text for cell in table.rows[2]] == ["old", "before", "9.1.0", "11.1.3"]


def test_life_times_as_data(timeline):
    assert timeline.lifetimes("machines", "old")[0].to_dict()["removed"] == "11.1.3"
