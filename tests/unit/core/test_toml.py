"""TOML with positions."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtsmith.core.toml import parse_toml
from virtsmith.errors import InputError

SAMPLE = """\
# a comment = [not a key]
name = "a # [b] = c"   # trailing
text = '''
[fake]
key = 1'''

[iommu]
model = "intel"
a.b = 1

[[node]]
cpus = 4
devices = [
  { model = "igb", vfs = 2 },  # first
  { model = "nvme", "odd key" = [1, 2] },
]

[[node]]
[[node.complex]]
bus = 3
[[node.complex]]
bus = 4
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("name",), (2, 1)),
        (("text",), (3, 1)),
        (("iommu",), (7, 1)),
        (("iommu", "model"), (8, 1)),
        (("iommu", "a", "b"), (9, 1)),
        (("node", 0), (11, 1)),
        (("node", 0, "devices", 0, "vfs"), (14, 20)),
        (("node", 0, "devices", 1), (15, 3)),
        (("node", 0, "devices", 1, "odd key", 1), (15, 37)),
        (("node", 1, "complex", 1, "bus"), (22, 1)),
        (("node", 1, "absent", "deeper"), (18, 1)),
        (("absent",), (None, None)),
    ],
)
def test_every_key_and_item_has_its_place(path, place):
    assert parse_toml(SAMPLE, "x.toml").place(path) == place


def test_a_syntax_error_names_file_line_and_column():
    with pytest.raises(InputError) as caught:
        parse_toml("a = 1\nb = = 2\n", "x.toml")
    assert str(caught.value).startswith("x.toml:2:5: ")


def test_an_open_end_is_an_input_error():
    with pytest.raises(InputError, match=r"x\.toml"):
        parse_toml('a = "', "x.toml")


@given(st.text(alphabet="ab=[]{}\"'#,.\n\\ 1", max_size=60))
def test_any_text_is_read_or_refused_and_never_breaks_the_scanner(text):
    with suppress(InputError):
        parse_toml(text, "x")


@pytest.mark.parametrize(
    ("text", "path"), [("x = 1\n[[a]]\nb = 1\n", ("a",)), ("x = 1\n[a.b]\n", ("a",)), ("x = 1\na.b = 1\n", ("a",))]
)
def test_a_parent_that_is_written_nowhere_itself_has_the_place_of_its_first_child(text, path):
    assert parse_toml(text, "x.toml").place(path) == (2, 1)


def test_a_number_that_is_too_long_is_refused_by_name():
    with pytest.raises(InputError, match="exceeds the limit"):
        parse_toml("a = " + "9" * 5000, "x.toml")


@pytest.mark.parametrize("start", ["", "b = 1\n[", "b = 1\n  [[", "b = {", "b = {c = 1, "])
@pytest.mark.parametrize("part", ["a", "'a'", '"\\"a"', " a "])
def test_a_key_of_very_many_parts_is_refused_at_its_place(start, part):
    with pytest.raises(InputError, match="a key has more than 100 parts") as caught:
        parse_toml(start + ".".join([part] * 101), "x.toml")
    assert caught.value.line == start.count("\n") + 1


def test_a_key_of_many_parts_is_read():
    assert parse_toml(".".join(["a"] * 100) + " = 1", "x.toml").place(("a",) * 100) == (1, 1)


def test_dots_in_a_text_are_no_parts():
    text = "a." * 200
    assert parse_toml(f"b = 'x {text}'", "x.toml").data == {"b": f"x {text}"}
