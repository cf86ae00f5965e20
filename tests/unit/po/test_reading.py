import pytest

from virtsmith.po import CatalogueError, parse_catalogue
from virtsmith.po.catalogue import _from_parsed
from virtsmith.po.fast import scan
from virtsmith.po.minimize import minimize
from virtsmith.po.reader import parse

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'


def texts(data: bytes) -> list[tuple[str | None, str, list[str]]]:
    return [(entry.msgctxt, entry.msgid, entry.msgstr) for entry in parse_catalogue(data).entries()]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('msgid "a" "b"\nmsgstr "c"\n"d"\n', [(None, "ab", ["cd"])]),
        ('msgid"a"msgstr"b"msgid"c"msgstr"d"', [(None, "a", ["b"]), (None, "c", ["d"])]),
        ('msgctxt "x"\nmsgid "\\101\\t\\x42"\nmsgstr "\\303\\274"\n', [("x", "A\tB", ["ü"])]),
        ('msgid "a"\nmsgid_plural "b"\nmsgstr [ 0 ] "c"\nmsgstr[1] "d"\n', [(None, "a", ["c", "d"])]),
        ('#| msgid "old"\nmsgid "a"\nmsgstr ""\n', [(None, "a", [""])]),
        ('# c\n\n#: x.c:1\nmsgid "a"\nmsgstr "b"\n#~ msgid "gone"\n#~ msgstr "weg"\n', [(None, "a", ["b"])]),
        ('msgid "a\\\nb"\nmsgstr "c"\n', [(None, "ab", ["c"])]),
    ],
)
def test_every_legal_spelling_is_read(body, expected):
    assert texts((HEADER + "\n" + body).encode())[1:] == expected


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        (b'msgid "a"\n', 2, "missing msgstr"),
        (b'msgid "a\nmsgstr "b"\n', 2, "end of line within a string"),
        (
            b'msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n',
            5,
            "duplicate message definition, first defined in line 2",
        ),
        (b'msgid "a"\nmsgstr "b"\n\n#~ msgid "a"\n#~ msgstr "c"\n', 5, "duplicate message definition"),
        (b'domain "x"\nmsgid "a"\nmsgstr "b"\n', 2, "domain directives"),
        (b'msgid "a"\n<<<<<<< ours\nmsgstr "b"\n', 3, "merge conflict marker"),
        (b'msgid "a"\nmsgstr "\\q"\n', 3, "invalid escape"),
        (b'msgid "a"\nmsgid_plural "b"\nmsgstr[1] "c"\n', 4, "plural form 1 where 0 is expected"),
        (b'msgid "a"\nmsgstr[0] "c"\n', 3, "missing msgid_plural"),
        (b'msgid "a"\nmsgid_plural "b"\nmsgstr "c"\n', 4, "msgstr without a number"),
        (b'#~ msgid "a"\nmsgstr "b"\n', 3, "inconsistent use of #~"),
        (b'bogus "a"\n', 2, "unknown keyword"),
        (b'msgid "a"\nmsgstr "b\\000"\n', 3, "NUL"),
        (b'msgctxt "a"\n', 4, "msgctxt without a msgid"),
        (b'msgid "a"\nmsgstr "\\351"\n', 2, "not valid UTF-8"),
        (b'msgid "\x80"\nmsgstr "b"\n', 2, "not valid UTF-8"),
        (b'msgid "trunc', 2, "end of line within a string"),
        (b'# c\n"loose"\n', 3, "string without a keyword"),
    ],
)
def test_broken_catalogues_are_refused_with_file_and_line(body, line, reason):
    data = b'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'.replace(b"\n", b" ", 1) + body
    with pytest.raises(CatalogueError) as caught:
        parse_catalogue(data, "de.po")
    assert reason in str(caught.value)
    assert str(caught.value).startswith(f"de.po:{line}: ")


def test_other_character_sets_are_converted_and_unknown_ones_refused():
    body = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=%s\\n"\n\nmsgid "a"\nmsgstr "é\\351"\n'
    catalogue = parse_catalogue((body % "ISO-8859-1").encode("latin-1"))
    assert catalogue.charset == "ISO-8859-1"
    assert next(entry for entry in catalogue.entries() if entry.msgid == "a").msgstr == ["éé"]
    assert b"charset=UTF-8" in minimize(catalogue)
    for name in ("no-such-set", "utf-7", "rot13", "unicode_escape"):
        with pytest.raises(CatalogueError, match="unknown character set"):
            parse_catalogue((body % name).encode("latin-1"))


def test_byte_order_mark_and_carriage_returns_disappear():
    data = ("\ufeff" + HEADER + '\n# note\nmsgid "a"\nmsgstr "b"\n').replace("\n", "\r\n").encode()
    catalogue = parse_catalogue(data)
    assert catalogue.notes == ["byte-order mark dropped"]
    assert minimize(catalogue).endswith(b'# note\nmsgid "a"\nmsgstr "b"\n')


def test_the_dummy_charset_of_templates_is_read_as_utf8_or_refused():
    body = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=CHARSET\\n"\n\nmsgid "a"\nmsgstr "%s"\n'
    assert b"charset=UTF-8" in minimize(parse_catalogue((body % "ü").encode()))
    with pytest.raises(CatalogueError, match="not valid UTF-8"):
        parse_catalogue((body % "ü").encode("latin-1"))


def test_a_megabyte_text_is_read_and_written():
    text = "x" * 2_000_000
    data = f'{HEADER}\nmsgid "a"\nmsgstr "{text}"\n'.encode()
    assert minimize(parse_catalogue(data)) == data


def test_the_fast_path_takes_what_gettext_writes_and_nothing_that_it_would_change():
    usual = HEADER + '\n# t\n#. e\n#: a.c:1\n#, fuzzy, c-format\n#| msgid "o"\nmsgctxt "c"\nmsgid "a"\nmsgstr "b"\n'
    assert scan(usual.encode()) is not None
    odd = [
        usual.replace("#, fuzzy, c-format", "#, c-format, fuzzy"),
        usual.replace("# t", "#t"),
        usual + "# tail\n",
        usual.replace('msgstr "b"', 'msgstr "\tb"'),
        usual.replace('"b"', '"\\142"'),
        usual.replace("\n\n", "\n"),
        usual.replace('msgid "a"', 'msgid "a" "b"'),
        usual.replace("# t", "# File: a.c, line: 3"),
        "\n" + usual,
        usual.replace("UTF-8", "ISO-8859-1"),
        usual + '\nmsgctxt "c"\nmsgid "a"\nmsgstr "x"\n',
        usual.replace("#| ", "#|  "),
    ]
    assert [text for text in odd if scan(text.encode()) is not None] == []


def test_line_numbers_are_those_of_the_message_ids():
    data = (HEADER + '\n#. x\nmsgctxt "c"\nmsgid "a"\nmsgstr "b"\n\n\nmsgid ""\n"d\\n"\n"e"\nmsgstr "f"\n').encode()
    assert scan(data) is not None
    quick, full = parse_catalogue(data), _from_parsed(parse(data), None)
    assert [quick.line_of(n) for n in range(3)] == full.lines == [1, 6, 10]
