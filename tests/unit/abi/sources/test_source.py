"""Asking a QEMU that crashes, recording what it says, and asking the recording."""

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtsmith.abi.collect import static
from virtsmith.abi.collect.section import QEMU_SECTIONS
from virtsmith.abi.dump.dump import dump_binary
from virtsmith.abi.dump.model import SectionStatus
from virtsmith.abi.sources.binary import find_emulator
from virtsmith.abi.sources.live import LiveSource
from virtsmith.abi.sources.replay import Recorder, parse_recording
from virtsmith.abi.sources.source import Crashed, NotRecorded, Refused
from virtsmith.errors import ExternalError, InputError
from virtsmith.qemu.qmp import requests

SAMPLE = Path(__file__).parents[3] / "samples" / "qemu-7.2.replies"
ASKED = ["a", "b", "crash", "c", "absent", "exit", "crash", "d"]


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "qemu"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).parents[3] / "helpers" / "fake_qemu.py"} "$@"\n')
    path.chmod(0o755)
    return find_emulator(str(path))


def test_every_question_gets_its_own_answer_whatever_qemu_crashes_over(program):
    with LiveSource(program, "tcg") as source:
        answers = list(source.ask_all(requests("device-list-properties", "typename", ASKED)))
    kinds = [type(answer).__name__ for answer in answers]
    assert kinds == ["list", "list", "Crashed", "list", "Refused", "Crashed", "Crashed", "list"]
    assert [answer[0]["name"] for answer in answers if isinstance(answer, list)] == ["a", "b", "c", "d"]
    assert answers[2].detail == "QEMU ended (killed by signal 6): qemu: assertion failed"
    assert answers[5].detail == "QEMU ended (exit status 1): qemu: module missing"


def test_a_question_without_a_result_is_an_error_that_says_why(program):
    with LiveSource(program, "tcg") as source:
        for name, error, words in (("crash", Crashed, "assertion failed"), ("absent", Refused, "'absent' not found")):
            with pytest.raises(error, match=words):
                source.ask("device-list-properties", {"typename": name})
    with pytest.raises(NotRecorded):
        parse_recording(GOOD.encode(), "x").ask("query-machines")


def test_a_crash_while_state_is_described_is_a_crash_of_that_section_alone(program):
    with LiveSource(program, "tcg") as source:
        with pytest.raises(Crashed, match="vmstate crashes"):
            source.vmstate()
        assert static.vmstate(source).status is SectionStatus.CRASHED


def test_a_recording_of_a_session_answers_as_the_session_did(program):
    questions = requests("device-list-properties", "typename", ["a", "absent", "crash", "d"])
    with LiveSource(program, "tcg") as source:
        recorder = Recorder(source)
        live = list(recorder.ask_all(questions))
    again = parse_recording(recorder.text.encode(), "x")
    replayed = list(again.ask_all(questions))
    assert isinstance(live[2], Crashed)
    assert isinstance(replayed[2], NotRecorded)
    assert (replayed[0], replayed[3]) == (live[0], live[3])
    assert replayed[1].refusal == live[1].refusal
    assert (again.binary.version, again.binary.package, again.binary.source) == ("9.8.7", "fake", "replies")


def test_a_program_is_known_by_version_package_and_digest(program):
    assert (program.binary.version, program.binary.package) == ("9.8.7", "Debian 1:9.8.7-1")
    assert program.binary.key == f"9.8.7-{program.binary.sha256[:12]}"


def test_a_program_that_is_no_qemu_is_refused():
    with pytest.raises(ExternalError, match="is not a QEMU"):
        find_emulator("/bin/true")


def section(name):
    return QEMU_SECTIONS[name].collect(parse_recording(SAMPLE.read_bytes(), "sample"))


