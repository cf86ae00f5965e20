"""Judges of the formats that commands write findings in: what the readers of each demand, as they document it."""

import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import jsonschema
from lxml import etree

from helpers.doc_blocks import ROOT

SCHEMAS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "docs" / "schemas").glob("*.json"))}
_URI = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?#]|%[0-9A-F]{2})+")
_MOST = {"results": 25_000, "rules": 25_000, "locations": 10}


def judge(output_format, text):
    """Raise AssertionError, or a validator's error, unless a text is right in a format."""
    JUDGES[output_format](text)


def strict(schema):
    """The schema with nothing allowed that it does not name: what is printed must be documented."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if schema.get("type") == "object" and "properties" in schema else {}
    return closed | {key: strict(value) for key, value in schema.items()}


def judge_json(text):
    data = json.loads(text)
    schema = SCHEMAS[re.fullmatch(r"virtsmith\.([a-z-]+)/1", data["schema"])[1]]
    jsonschema.Draft202012Validator(strict(schema)).validate(data)


def judge_sarif(text):
    """GitHub, "SARIF support for code scanning": required properties, and what uploads are refused for."""
    log = json.loads(text)
    assert log["$schema"] == "https://json.schemastore.org/sarif-2.1.0.json"
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]
    assert urlsplit(driver["informationUri"]).scheme == "https"
    rules = driver["rules"]
    assert len(rules) <= _MOST["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        _judge_rule(rule)
    assert len(run["results"]) <= _MOST["results"]
    for result in run["results"]:
        _judge_result(result, rules)
    prints = [(entry["ruleId"], entry["partialFingerprints"]["primaryLocationLineHash"]) for entry in run["results"]]
    assert len(set(prints)) == len(prints), "GitHub would take two findings for one"


def _judge_rule(rule):
    assert re.fullmatch(r"[A-Za-z][\w/-]+", rule["id"])
    for name in ("shortDescription", "fullDescription"):
        assert 0 < len(rule[name]["text"]) <= 1024
    assert rule["help"]["text"]
    assert rule["help"]["markdown"]
    assert urlsplit(rule["helpUri"]).scheme == "https"
    assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")


def _judge_result(result, rules):
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["level"] in ("error", "warning", "note")
    assert result["message"]["text"].strip()
    assert re.fullmatch(r"[0-9a-f]+:\d+", result["partialFingerprints"]["primaryLocationLineHash"])
    assert 0 < len(result["locations"]) <= _MOST["locations"], "GitHub refuses the whole file"
    for location in result["locations"]:
        _judge_place(location["physicalLocation"])
        assert all(place["fullyQualifiedName"] for place in location.get("logicalLocations", ()))
    for suppression in result.get("suppressions", ()):
        assert suppression["kind"] in ("inSource", "external")
        assert suppression["justification"]


def _judge_place(place):
    uri = place["artifactLocation"]["uri"]
    assert _URI.fullmatch(uri), uri
    parts = urlsplit(uri)
    assert parts.scheme in ("", "file")
    if not parts.scheme:
        assert not uri.startswith(("/", "./", "../")), "looked up from the root of the repository"
        assert ".." not in unquote(uri).split("/")
    assert place["region"]["startLine"] >= 1
    assert place["region"].get("startColumn", 1) >= 1


_JUNIT = etree.XMLSchema(
    etree.fromstring("""
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="testsuites"><xs:complexType><xs:sequence>
    <xs:element name="testsuite" maxOccurs="unbounded"><xs:complexType>
      <xs:sequence><xs:element name="testcase" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
        <xs:choice minOccurs="0">
          <xs:element name="failure" type="reason"/><xs:element name="error" type="reason"/>
          <xs:element name="skipped" type="reason"/>
        </xs:choice>
        <xs:attribute name="classname" type="text" use="required"/>
        <xs:attribute name="name" type="text" use="required"/>
        <xs:attribute name="time" type="seconds"/>
      </xs:complexType></xs:element></xs:sequence>
      <xs:attribute name="name" type="text" use="required"/>
      <xs:attribute name="tests" type="xs:nonNegativeInteger" use="required"/>
      <xs:attribute name="failures" type="xs:nonNegativeInteger" use="required"/>
      <xs:attribute name="errors" type="xs:nonNegativeInteger" use="required"/>
      <xs:attribute name="skipped" type="xs:nonNegativeInteger"/>
      <xs:attribute name="time" type="seconds"/>
    </xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
  <xs:complexType name="reason" mixed="true">
    <xs:attribute name="message" type="xs:string" use="required"/>
    <xs:attribute name="type" type="text" use="required"/>
  </xs:complexType>
  <xs:simpleType name="text"><xs:restriction base="xs:string"><xs:minLength value="1"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="seconds"><xs:restriction base="xs:string">
    <xs:pattern value="[0-9]+(\\.[0-9]+)?"/>
  </xs:restriction></xs:simpleType>
