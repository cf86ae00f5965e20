import pytest
from libvirtxml.versions import Version

from virtsmith.abi.diff.rule_file import load_rules, parse_rules
from virtsmith.abi.diff.rules import RuleContext, as_number, as_text, glob
from virtsmith.abi.diff.walk import TreeDifference
from virtsmith.abi.dump.model import Impact
from virtsmith.errors import InputError

LAST = """[[rule]]
id = "ABI-OTHER"
title = "t"
impact = "guest-visible"
reason = "r"
fix = "f"
match = [{ section = "**" }]
"""
RULE = '[[rule]]\nid = "{}"\ntitle = "t"\nimpact = "{}"\nreason = "r"\nfix = "f"\nmatch = [{}]\n'


def context(a="7.2.0", b="10.0.0", accel="tcg"):
    return RuleContext(Version.parse(a), Version.parse(b), accel)


def find(text, change, *, section="props", device_type="", **where):
    return parse_rules(text + LAST, "rules.toml").judge(context(**where)).find(section, device_type, change).id


def rule(match, impact="noise"):
    return RULE.format("ABI-ONE", impact, match)


def test_the_first_rule_that_fits_decides():
    text = rule('{ section = "props", path = "a/*" }') + rule('{ section = "props", path = "**" }').replace(
        "ONE", "TWO"
    )
    assert find(text, TreeDifference(("a", "b"), 1, 2)) == "ABI-ONE"
    assert find(text, TreeDifference(("b", "b"), 1, 2)) == "ABI-TWO"


def test_a_star_stays_within_a_part_of_a_path_and_two_do_not():
    assert glob("a/*").fullmatch("a/b")
    assert not glob("a/*").fullmatch("a/b/c")
    assert glob("a/**").fullmatch("a/b/c")
    assert glob("{x*,y}/q").fullmatch("xyz/q")
    assert not glob("a.c").fullmatch("abc")


def test_a_rule_asks_for_values():
    text = rule('{ section = "props", old = "1", new = "-1" }')
    assert find(text, TreeDifference(("a",), "1", "-1")) == "ABI-ONE"
    assert find(text, TreeDifference(("a",), "0", "-1")) == "ABI-OTHER"
    assert find(text, TreeDifference(("a",), "1", None)) == "ABI-OTHER"


def test_both_ways_exchanges_values_and_versions():
    text = rule('{ section = "props", old = "1", new = "-1", a = "..9", b = "10..", both_ways = true }')
    assert find(text, TreeDifference(("a",), "1", "-1"), a="7.2", b="10.0") == "ABI-ONE"
    assert find(text, TreeDifference(("a",), "-1", "1"), a="10.0", b="7.2") == "ABI-ONE"
    assert find(text, TreeDifference(("a",), "-1", "1"), a="7.2", b="10.0") == "ABI-OTHER"
    assert find(text, TreeDifference(("a",), "1", "-1"), a="7.2", b="8.0") == "ABI-OTHER"


@pytest.mark.parametrize(
    ("change", "fitting"),
    [
        (TreeDifference(("a",), 1, 2), {"changed", "grows"}),
        (TreeDifference(("a",), "0x20", "16"), {"changed", "shrinks"}),
        (TreeDifference(("a",), "on", "off"), {"changed"}),
        (TreeDifference(("a",), None, 2), {"added", "one-sided"}),
        (TreeDifference(("a",), 2, None), {"removed", "one-sided"}),
    ],
)
def test_kinds_of_change(change, fitting):
    kinds = {"changed", "added", "removed", "one-sided", "grows", "shrinks"}
    found = {kind for kind in kinds if find(rule(f'{{ section = "props", change = "{kind}" }}'), change) == "ABI-ONE"}
    assert found == fitting


def test_a_rule_asks_for_the_accelerator_and_the_type_of_the_device():
    text = rule('{ section = "cpu", type = "virtio-*", accel = "kvm" }')
    change = TreeDifference(("a",), 1, 2)
    assert find(text, change, section="cpu", device_type="virtio-net-pci", accel="kvm") == "ABI-ONE"
    assert find(text, change, section="cpu", device_type="virtio-net-pci", accel="tcg") == "ABI-OTHER"
    assert find(text, change, section="cpu", device_type="e1000", accel="kvm") == "ABI-OTHER"


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (256, 256),
        ("256", 256),
        ("0x100", 256),
        ("256 (0x100)", 256),
        ("-1", -1),
        ("on", None),
        ("1.5", None),
        (None, None),
        ("12ab", None),
    ],
)
def test_numbers_in_texts(value, number):
    assert as_number(value) == number


def test_values_as_people_read_them():
    assert [as_text(item) for item in (None, True, 3, "x", {}, [1, "a"])] == [
        "absent",
        "true",
        "3",
        "x",
        "(several)",
        "1, a",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LAST.replace("ABI-OTHER", "other"), "an id looks like"),
        (LAST.replace("guest-visible", "bad"), "impact cannot be 'bad'"),
        (LAST.replace('match = [{ section = "**" }]', ""), "has no match"),
        (LAST.replace('section = "**"', 'sektion = "**"'), "unknown key 'sektion'"),
        (LAST.replace('section = "**"', 'section = "**", a = "9..7"'), "empty version range"),
        (LAST.replace('section = "**"', 'section = "**", change = "moved"'), "change cannot be 'moved'"),
        (LAST.replace('section = "**"', 'section = "**", both_ways = 1'), "both_ways must be true or false"),
        (LAST.replace('reason = "r"', 'reason = ""'), "reason is empty"),
        (LAST + LAST, "two rules ABI-OTHER"),
        (LAST.replace('section = "**"', 'section = "props"'), "the last rule must match anything"),
        ("", "the last rule must match anything"),
        ("rule = 1", "rule must be a list"),
        ("rule = [1]", "must be a table"),
        ("[[rule]\n", "expected"),
        ('[[rename]]\nsection = "a"\nold = "b"\n' + LAST, "new is missing"),
    ],
)
def test_a_broken_rule_file_is_refused_with_its_place(text, message):
    with pytest.raises(InputError, match=message) as caught:
        parse_rules(text, "mine.toml")
    assert str(caught.value).startswith("mine.toml")


def test_only_sections_with_rules_that_matter_can_matter():
    assert load_rules().can_matter("props")
    assert load_rules().can_matter("never-heard-of")
    assert not load_rules().can_matter("compat")
    assert not load_rules().can_matter("commands")


def test_rules_are_explained_to_reports():
    rule = load_rules()["ABI-QUEUE-SIZE"]
    assert rule.impact is Impact.BREAK
    assert rule.as_rule().severity == "error"
    assert "11.1" in rule.as_rule().why
