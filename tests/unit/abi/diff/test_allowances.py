import json
from datetime import date

import pytest
from helpers.abi_dumps import PCI, PROPS, dump, itself, queues
from libvirtxml.findings import worth_failing

from virtsmith.abi.diff import findings, tables
from virtsmith.abi.diff.allow_file import draft, parse_allowances
from virtsmith.abi.diff.allowances import AllowanceState, review
from virtsmith.abi.diff.compare import compare_dumps
from virtsmith.abi.diff.side_by_side import rows_of
from virtsmith.abi.diff.verdict import VerdictWord, judge
from virtsmith.abi.dump.model import Impact, Load, LoadResult, Section, SectionStatus
from virtsmith.abi.report import build_report
from virtsmith.report.cases import CaseOutcome
from virtsmith.report.formats import render
from virtsmith.report.report import Report

TODAY = date(2026, 6, 15)


def entry(*lines, reason="looked at"):
    return "\n".join(["[[allow]]", *lines, f'reason = "{reason}"', ""])


def shrinking(machine="pc-q35-7.2"):
    return compare_dumps(dump("10.0.13", machine, virtio=queues(1024)), dump("11.1.3", machine, virtio=queues(256)))


def reviewed(text, *comparisons, today=TODAY):
    return review(comparisons or [shrinking()], parse_allowances(text, "allow.toml"), today)


def covered(text, *comparisons):
    result = reviewed(text, *comparisons)
    return [
        difference.place
        for comparison in result.comparisons
        for difference in comparison.differences
        if difference.allowed
    ]


BOTH = ["virtio/net0/queues/0", "virtio/net0/queues/1"]


@pytest.mark.parametrize(
    ("line", "places"),
    [
        ('rule = "ABI-QUEUE-SIZE"', BOTH),
        ('rule = "ABI-QUEUE-*"', BOTH),
        ('rule = "ABI-ROM-SIZE"', []),
        ('section = "virtio"', BOTH),
        ('section = "props"', []),
        ('path = "*/queues/1"', BOTH[1:]),
        ('path = "*/1"', []),
        ('machine = "pc-q35-*"', BOTH),
        ('machine = "pc-i440fx-*"', []),
        ('old = "1024"', BOTH),
        ('new = "1024"', []),
        ('change = "shrinks"', BOTH),
        ('a = "..9"', []),
        ('a = "10.0.."\nb = "11.1.."', BOTH),
        ('a = "11.1.."\nb = "..10.1"', []),
        ('a = "11.1.."\nb = "..10.1"\nboth_ways = true', BOTH),
        ('accel = "kvm"', []),
        ('rule = "ABI-QUEUE-SIZE"\nmachine = "isapc"', []),
    ],
)
def test_every_part_that_is_given_must_fit(line, places):
    assert covered(entry(line)) == places


def test_types_of_devices_and_names_of_registers_can_be_asked_for():
    other = {**PROPS, "net0": {**PROPS["net0"], "mac": "x"}, "pvpanic0": {"@type": "pvpanic", "events": "1"}}
    space = {**PCI, "00:03.0 net0": {**PCI["00:03.0 net0"], "0x34": "48"}}
    first = compare_dumps(dump("7.2.0", props=PROPS, pci=PCI), dump("10.0.0", props=other, pci=space))
    assert covered(entry('type = "pvpanic"'), first) == ["props/pvpanic0/events"]
    assert covered(entry('kind = "header capabilities"'), first) == ["pci/00:03.0 net0/0x34"]


def test_what_binaries_say_of_themselves_has_no_machine_type():
    gone = compare_dumps(itself("10.0.13", ["pc-q35-2.4"]), itself("11.1.3", []))
    assert covered(entry('rule = "ABI-MACHINE-REMOVED"'), gone) == ["machines/pc-q35-2.4"]
    assert covered(entry('rule = "ABI-MACHINE-REMOVED"\nmachine = "**"'), gone) == []


def test_what_is_allowed_does_not_count_and_is_listed():
    (item,) = reviewed(entry('path = "*/queues/0"')).comparisons
    assert (judge(item).word, judge(item).allowed, len(item.standing)) == (VerdictWord.BREAKS, 1, 1)
    (item,) = reviewed(entry('rule = "ABI-QUEUE-SIZE"')).comparisons
    assert (judge(item).word, judge(item).allowed, item.standing) == (VerdictWord.NOTHING_FOUND, 2, [])
    assert "leaving aside 2 allowed" in judge(item).text


