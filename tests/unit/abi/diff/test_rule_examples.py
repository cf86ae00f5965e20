"""Every rule of rules.toml judges what it is for, and leaves alone what is merely alike."""

import tomllib
from pathlib import Path

import pytest
from libvirtxml.versions import Version

from virtsmith.abi.diff.rule_file import load_rules
from virtsmith.abi.diff.rules import RuleContext
from virtsmith.abi.diff.walk import TreeDifference
from virtsmith.abi.dump.model import Impact

EXAMPLES = tomllib.loads((Path(__file__).parent / "examples.toml").read_text())
RULES = {rule.id: rule for rule in load_rules().rules}
SIDES = [(name, answer, example) for name, sides in EXAMPLES.items() for answer in sides for example in sides[answer]]


def judged_by(example):
    """The rule that judges an example; an empty table represents a whole tree."""
    old, new = ({"a": 1} if example.get(side) == {} else example.get(side) for side in ("old", "new"))
    change = TreeDifference(tuple(split(example)), old, new, example.get("kind", ""))
    context = RuleContext(Version.parse(example.get("a", "7.2.0")), Version.parse(example.get("b", "10.0.0")), "tcg")
    return load_rules().judge(context).find(example["section"], example.get("type", ""), change).id


def split(example):
    """Parts of a path; files of firmware have slashes in their names, which makes no difference to patterns."""
    return example["path"].split("/")


@pytest.mark.parametrize(("name", "answer", "example"), SIDES)
def test_rule_decides_its_examples(name, answer, example):
    assert (judged_by(example) == name) is (answer == "yes")


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_examples_for_and_against(name):
    assert EXAMPLES[name]["yes"]
    assert EXAMPLES[name]["no"]


def test_there_are_no_examples_of_rules_that_do_not_exist():
    assert set(EXAMPLES) <= set(RULES)


def test_what_is_never_seen_by_guests_has_a_reason_of_its_own():
    quiet = [rule for rule in RULES.values() if not rule.impact.matters]
    assert len({rule.reason for rule in quiet}) == len(quiet)


def test_every_match_of_a_rule_is_reached_by_an_example():
    """A pattern that no example uses may be shadowed by another rule, or misspelled."""
    unused = []
    for rule in RULES.values():
        for number, match in enumerate(rule.matches):
            if not any(reaches(match, example) for example in EXAMPLES[rule.id]["yes"]):
                unused.append(f"{rule.id} match {number + 1}")
    assert not unused, unused


def reaches(match, example):
    old, new = ({"a": 1} if example.get(side) == {} else example.get(side) for side in ("old", "new"))
    context = RuleContext(Version.parse(example.get("a", "7.2.0")), Version.parse(example.get("b", "10.0.0")), "tcg")
    change = TreeDifference(tuple(split(example)), old, new, example.get("kind", ""))
    in_section = match.section.fullmatch(example["section"])
    return bool(in_section) and match.fits(example["path"], example.get("type", ""), change, context)


def test_only_the_last_rule_takes_what_nobody_knows_and_counts_it_as_visible():
    assert judged_by({"section": "never-heard-of", "path": "x", "new": 1}) == load_rules().rules[-1].id
    assert load_rules().rules[-1].impact is Impact.GUEST
