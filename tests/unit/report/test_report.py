import json

import pytest
from libvirtxml.findings import Finding, Location, Rule, Severity
from lxml import etree

from virtsmith.report import html, junit, markdown, sarif, text
from virtsmith.report.cases import Case, Outcome
from virtsmith.report.table import Cell, Table, Tone

TABLE = Table.make(
    ["name", "size"],
    [["one|*", 1], [Cell("zwei 二", Tone.BAD, "why <it>\nfailed"), None]],
    title="Title",
    right=["size"],
)
FINDINGS = [
    Finding("R1", Severity.ERROR, "guest", "is <bad>\x1b", where=Location("a.xml", 3, 7)),
    Finding("R2", Severity.NOTE, "guest", "is odd"),
]


def test_text_is_aligned_even_with_wide_letters_and_details_follow():
    assert text.render_table(TABLE) == (
        "Title\n\nname     size\none|*       1\nzwei 二\n\nzwei 二: why <it>\n    failed\n"
    )
    assert "\x1b[31mzwei 二\x1b[0m" in text.render_table(TABLE, colour=True)


def test_a_table_wider_than_the_terminal_gets_more_lines_and_loses_nothing():
    path = "/a/very/long/path/of/a/file/that/is/wider/than/the/terminal/can/be"
    table = Table.make(["name", "about", "where"], [["one", "five words that are wide", path], ["two", "x", "y"]])
    lines = text.render_table(table, width=40).splitlines()
    assert max(map(len, lines)) <= 40
    assert "".join(line[lines[0].index("where") :].strip() for line in lines[1:-1]) == path
    assert " ".join(line[5 : lines[0].index("where")].strip() for line in lines[1:3]) == "five words that are wide"
    assert text.render_table(table, width=200) == text.render_table(table)


def test_control_characters_of_documents_do_not_reach_the_terminal():
    hostile = "a\x1b[2Jb\x9b\x7f"
    shown = text.render_table(Table.make([hostile], [[hostile], [Cell("", detail=hostile)]]))
    shown += text.render_findings([Finding("R", Severity.NOTE, hostile, hostile)])
    assert set(shown) - {"\n"} == set(filter(str.isprintable, shown))


def test_findings_in_text_look_like_those_of_compilers():
    assert text.render_findings(FINDINGS).splitlines() == [
        "a.xml:3:7: error: is <bad>\\x1b (guest) [R1]", "guest: note: is odd [R2]",
    ]  # fmt: skip


def test_markdown_escapes_what_would_break_a_table():
    assert markdown.render_table(TABLE).splitlines()[2:6] == [
        "| name | size |", "| --- | ---: |", "| one\\|\\* | 1 |", "| ❌ zwei 二 |  |",
    ]  # fmt: skip
    assert markdown.render_findings([]) == "No findings.\n"


def test_html_escapes_and_holds_everything():
    page = html.render_page("A & B", [TABLE], {"pairs": "<3>"})
    assert "A &amp; B" in page
    assert "why &lt;it&gt;" in page
    assert "&lt;3&gt;" in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.parametrize("outcome", list(Outcome))
def test_junit_counts_and_is_well_formed_with_any_text(outcome):
    report = junit.render_cases("s", [Case("g", "n\0", outcome, 1.5, "m\x1b<", "log ￾ & ]]>")])
    suite = etree.fromstring(report.encode()).find("testsuite")
    counted = {"failed": "failures", "error": "errors", "skipped": "skipped"}.get(outcome.value)
    assert suite.get("tests") == "1"
    assert suite.get("time") == "1.500"
    assert [suite.get(name) for name in ("failures", "errors", "skipped")].count("1") == (counted is not None)
    assert len(suite[0]) == (counted is not None)


def test_findings_fail_as_cases_unless_they_are_notes():
    suite = etree.fromstring(junit.render_findings("lint", FINDINGS).encode()).find("testsuite")
    assert (suite.get("failures"), suite.get("skipped")) == ("1", "1")
    assert etree.fromstring(junit.render_findings("lint", []).encode()).find("testsuite").get("tests") == "1"


def test_sarif_points_at_lines_and_explains_only_rules_that_occur():
    rules = [Rule("R1", "t", "w", "f"), Rule("R9", "t", "w", "f")]
    (run,) = json.loads(sarif.render_findings(FINDINGS, rules))["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["R1"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "a.xml"}, "region": {"startLine": 3, "startColumn": 7}}
    assert "locations" not in run["results"][1]