@pytest.mark.parametrize("result", [LoadResult.FAILED, LoadResult.DIED])
def test_no_allowance_hides_a_real_load_that_failed(result):
    a, b = dump("10.0.13", virtio=queues(1024)), dump("11.1.3", virtio=queues(256))
    load = Load("pc-q35-7.2", a.devices, "tcg", a.binary.key, b.binary.key, booted=False, result=result, device="net0")
    comparison = compare_dumps(a, b)
    comparison = type(comparison)(
        **{name: getattr(comparison, name) for name in comparison.__slots__} | {"loads": [load]}
    )
    (item,) = reviewed(entry('section = "**"'), comparison).comparisons
    assert item.standing == []
    assert judge(item).word is VerdictWord.BREAKS
    assert judge(item).contradictions == ()  # the rule did predict it


def test_no_allowance_hides_what_could_not_be_compared():
    item = compare_dumps(dump("10.0.13", virtio=Section(SectionStatus.CRASHED)), dump("11.1.3", virtio=queues(256)))
    assert judge(reviewed(entry('section = "**"'), item).comparisons[0]).word is VerdictWord.UNJUDGED


@pytest.mark.parametrize(
    ("until", "state"),
    [
        ("2026-06-14", AllowanceState.EXPIRED),
        ("2026-06-15", AllowanceState.USED),
        ('"2026-06-14"', AllowanceState.EXPIRED),
        ("2030-01-01", AllowanceState.USED),
    ],
)
def test_an_entry_holds_up_to_its_last_day(until, state):
    result = reviewed(entry('rule = "ABI-QUEUE-SIZE"', f"until = {until}"))
    assert [use.state for use in result.uses] == [state]
    assert bool(result.comparisons[0].standing) == (state is AllowanceState.EXPIRED)


def test_expired_entries_are_warnings_and_unused_ones_notes_at_their_line():
    text = (
        entry('rule = "ABI-QUEUE-SIZE"', "until = 2020-01-01") + entry('section = "acpi"') + entry('section = "virtio"')
    )
    found = reviewed(text).findings
    assert [(finding.rule, finding.severity.value, str(finding.where)) for finding in found] == [
        ("ABI-ALLOW-EXPIRED", "warning", "allow.toml:1:1"),
        ("ABI-ALLOW-UNUSED", "note", "allow.toml:5:1"),
    ]
    assert "2020-01-01" in found[0].message


def test_the_first_entry_that_fits_takes_a_difference():
    result = reviewed(entry('path = "*/queues/0"', reason="one") + entry('section = "virtio"', reason="two"))
    assert [difference.allowed.reason for difference in result.comparisons[0].differences] == ["one", "two"]
    assert [use.count for use in result.uses] == [1, 1]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('[[allow]]\nrule = "ABI-ROM-SIZE"\n', "1:1", "needs a reason"),
        (entry('rule = "ABI-ROM-SIZE"', reason=" "), "3:1", "needs a reason"),
        (entry('by = "me"'), "1:1", "would allow everything"),
        (entry("both_ways = true"), "1:1", "would allow everything"),
        (entry('rule = "ABI-NONE"'), "2:1", "no rule is called ABI-NONE"),
        (entry('rul = "ABI-ROM-SIZE"'), "2:1", "unknown key 'rul'"),
        (entry('section = "acpi"', 'until = "soon"'), "3:1", "until cannot be 'soon'"),
        (entry('section = "acpi"', "until = 3"), "3:1", "must be a date"),
        (entry('section = "acpi"', "until = 2026-01-01T10:00:00"), "3:1", "must be a date"),
        (entry('section = "acpi"', "until = 2026-02-30"), "3:", "date"),
        (entry('section = "acpi"', 'change = "moved"'), "3:1", "change cannot be 'moved'"),
        (entry('section = "acpi"', 'a = "x"'), "3:1", "version"),
        (entry('section = "acpi"', "by = 3"), "3:1", "by must be text"),
        ("[[rule]]\n", "1:1", "unknown key 'rule'"),
        ("allow = 3\n", "1:1", "allow must be a list"),
        ("[[allow]\n", "1:", ""),
    ],
)
def test_damaged_files_are_refused_with_the_place(text, place, message):
    with pytest.raises(Exception, match=f"allow.toml:{place}.*{message}"):
        parse_allowances(text, "allow.toml")


