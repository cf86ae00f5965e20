"""Configuration in TOML: every error names the entry, by file, line and column, and what may have been meant."""

from datetime import date

import pytest

from virtsmith.core.config import ConfigError, ConfigTable

SAMPLE = """\
name = "web"
count = 3
on = true
day = 2027-01-31
later = "2027-02-01"
about = "two\\n  lines"
ports = [1, 2]
words = ["a", "b"]
inner = { key = "value" }

[named.one]
x = 1

[named.two]
x = 2

[[item]]
key = "first"

[[item]]
key = "second"
"""


def read(text=SAMPLE):
    return ConfigTable.parse(text, "a.toml")


def test_every_kind_is_read_and_finish_is_content():
    table = read()
    assert (table.text("name"), table.number("count"), table.flag("on")) == ("web", 3, True)
    assert (table.date("day"), table.date("later")) == (date(2027, 1, 31), date(2027, 2, 1))
    assert (table.line("about"), table.numbers("ports", 0, 9), table.texts("words")) == (
        "two lines",
        (1, 2),
        ("a", "b"),
    )
    assert table.table("inner").text("key") == "value"
    assert {name: inner.number("x") for name, inner in table.tables("named").items()} == {"one": 1, "two": 2}
    assert [item.text("key") for item in table.items("item")] == ["first", "second"]
    table.finish()


def test_what_is_absent_is_nothing():
    table = read("")
    nothing = [table.text("x"), table.line("x"), table.number("x"), table.flag("x"), table.date("x"), table.table("x")]
    assert nothing == [None] * 6
    assert (table.texts("x"), table.items("x"), table.tables("x"), table.mapping("x")) == ((), [], {}, {})
    assert "x" not in table


@pytest.mark.parametrize(
    ("line", "read_it", "message", "hint"),
    [
        ("k = 1", lambda t: t.text("k"), "k must be text, not a whole number", None),
        ("k = true", lambda t: t.number("k"), "k must be a whole number, not true or false", None),
        ("k = 7", lambda t: t.number("k", 1, 6), "k must be between 1 and 6, not 7", None),
        ("k = 1", lambda t: t.flag("k"), "k must be true or false, not a whole number", None),
        ('k = " "', lambda t: t.line("k"), "k is empty", None),
        ('k = "rde"', lambda t: t.text("k", choices=("red", "blue")), "k cannot be 'rde'", "did you mean red?"),
        ('k = "x"', lambda t: t.text("k", choices=("red", "blue")), "k cannot be 'x'", "known: blue, red"),
        ("k = 2027-01-31T10:00:00", lambda t: t.date("k"), "k must be a date, not a point in time", None),
        ('k = "soon"', lambda t: t.date("k"), "k cannot be 'soon'", "write it like '2027-01-31'"),
        ("k = [1, 10]", lambda t: t.numbers("k", 0, 9), "k must hold whole numbers between 0 and 9, not 10", None),
        ('k = ["a", 1]', lambda t: t.texts("k"), "k must hold texts, not 1", None),
        ("k = [1]", lambda t: t.items("k"), "an item of k must be a table, not 1", None),
        ("k = 1", lambda t: t.table("k"), "k must be a table, not a whole number", None),
        ("k.x = 1", lambda t: t.tables("k"), "x must be a table, not a whole number", None),
        ("k = 1", lambda t: t.finish(), "unknown key 'k'", "known: "),
        ("nmae = 1", lambda t: t.require("name", t.text("name")), "unknown key 'nmae'", "did you mean name?"),
    ],
)
def test_a_wrong_entry_is_named_with_its_place(line, read_it, message, hint):
    with pytest.raises(ConfigError) as caught:
        read_it(read(f"# a comment\n{line}\n"))
    assert str(caught.value).startswith("a.toml:2:")
    assert str(caught.value).endswith(f": {message}")
    assert caught.value.hint == hint


def test_the_column_is_that_of_the_entry_within_a_table():
    inner = read("a = { b = { c = 1 } }\n").table("a").table("b")
    with pytest.raises(ConfigError, match=r"^a\.toml:1:13: c must be text"):
        inner.text("c")


def test_an_unknown_key_suggests_one_that_was_asked_for():
    table = read("colour = 1\ncuont = 2\n")
    table.number("colour")
    table.number("count")
    with pytest.raises(ConfigError, match=r"^a\.toml:2:1: unknown key 'cuont'$") as caught:
        table.finish()
    assert caught.value.hint == "did you mean count?"
