"""Promises of allowances that hold for any differences and any text."""

import string
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from virtsmith.abi.diff.allow_file import draft, parse_allowances
from virtsmith.abi.diff.allowances import AllowanceState, review
from virtsmith.abi.diff.compare import at_least, compare_dumps
from virtsmith.abi.dump.model import Binary, Dump, Impact, Section, SectionStatus
from virtsmith.errors import InputError

DAY = date(2026, 6, 15)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=6) | st.text("{}*,/ \t\n\\\"'a", max_size=8)
TREES = st.dictionaries(
    TEXTS,
    st.recursive(TEXTS | st.integers(), lambda inner: st.dictionaries(TEXTS, inner, max_size=3), max_leaves=4),
    max_size=4,
)
PARTS = st.fixed_dictionaries({"new-section": st.builds(Section, st.just(SectionStatus.OK), TREES)})
WORDS = st.sampled_from(
    [
        "[[allow]]\n",
        "reason",
        "until",
        "rule",
        "section",
        "path",
        "machine",
        "a",
        "both_ways",
        " = ",
        '"ABI-*"',
        '"x"',
        '""',
        "2026-01-01",
        "true",
        "3",
        "[",
        "]",
        "{",
        "}",
        "\n",
        ",",
        '"{a,"',
        "99999-01-01",
        "'",
        string.printable,
    ],
)


def compared(old, new):
    dumps = (
        Dump(Binary(version, "", version.ljust(64, "0")), "pc-q35-7.2", "default-0", "tcg", parts)
        for version, parts in (("7.2.0", old), ("10.0.0", new))
    )
    return compare_dumps(*dumps)


@given(PARTS, PARTS)
def test_a_draft_covers_all_that_was_found(old, new):
    found = compared(old, new)
    text = draft([found], Impact.NOISE).replace('reason = ""', 'reason = "known"')
    result = review([found], parse_allowances(text, "allow.toml"), DAY)
    assert [item for item in result.comparisons[0].standing if "absent" not in (item.old, item.new)] == []
    assert all(use.state is AllowanceState.USED or use.count == 0 for use in result.uses)
    assert len(result.comparisons[0].differences) == len(at_least(found.differences, Impact.NOISE))


@given(st.text() | st.lists(WORDS, max_size=12).map("".join))
def test_any_text_is_read_or_refused_by_name(text):
    try:
        entries = parse_allowances(text, "allow.toml")
    except InputError as error:
        refusal, entries = str(error), []
    else:
        refusal = "allow.toml"
    assert refusal.startswith("allow.toml")
    assert all(entry.approval.reason.strip() for entry in entries)
