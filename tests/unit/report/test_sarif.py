import json

import pytest
from helpers.report_judges import judge
from libvirtxml.findings import Finding, Location, Rule, Severity

from virtsmith.report.fingerprints import line_fingerprints
from virtsmith.report.formats import render
from virtsmith.report.places import Places, find_root
from virtsmith.report.report import Report

RULES = [Rule("R1", "t", "w", "f"), Rule("R9", "t", "w", "f")]


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def finding(file=None, line=None, column=None, rule="R1", **more):
    return Finding(rule, Severity.ERROR, "guest", "is bad", where=Location(file, line, column), **more)


def results(*findings, **more):
    text = render(Report("host lint", findings, RULES, **more), "sarif")
    judge("sarif", text)
    return json.loads(text)["runs"][0]["results"]


def place(found, **more):
    (result,) = results(found, **more)
    return result["locations"][0]["physicalLocation"]


def test_a_result_is_at_its_line_and_only_rules_that_occur_are_described(directory):
    (directory / "a.xml").write_text("<a/>\n" * 9)
    log = json.loads(render(Report("host lint", [finding("a.xml", 3, 7)], RULES), "sarif"))
    assert [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]] == ["R1"]
    assert place(finding("a.xml", 3, 7)) == {
        "artifactLocation": {"uri": "a.xml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 7},
    }


def test_a_finding_without_a_file_is_in_what_was_checked(directory):
    (directory / "dump.json").write_text("{}")
    assert place(finding(), source="dump.json")["artifactLocation"]["uri"] == "dump.json"
    assert place(finding(), source="qemu@10.0:x y")["artifactLocation"]["uri"] == "qemu@10.0%3Ax%20y"
    assert place(finding())["artifactLocation"]["uri"] == "host-lint"
    assert place(finding("<stdin>", 4))["region"] == {"startLine": 4}


def test_a_rule_without_a_description_gets_one_that_says_so():
    judge("sarif", render(Report("host lint", [finding(rule="X7")]), "sarif"))


@pytest.mark.parametrize(("texts", "expected"), [
    ([""], ["c129715d7a2bc9a3:1"]),
    ([" a\nb\n  \t\tc\n d"], ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]),
    (
        [" hello; \t\nworld!!!{}  \t\tGreetings{} End{}".format(*ends) for ends in (
            ("\n\n\n", "\n", "\n"), ("\r\r\r", "\r", "\r"), ("\r\n\r\n\r\n", "\r\n", "\r\n"),
            ("\r\n\n\r", "\r", "\r\n"),
        )],
        ["e9496ae3ebfced30:1", "fb7c023a8b9ccb3f:1", "ce8ba1a563dcdaca:1", "e20e36e16fcb0cc8:1", "b3edc88f2938467e:1",
         "c8e28b0b4002a3a0:1", "c129715d7a2bc9a3:1"],
    ),
])  # fmt: skip
def test_lines_have_the_fingerprints_of_the_upload_action(texts, expected):
    """The values are those that github/codeql-action computes for these texts."""
    for text in texts:
        assert line_fingerprints(text) == expected


def test_equal_lines_are_counted():
    found = line_fingerprints("Lorem ipsum dolor sit amet.\n" * 10)
    assert found[:3] == ["a7f2ff13bc495cf2:1", "a7f2ff13bc495cf2:2", "a7f2ff13bc495cf2:3"]
    assert found[5:8] == ["a7f2ff13bc495cf2:6", "a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1"]


def test_the_fingerprint_is_that_of_the_line_and_no_two_of_a_rule_are_the_same(directory):
    (directory / "a.xml").write_text("<a>\n  <b/>\n</a>\n")
    first, second, other = results(finding("a.xml", 2), finding("a.xml", 2), finding("a.xml", 2, rule="R9"))
    line = line_fingerprints("<a>\n  <b/>\n</a>\n")[1]
    prints = [entry["partialFingerprints"]["primaryLocationLineHash"] for entry in (first, second, other)]
    assert (prints[0], prints[2]) == (line, line)
    assert prints[1] != line


def test_a_line_beyond_the_file_or_a_file_that_went_away_does_no_harm(directory):
    (directory / "a.xml").write_text("<a/>")
    assert len(results(finding("a.xml", 99), finding("gone.xml", 1))) == 2


def test_paths_are_from_the_repository_and_links_are_resolved(directory, monkeypatch):
    (directory / "repo" / "sub").mkdir(parents=True)
    (directory / "repo" / ".git").write_text("gitdir: elsewhere\n")  # a worktree
    (directory / "repo" / "a.xml").touch()
    (directory / "repo" / "sub" / "b.xml").symlink_to("../a.xml")
    (directory / "outside.xml").touch()
    monkeypatch.chdir(directory / "repo" / "sub")
    places = Places(Report("host lint", []))
    assert find_root(directory / "repo" / "sub") == directory / "repo"
    assert places.uri(finding("b.xml")) == "a.xml"
    assert places.path(finding("../../outside.xml")) == str(directory / "outside.xml")
    assert places.uri(finding("../../outside.xml")) == f"file://{directory}/outside.xml"


def test_names_that_are_not_unicode_have_a_uri(directory):
    (directory / "a\udcff.xml").touch()
    assert place(finding("a\udcff.xml"))["artifactLocation"]["uri"] == "a%FF.xml"
