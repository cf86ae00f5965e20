import gettext
import io
import re
import shutil
import struct
import subprocess

import pytest

from virtsmith.po import load_catalogue, parse_catalogue
from virtsmith.po.forms import FORMS
from virtsmith.po.mo import compile_catalogue, hash_string, table_size

HEADER = (
    b'msgid ""\nmsgstr "POT-Creation-Date: 2020-01-01 00:00+0000\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    b'"Plural-Forms: nplurals=2; plural=n != 1;\\n"\n\n'
)
BODY = (
    b'msgid "one"\nmsgid_plural "%d"\nmsgstr[0] "eins"\nmsgstr[1] "viele"\n\n'
    b'msgctxt "menu"\nmsgid "open"\nmsgstr "\xc3\xb6ffnen"\n'
    b'\nmsgid "none"\nmsgstr ""\n\n#, fuzzy\nmsgid "guess"\nmsgstr "geraten"\n'
)


def test_compiled_catalogues_answer_as_gettext_does():
    found = gettext.GNUTranslations(io.BytesIO(compile_catalogue(parse_catalogue(HEADER + BODY))))
    assert found.ngettext("one", "%d", 1) == "eins"
    assert found.ngettext("one", "%d", 5) == "viele"
    assert found.pgettext("menu", "open") == "öffnen"
    assert (found.gettext("none"), found.gettext("guess")) == ("none", "guess")


def test_no_date_is_compiled_and_dates_change_nothing():
    item, two = (
        compile_catalogue(parse_catalogue(HEADER.replace(b"2020", year) + BODY)) for year in (b"2020", b"2031")
    )
    assert item == two
    assert b"POT-Creation-Date" not in item


def test_the_hash_table_finds_every_message():
    data = compile_catalogue(parse_catalogue(HEADER + BODY))
    _, _, count, originals, _, size, table = struct.unpack_from("<7I", data)
    slots = struct.unpack_from(f"<{size}I", data, table)
    for index in range(count):
        length, offset = struct.unpack_from("<2I", data, originals + 8 * index)
        key = data[offset : offset + length].split(b"\0")[0]
        value = hash_string(key)
        slot = value % size
        while slots[slot] != index + 1:
            assert slots[slot]
            slot = (slot + 1 + value % (size - 2)) % size


def test_table_sizes_are_gettexts():
    assert [table_size(count) for count in (0, 1, 2, 3, 4, 6, 7, 10, 100)] == [3, 3, 5, 5, 5, 11, 11, 13, 137]


def test_newer_forms_are_in_utf8_and_have_macros_expanded_too():
    body = '\n#, c-format\nmsgid "%<PRIu64> b, %<PRIxPTR>"\nmsgstr "é %<PRIu64>, %<PRIxPTR>"\n'
    data = HEADER.replace(b"UTF-8", b"ISO-8859-1") + body.encode("latin-1")
    old, new = (compile_catalogue(parse_catalogue(data), form=form) for form in ("0.21", "0.23"))
    assert (b"charset=ISO-8859-1" in old, b"charset=UTF-8" in new) == (True, True)
    found = gettext.GNUTranslations(io.BytesIO(new))
    assert [found.gettext(f"%{long}u b, %{short}x") for long, short in (("ll", ""), ("l", "l"))] == [
        "é %llu, %x",
        "é %lu, %lx",
    ]
    assert b"llu b" not in old


def test_the_table_of_two_messages_is_smaller_since_gettext_1():
    assert [table_size(2, smallest=FORMS[form].smallest_table) for form in FORMS] == [5, 5, 3]


def test_messages_with_an_empty_plural_form_can_be_left_out():
    catalogue = parse_catalogue(b'msgid "a"\nmsgid_plural "b"\nmsgstr[0] "x"\nmsgstr[1] ""\n')
    assert b"x" in compile_catalogue(catalogue)
    assert b"x" not in compile_catalogue(catalogue, skip_partial=True)


@pytest.mark.parametrize("charset", ["ISO-8859-1", "EUC-JP", "UTF-8"])
def test_macros_are_cut_out_at_their_place_in_every_character_set(charset):
    text = "日本 " if charset == "EUC-JP" else "größer "
    body = f'\n#, c-format\nmsgid "from %<PRIu64> on"\nmsgstr "{text}%<PRIu64> {text}"\n'
    data = compile_catalogue(parse_catalogue(HEADER.replace(b"UTF-8", charset.encode()) + body.encode(charset)))
    for part in (text + "%", f" {text}\0"):
        assert part.encode(charset) in data
    assert b"<PRIu64>" not in data


@pytest.mark.skipif(not shutil.which("msgfmt"), reason="gettext is not installed")
def test_other_character_sets_compile_as_msgfmt_does(tmp_path):
    """gettext before 0.22, whose way of writing macros this is; later ones expand them."""
    version = subprocess.run(["msgfmt", "--version"], capture_output=True, text=True, check=True).stdout
    if not re.search(r" 0\.(19|20|21)", version):
        pytest.skip("a gettext that expands macros")
    path = tmp_path / "da.po"
    body = '\n#, c-format\nmsgid "%<PRIu64> fields"\nmsgstr "håndtér %<PRIu64> værdier: %<PRIu64>"\n'
    path.write_bytes(HEADER.replace(b"UTF-8", b"ISO-8859-1") + body.replace(": %<PRIu64>", "").encode("latin-1"))
    gnu = subprocess.run(["msgfmt", "-o", "-", path], capture_output=True, check=True).stdout
    assert compile_catalogue(load_catalogue(path)) == gnu
