"""Layout over lines: where gettext breaks a text, and where it never does."""

import pytest

from virtsmith.po.linebreak import break_places
from virtsmith.po.linebreak_newer import LineBreaks
from virtsmith.po.wrap import language_of, wrap

WORDS = "word " * 20


def lines(text: str, name: str = "msgstr", language: str = "") -> list[str]:
    raw = wrap(f'"{text}"'.encode(), name, language).decode()
    return [line[1:-1] for line in raw.split("\n")]


def test_a_text_that_fits_stays_on_the_line_of_its_name():
    text = "x " * 34 + "yz"
    assert lines(text) == [text]
    assert lines(text + "abc") == ["", text + "abc"[:3]]


def test_long_texts_begin_with_an_empty_line_and_fill_77_columns():
    first, *rest = lines(WORDS)
    assert first == ""
    assert [len(line) for line in rest] == [75, 25]


def test_a_line_ends_after_each_line_end():
    assert lines("a\\nb\\n") == ["", "a\\n", "b\\n"]
    assert lines("a\\n") == ["a\\n"]


def test_wide_characters_take_two_columns():
    assert [len(line) for line in lines("\u65e5" * 50)] == [0, 38, 12]


def test_a_word_without_a_place_to_break_stays_whole():
    assert lines("w" * 200) == ["w" * 200]


def test_layout_does_not_depend_on_earlier_lines():
    assert wrap(b'""\n"a "\n"b"', "msgstr", "") == b'"a b"'


@pytest.mark.parametrize("width", range(60, 80))
def test_escapes_and_directives_are_never_broken(width):
    for piece, language in (("\\\\", ""), ("%-s", "c"), ("%(a b-c)s", "python")):
        text = "x" * width + " " + piece * 3
        for line in lines(text, language=language):
            assert line.count(piece) * len(piece) == len(line.replace("x", "").strip())


def test_directives_of_unknown_languages_are_distinguished():
    assert language_of(b"#, java-format\n") is None
    assert language_of(b"#, fuzzy, c-format\n") == "c"
    assert language_of(b"#, perl-brace-format\n") == ""


def test_no_wrap_keeps_long_lines():
    assert lines(WORDS, language=language_of(b"#, no-wrap\n") or "") == [WORDS]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("one two", [4]), ("re-use", [3]), ("-2", []), ("a (b) c", [2, 6]), ("50 %", [3]), ("a\xa0b c", [4]),
        ("\u65e5\u672c\u3002", [1]), ("a:b", [2]), ("e\u0301 x", [3]), (" x", []), ("a\u200bb", [2]),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", [2]), ("a \u0301b", [2]),
    ],
)  # fmt: skip
def test_break_places(text, places):
    assert break_places(text) == places


@pytest.mark.parametrize(
    ("text", "in_14", "in_16", "in_17"),
    [
        ("libvirt.org/x.html", [8, 12, 14], [12], [12]), ("end.</p>", [4, 6], [4, 6], [4, 6]),
        ("\u05d0\u05be\u05d1", [], [2], [2]), ("\u05d0\u05bea", [], [], []), ("\uc2dc/50%", [], [2], [2]),
        ("1/2,3%", [], [], []), ("$(5) x", [5], [5], [5]), ("\u65e5\u201c\u672c\u201d\u65e5", [], [1, 4], [1, 4]),
        ("run -x", [4, 5], [4], [4]), ("x -\u05d0", [2, 3], [2, 3], [2]), (". .5 x", [5], [2, 5], [2, 5]),
        ("\u0e01\u0e34\u0e01 x", [4], [4], [4]), ("a\u200bb", [2], [2], [2]),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", [2], [2], [2]), ("\u1b13\u1b44\u1b13", [], [], []),
    ],
)  # fmt: skip
def test_break_places_by_versions_of_unicode(text, in_14, in_16, in_17):
    assert [break_places(text), LineBreaks(16).places(text), LineBreaks(17).places(text)] == [in_14, in_16, in_17]