def test_a_draft_covers_what_was_found_once_it_has_reasons_and_not_before():
    gone = compare_dumps(itself("10.0.13", ["pc-q35-2.4"]), itself("11.1.3", []))
    found = [gone, shrinking(), shrinking("pc-q35-10.0")]
    text = draft(found)
    with pytest.raises(Exception, match="needs a reason"):
        parse_allowances(text, "allow.toml")
    result = reviewed(text.replace('reason = ""', 'reason = "known"'), *found)
    assert [use.state for use in result.uses] == [AllowanceState.USED, AllowanceState.USED]
    assert not any(comparison.standing for comparison in result.comparisons)
    assert "[[allow]]" not in draft(result.comparisons)


def test_a_draft_does_not_cover_another_change_at_the_same_place():
    text = draft([shrinking()]).replace('reason = ""', 'reason = "known"')
    smaller = compare_dumps(dump("10.0.13", virtio=queues(1024)), dump("11.1.3", virtio=queues(128)))
    assert covered(text, smaller) == []


def test_allowed_differences_have_a_table_of_their_own():
    half = reviewed(entry('path = "*/queues/0"', 'by = "ann"', "until = 2027-01-01")).comparisons
    shown = {table.title: [[cell.text for cell in row] for row in table.rows] for table in tables.all_tables(half)}
    assert [row[2] for row in shown["Differences"]] == [BOTH[1]]
    assert shown["Allowed"] == [
        ["break", "ABI-QUEUE-SIZE", BOTH[0], "1024 -> 256", "pc-q35-7.2", "looked at", "ann", "2027-01-01"]
    ]
    assert shown[""][0][1] == "breaks (1), 1 allowed"


def test_values_side_by_side_are_those_of_the_binaries_also_where_one_step_is_allowed():
    dumps = [
        dump(version, virtio=queues(size)) for version, size in (("10.0.2", 256), ("10.0.13", 1024), ("11.1.3", 256))
    ]
    steps = [compare_dumps(dumps[0], dumps[1]), compare_dumps(dumps[1], dumps[2])]
    marked = reviewed(entry('rule = "ABI-QUEUE-SIZE"'), *steps).comparisons
    assert [(row.values, row.impact) for row in rows_of(marked)] == [(("256", "1024", "256"), Impact.REBOOT)]
    everything = reviewed(entry('section = "**"'), *steps).comparisons
    assert rows_of(everything) == []


def test_sarif_has_them_as_suppressions_and_they_are_not_a_reason_to_fail():
    found = findings.to_findings(reviewed(entry('rule = "ABI-QUEUE-SIZE"')).comparisons)
    assert not worth_failing(found)
    results = json.loads(render(Report("abi diff", found), "sarif"))["runs"][0]["results"]
    assert [result["suppressions"] for result in results] == [
        [{"kind": "external", "status": "accepted", "justification": "looked at"}]
    ] * 2


def test_junit_skips_what_is_completely_allowed_and_gives_the_reason():
    (case,) = findings.to_cases(reviewed(entry('section = "virtio"')).comparisons)
    assert (case.outcome, case.detail.count("(looked at)")) == (CaseOutcome.SKIPPED, 2)
    (case,) = findings.to_cases(reviewed(entry('path = "*/queues/0"')).comparisons)
    assert case.outcome is CaseOutcome.FAILED
    assert case.detail.splitlines()[0].startswith("ABI-QUEUE-SIZE virtio/net0/queues/1")


def test_data_holds_them_marked_with_the_entries_beside():
    result = reviewed(entry('section = "virtio"') + entry('section = "acpi"'))
    data = findings.to_data(result.comparisons, uses=result.uses)
    found = [record["allowed"] for record in data["comparisons"][0]["differences"]]
    assert found == [{"reason": "looked at", "by": "", "until": ""}] * 2
    assert [(use["line"], use["state"], use["count"]) for use in data["allowances"]] == [
        (1, "used", 2),
        (4, "unused", 0),
    ]
    assert "allowed" not in findings.to_data([shrinking()])["comparisons"][0]["differences"][0]


def test_a_report_separates_the_same_difference_if_only_one_machine_type_is_allowed():
    marked = reviewed(entry('machine = "pc-q35-7.2"'), shrinking(), shrinking("pc-q35-10.0")).comparisons
    data = build_report("t", marked)
    allowed = {
        record["machine"]: ["allowed" in data["differences"][n] for n in record["differences"]]
        for record in data["comparisons"]
    }
    assert allowed == {"pc-q35-7.2": [True, True], "pc-q35-10.0": [False, False]}
