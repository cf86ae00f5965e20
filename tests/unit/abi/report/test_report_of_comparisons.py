"""What the report of comparisons holds, and that nothing in it can become part of the page."""

import base64
import json
import re
from hashlib import sha256

from helpers.abi_samples import (
    EVIL,
    RULES,
    make_binary,
    make_comparison,
    make_difference,
    make_list,
    make_story,
)
from lxml import html

from virtsmith.abi.report import REPORT_SCHEMA, build_report, render_report

OLD, NEW = make_binary("7.2.0"), make_binary("10.0.13")


def story():
    comparisons, lists = make_story()
    return build_report("Guest <ABI> & more", comparisons, lists, RULES)


def test_equal_differences_of_many_machine_types_are_held_once():
    machines = [f"pc-q35-{number}.0" for number in range(4, 10)]
    report = build_report(
        "x", [make_comparison(name, OLD, NEW, [make_difference("ABI-TEST-QUEUE")]) for name in machines]
    )
    assert len(report["differences"]) == 1
    assert [row["differences"] for row in report["comparisons"]] == [[0]] * 6
    assert report["machines"] == machines


def test_a_difference_in_any_part_is_another_one():
    variants = [
        make_difference("ABI-TEST-QUEUE"),
        make_difference("ABI-TEST-QUEUE", old=512),
        make_difference("ABI-TEST-QUEUE", old="1024"),
        make_difference("ABI-TEST-QUEUE", "net1/queues/0"),
        make_difference("ABI-TEST-NOISE"),
    ]
    report = build_report("x", [make_comparison("pc", OLD, NEW, variants)])
    assert report["comparisons"][0]["differences"] == [0, 1, 2, 3, 4]


def test_binaries_and_machine_types_are_in_the_order_of_their_versions():
    report = story()
    assert [binary["version"] for binary in report["binaries"]] == ["2.5.0", "7.2.0", "10.0.13", "11.1.3"]
    assert [binary["compared"] for binary in report["binaries"]] == [False, True, True, True]
    assert report["machines"] == ["pc-i440fx-7.2", "pc-q35-7.2", "pc-q35-10.0"]


def test_only_rules_that_occur_are_explained_and_their_words_are_not_repeated():
    report = build_report("x", [make_comparison("pc", OLD, NEW, [make_difference("ABI-TEST-QUEUE")])], rules=RULES)
    assert set(report["rules"]) == {"ABI-TEST-QUEUE"}
    assert set(story()["rules"]) == {rule.id for rule in RULES}


def test_two_qemus_as_such_are_compared_by_what_concerns_guests():
    noise = make_difference("ABI-TEST-NOISE")
    report = build_report("x", [make_comparison(None, OLD, NEW, [noise, make_difference("ABI-TEST-QUEUE")])])
    row = report["comparisons"][0]
    assert (row["machine"], len(row["differences"]), row["left_out"]) == ("(QEMU itself)", 1, 1)


def test_the_life_cycle_says_where_a_machine_type_is_and_why_it_is_deprecated():
    lists = [make_list(OLD, {"pc-q35-7.2": None, "none": None}), make_list(NEW, {"pc-q35-7.2": "too old"})]
    assert build_report("x", [], lists)["lifecycle"] == {
        "none": {OLD.key: ""},
        "pc-q35-7.2": {OLD.key: "", NEW.key: "too old"},
    }


def test_the_page_holds_the_data_and_no_markup_of_it():
    report = story()
    page = render_report(report)
    assert EVIL not in page
    (script,) = html.fromstring(page).xpath("//script[@type='application/json']")
    assert json.loads(script.text) == json.loads(json.dumps(report)) == report | {"schema": REPORT_SCHEMA}
    assert "<title>Guest &lt;ABI> &amp; more</title>" in page


def test_a_browser_may_run_the_pages_own_script_and_style_alone_and_load_nothing():
    page = render_report(story())
    policy = html.fromstring(page).xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert "default-src 'none'" in policy
    for kind in ("script", "style"):
        (text,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        assert base64.b64encode(sha256(text.encode()).digest()).decode() in policy
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)