</xs:schema>""")
)
"""What the schemas of Jenkins (xunit-plugin) and of Ant's JUnit task have in common, for the elements that we write."""


def judge_junit(text):
    root = etree.fromstring(text.encode())
    _JUNIT.assertValid(root)
    (suite,) = root
    assert len(suite), "without a case Jenkins and GitLab take it for a run that went wrong"
    assert int(suite.get("tests")) == len(suite)
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(name)) == len(suite.findall(f"testcase/{tag}"))


_GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "minLength": 1, "not": {"pattern": "^\\./"}},
                    "lines": {"required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}},
                },
            },
        },
    },
}


def judge_gitlab(text):
    """GitLab, "Code Quality", "Code Quality report format"."""
    assert not text.startswith("\ufeff")
    issues = json.loads(text)
    jsonschema.Draft202012Validator(_GITLAB).validate(issues)
    prints = [issue["fingerprint"] for issue in issues]
    assert len(set(prints)) == len(prints), "GitLab shows only one of two with the same fingerprint"


_COMMAND = re.compile(r"::(error|warning|notice) ((?:\w+=[^,:\r\n]*)(?:,\w+=[^,:\r\n]*)*)::(.+)")


def workflow_commands(text):
    """The commands that GitHub's runner reads from a text: level, properties and message of each, unescaped."""

    def plain(value):
        for code, char in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
            value = value.replace(code, char)
        return value

    for line in text.split("\n")[:-1]:
        level, properties, message = _COMMAND.fullmatch(line).groups()
        pairs = dict(part.split("=", 1) for part in properties.split(","))
        yield level, {name: plain(value) for name, value in pairs.items()}, plain(message)


def judge_github(text):
    assert not text or text.endswith("\n")
    for _, properties, message in workflow_commands(text):
        assert set(properties) <= {"file", "line", "col", "title"}
        assert properties["title"]
        assert message
        assert int(properties.get("line", 1)) >= 1
        assert "file" in properties or "line" not in properties


def judge_text(text):
    assert all(char.isprintable() for char in text if char != "\n"), "a document could act on the terminal"


def judge_markdown(text):
    """Every row of a table has as many cells as its head."""
    assert text
    cells = 0
    for line in text.splitlines():
        found = len(re.findall(r"(?<!\\)\|", line))
        assert found == 0 or cells in (0, found), line
        cells = found


class _Page(HTMLParser):
    empty = frozenset({"meta"})

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in self.empty:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def judge_html(text):
    """A page that is closed, and needs nothing from anywhere."""
    page = _Page()
    page.feed(text)
    assert page.open == []
    assert {"title", "h1"} <= {tag for tag, _ in page.seen}
    assert not any("src" in attributes or "href" in attributes for _, attributes in page.seen)
    assert "<script" not in text


JUDGES = {
    "text": judge_text, "json": judge_json, "sarif": judge_sarif, "junit": judge_junit, "markdown": judge_markdown,
    "html": judge_html, "github": judge_github, "gitlab": judge_gitlab,
}  # fmt: skip