def test_sections_of_a_recording_say_what_is_there_and_what_was_not_recorded():
    found = {name: section(name) for name in QEMU_SECTIONS}
    missing = {name for name, part in found.items() if part.status is SectionStatus.NOT_RECORDED}
    assert missing == {"cpu-expansion", "cpu-words", "vmstate"}
    assert found["compat"].status is SectionStatus.UNSUPPORTED
    assert found["machines"].data["pc-i440fx-7.2"]["alias"] == "pc"
    assert found["machines"].data["pc-i440fx-1.4"]["deprecated"] is True
    assert found["devices"].data["pvpanic"]["events"] == {"type": "uint8", "default": 3}
    assert found["devices"].detail == "3 are not recorded"
    assert found["cpus"].data["EPYC"]["typename"] == "EPYC-x86_64-cpu"
    assert found["commands"].data["device-list-properties"] == {"typename": "required"}
    assert found["options"].data["rtc"] == {"base": "string", "clock": "string", "driftfix": "string"}


def test_of_two_sessions_in_one_recording_the_last_answer_counts():
    first = session({"query-version": VERSION, "query-cpu-definitions": [{"name": "recorder's"}]})
    second = session({"query-cpu-definitions": [{"name": "emulated"}]})
    source = parse_recording((first + second).encode(), "x")
    assert list(static.cpus(source).data) == ["emulated"]


VERSION = {"qemu": {"major": 8, "minor": 2, "micro": 50}, "package": "v8.2.0-5"}


def session(answers):
    documents = [({"execute": "qmp_capabilities"}, {})]
    documents += [({"execute": command}, answer) for command, answer in answers.items()]
    return "".join(
        json.dumps({**request, "id": f"libvirt-{number}"}, indent=2)
        + "\n\n"
        + json.dumps({"return": answer, "id": f"libvirt-{number}"}, indent=2)
        + "\n\n"
        for number, (request, answer) in enumerate(documents, 1)
    )


GOOD = session({"query-version": VERSION})
END = GOOD.count("\n") + 1


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", None, "no reply to query-version"),
        ("[]", 1, "neither a request nor a reply"),
        (GOOD + '\n{"execute": "a", "id": 1}', END + 1, "has no reply"),
        (GOOD.replace('"id": "libvirt-2"', '"id": "libvirt-9"', 1), END - 12, "does not belong"),
        (GOOD + '{"return": {}, "id": "x"}', END, "does not belong"),
        (GOOD + '{"execute": "a"}\n{"execute": "b"}', END + 1, "before the last one was answered"),
        (GOOD + '{"execute": "a"}\n{"error": 5}', END + 1, "without class and description"),
        (GOOD + "\n\n{oops", END + 2, "not JSON"),
        (GOOD.replace('"major": 8', '"major": "8"'), None, "not a recording of QEMU"),
        ("[" * 100_000, 1, "nested too deeply"),
    ],
)
def test_a_damaged_recording_is_refused_with_the_line(text, line, reason):
    with pytest.raises(InputError, match=reason) as caught:
        parse_recording(text.encode(), "x.replies")
    assert (caught.value.source, caught.value.line) == ("x.replies", line)


def test_bytes_that_are_no_text_are_refused_with_the_line():
    with pytest.raises(InputError, match="not valid UTF-8") as caught:
        parse_recording(GOOD.encode() + b"\xff", "x.replies")
    assert caught.value.line == END


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "type", "alias", "id", "properties", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.sampled_from(
        [
            "query-machines",
            "query-cpu-definitions",
            "qom-list-types",
            "query-command-line-options",
            "query-qmp-schema",
            "query-commands",
            "device-list-properties",
        ]
    ),
    JSON,
)
def test_an_answer_of_another_form_than_qemu_gives_costs_its_sections_only(command, answer):
    text = session({"query-version": VERSION, "query-kvm": {}, command: answer})
    sections = dump_binary(parse_recording(text.encode(), "x"), "tcg").sections
    assert set(sections) == set(QEMU_SECTIONS)
    for part in sections.values():
        assert (
            part.status in (SectionStatus.OK, SectionStatus.NOT_RECORDED, SectionStatus.ABSENT)
            or "not understood" in part.detail
        )


@given(st.lists(st.sampled_from([GOOD, "{", "}", "[]", '"x"', "1", GOOD[:40], GOOD[60:], "\n"])).map("".join))
def test_recordings_put_together_from_pieces_are_read_or_refused(text):
    try:
        version = parse_recording(text.encode(), "x").binary.version
    except InputError as error:
        version = str(error)
    assert version == "8.2.50" or version.startswith("x:")
