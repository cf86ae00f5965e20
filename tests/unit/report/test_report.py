import pytest
from libvirtxml.findings import Finding, Location, Severity
from lxml import etree

from virtsmith.core.terminal import harmless, one_line
from virtsmith.errors import UsageError
from virtsmith.report import html, junit, markdown, text
from virtsmith.report.cases import Case, CaseOutcome
from virtsmith.report.formats import FORMATS, render
from virtsmith.report.report import Lines, Listing, Page, Report, Screen
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
PAGE = Page("A & B", [TABLE, Lines(["one *line*"], "Notes"), Listing(FINDINGS)], ["the end"], {"pairs": "<3>"})


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


def test_rows_of_sentences_are_below_each_other():
    table = Table.make(["rule", "finds", "why", "fix"], [["R1", "it", "so", "do"]], title="Rules", stacked=True)
    assert text.render_table(table) == "R1: it\n  why: so\n  fix: do\n"


@pytest.mark.parametrize("hostile", ["a\x1b[2Jb", "\x9b\x7f\x85", "a\u202eb\u2066c\u200f", "\u2028\ufeff", "\udcff"])
def test_what_documents_hold_cannot_act_on_the_terminal(hostile):
    page = Page(hostile, [Lines([hostile], hostile), Table.make([hostile], [[hostile], [Cell("", detail=hostile)]])])
    shown = text.render_page(page, Screen()) + text.render_findings([Finding("R", Severity.NOTE, hostile, hostile)])
    shown += harmless(hostile) + one_line(hostile)
    assert set(shown) - {"\n"} == set(filter(str.isprintable, shown))


def test_one_finding_cannot_pass_for_two():
    finding = Finding("R1", Severity.NOTE, "a", "fine\nb.xml: error: all is lost [R2]", where=Location("a\n.xml"))
    assert text.render_findings([finding]).count("\n") == 1


def test_letters_that_join_others_stay():
    for word in ("می\u200cشود", "👩\u200d💻"):
        assert one_line(word) == word


def test_findings_in_text_look_like_those_of_compilers():
    assert text.render_findings(FINDINGS).splitlines() == [
        "a.xml:3:7: error: is <bad>\\x1b (guest) [R1]",
        "guest: note: is odd [R2]",
    ]


def test_a_page_in_text_has_its_summary_last_and_no_title():
    shown = text.render_page(PAGE)
    assert shown.startswith("Title\n\nname")
    assert "\n\nNotes\n\none *line*\n\na.xml:3:7: error" in shown
    assert shown.endswith("[R2]\n\nthe end\n")


def test_markdown_escapes_what_would_break_a_table():
    assert markdown.render_table(TABLE).splitlines()[2:6] == [
        "| name | size |",
        "| --- | ---: |",
        "| one\\|\\* | 1 |",
        "| ❌ zwei 二 |  |",
    ]


def test_a_page_in_markdown_has_its_title_and_lists():
    shown = render(Report("a b", FINDINGS, page=lambda: PAGE), "markdown")
    assert shown.startswith("# A & B\n\n## Title\n")
    assert "## Notes\n\n- one \\*line\\*\n" in shown
    assert shown.endswith("\n- the end\n")
    assert render(Report("a b", []), "markdown") == "No findings.\n"


def test_html_escapes_and_holds_everything():
    page = html.render_page(PAGE)
    assert "A &amp; B" in page
    assert "why &lt;it&gt;" in page
    assert "&lt;3&gt;" in page
    assert page.index("the end") < page.index("why")
    assert "<li>one *line*</li>" in page
    assert "http" not in page
    assert "No findings." in render(Report("a b", []), "html")


@pytest.mark.parametrize("outcome", list(CaseOutcome))
def test_junit_counts_and_is_well_formed_with_any_text(outcome):
    report = junit.render_cases("s", [Case("g", "n\0", outcome, 1.5, "m\x1b<", "log ￾ & ]]>")])
    suite = etree.fromstring(report.encode()).find("testsuite")
    counted = {"failed": "failures", "error": "errors", "skipped": "skipped"}.get(outcome.value)
    assert suite.get("tests") == "1"
    assert suite.get("time") == "1.500"
    assert [suite.get(name) for name in ("failures", "errors", "skipped")].count("1") == (counted is not None)
    assert len(suite[0]) == (counted is not None)


def test_findings_fail_as_cases_unless_they_are_notes_or_allowed():
    allowed = Finding("R3", Severity.ERROR, "guest", "is bad", allowed="known")
    suite = etree.fromstring(render(Report("host lint", [*FINDINGS, allowed]), "junit").encode()).find("testsuite")
    assert suite.get("name") == "virtsmith host lint"
    assert (suite.get("failures"), suite.get("skipped")) == ("1", "2")
    assert etree.fromstring(render(Report("host lint", []), "junit").encode()).find("testsuite").get("tests") == "1"


@pytest.mark.parametrize("output_format", [name for name, row in FORMATS.items() if row.findings_only])
def test_without_a_check_there_is_nothing_for_formats_of_findings(output_format):
    with pytest.raises(UsageError, match=f"nothing to write as {output_format}"):
        render(Report("a b", None), output_format)


def test_colours_of_ours_stay_in_text_that_is_made_harmless():
    assert harmless("\x1b[31mred\x1b[0m \x1b[2J\x9b", colours=True) == "\x1b[31mred\x1b[0m \\x1b[2J\\x9b"
