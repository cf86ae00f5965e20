"""Static comparison and real loads together: agreement, contradiction, results that are read again."""

import json

import pytest

from virtsmith.abi.diff.verdict import VerdictWord, judge
from virtsmith.abi.dump.model import Binary, Comparison, Difference, Impact, Load, LoadResult
from virtsmith.abi.migrate.matrix import Matrix
from virtsmith.abi.migrate.results import SCHEMA, read_loads, to_data
from virtsmith.errors import InputError

A, B = Binary("10.0.13", "", "a" * 64), Binary("11.1.3", "", "b" * 64)
BREAK = Difference("virtio", ("net0", "queues", "0"), 1024, 256, Impact.BREAK, "ABI-QUEUE-SIZE", "because")


def load(result, *, booted=False, device=""):
    return Load("pc-q35-7.2", "d-1", "tcg", A.key, B.key, booted, result, device)


def verdict(differences, *loads):
    return judge(Comparison("pc-q35-7.2", "d-1", "tcg", A, B, differences, loads=loads, compared=["virtio"]))


def test_a_predicted_break_that_loads_is_said_to_be_a_contradiction():
    found = verdict([BREAK], load(LoadResult.OK), load(LoadResult.FAILED, booted=True))
    assert found.word is VerdictWord.BREAKS
    (said,) = found.contradictions
    assert said.startswith("ABI-QUEUE-SIZE predicts a break, and the state of this machine did load untouched")
    assert said.endswith("and not after firmware ran")
    assert "but ABI-QUEUE-SIZE predicts a break" in found.text
    assert found.to_dict()["contradictions"] == list(found.contradictions)


def test_a_failing_load_that_no_rule_predicts_breaks_and_is_called_a_gap():
    found = verdict([], load(LoadResult.FAILED, device="0000:00:03.0/virtio-net"))
    assert found.word is VerdictWord.BREAKS
    assert "the comparison has a gap here" in found.contradictions[0]
    assert "virtio-net" in found.contradictions[0]


def test_where_both_agree_nothing_more_is_said():
    assert verdict([BREAK], load(LoadResult.FAILED)).contradictions == ()
    assert verdict([], load(LoadResult.OK)).contradictions == ()
    assert verdict([BREAK]).contradictions == ()


def test_results_are_read_as_they_were_written(tmp_path):
    cells = [load(LoadResult.OK), load(LoadResult.FAILED, booted=True, device="x")]
    file = tmp_path / "r.json"
    file.write_text(json.dumps({"schema": SCHEMA, **to_data(Matrix([A, B], cells))}))
    assert read_loads(file) == cells


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"schema": "other/1", "loads": []}',
             json.dumps({"schema": SCHEMA, "loads": [{}]}),
             json.dumps({"schema": SCHEMA, "loads": [{"result": "fine"}]}), "\x00\xff", "[" * 100000],
)  # fmt: skip
def test_files_that_are_no_results_are_refused_by_name(tmp_path, text):
    file = tmp_path / "bad.json"
    file.write_text(text)
    with pytest.raises(InputError, match=r"bad\.json"):
        read_loads(file)
