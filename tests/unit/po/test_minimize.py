from dataclasses import replace

from virtsmith.po import parse_catalogue
from virtsmith.po.expand import Template, expand
from virtsmith.po.minimize import count_dropped, minimize
from virtsmith.po.profile import LOCATION_FILE, MINI, SORTED

FULL = rb"""# Title
msgid ""
msgstr ""
"Project-Id-Version: x\n"
"POT-Creation-Date: 2020-01-01 00:00+0000\n"
"PO-Revision-Date: 2020-01-02 00:00+0000\n"
"Language: de\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=n != 1;\n"

#: b.c:7 a.c:3
#, c-format
msgid "zero %d"
msgstr "null "
"%d"

# keep me
#. for translators
#: a.c:1
msgctxt "menu"
msgid "open\n"
"now"
msgstr "auf\njetzt"

#: a.c:2
msgid "open\n"
"now"
msgstr ""

#: a.c:4
#, fuzzy
#| msgid "old"
msgid "guess"
msgstr "geraten"

#~ msgid "gone"
#~ msgstr "weg"
"""

MINIMAL = rb"""# Title
msgid ""
msgstr ""
"Project-Id-Version: x\n"
"PO-Revision-Date: 2020-01-02 00:00+0000\n"
"Language: de\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=n != 1;\n"

# keep me
#. for translators
msgctxt "menu"
msgid ""
"open\n"
"now"
msgstr ""
"auf\n"
"jetzt"

#, c-format
msgid "zero %d"
msgstr "null %d"
"""


def test_the_stored_form_is_sorted_stripped_and_unwrapped():
    assert minimize(parse_catalogue(FULL)) == MINIMAL
    assert minimize(parse_catalogue(MINIMAL)) == MINIMAL


def test_what_is_left_out_is_counted():
    dropped = count_dropped(parse_catalogue(FULL))
    assert (dropped.fuzzy, dropped.obsolete) == (1, 1)


def test_wrapped_texts_are_broken_as_gettext_does_and_the_header_loses_only_the_date():
    kept = minimize(parse_catalogue(FULL), replace(MINI, wrap="keep"))
    assert b'msgstr "null %d"\n' in kept
    assert b"POT-Creation-Date" not in kept


def test_the_sorted_profile_keeps_untranslated_and_fuzzy_messages():
    stored = minimize(parse_catalogue(FULL), SORTED)
    assert b'#, fuzzy\n#| msgid "old"\nmsgid "guess"\nmsgstr "geraten"\n' in stored
    assert stored.count(b"msgid ") == 5 + 1  # with the previous id
    assert b"#:" not in stored
    assert b"#~" not in stored
    assert b"POT-Creation-Date" in stored


def test_locations_can_be_kept_without_line_numbers():
    assert b"#: b.c a.c\n" in minimize(parse_catalogue(FULL), LOCATION_FILE)


def test_an_empty_first_plural_form_is_untranslated_and_an_empty_second_is_not():
    head = b'msgid "a"\nmsgid_plural "b"\n'
    assert minimize(parse_catalogue(head + b'msgstr[0] ""\nmsgstr[1] "x"\n')) == b""
    assert minimize(parse_catalogue(head + b'msgstr[0] "x"\nmsgstr[1] ""\n')) != b""


def test_escaped_backslashes_before_n_are_no_line_ends():
    data = b'msgid "C:\\\\new"\nmsgstr "C:\\\\neu"\n'
    assert minimize(parse_catalogue(data)) == data


def test_expanding_and_minimising_gives_the_stored_form_again():
    template = b"".join(
        (
            b'msgid ""\nmsgstr "POT-Creation-Date: 2030-01-01 00:00+0000\\n"\n\n',
            b'#: new.c:9\n#, c-format\nmsgid "zero %d"\nmsgstr ""\n\n',
            b'#. for translators\n#: new.c:10\nmsgctxt "menu"\nmsgid "open\\n"\n"now"\nmsgstr ""\n\n',
            b'msgid "one"\nmsgid_plural "many"\nmsgstr[0] ""\nmsgstr[1] ""\n',
        )
    )
    full = expand(parse_catalogue(MINIMAL), Template(parse_catalogue(template)))
    assert b'#: new.c:9\n#, c-format\nmsgid "zero %d"\nmsgstr "null %d"\n' in full
    assert b"POT-Creation-Date: 2030-01-01" in full
    assert minimize(parse_catalogue(full)) == MINIMAL


def test_translations_of_removed_messages_are_commented_out_on_expanding():
    template = Template(parse_catalogue(b'msgid "new"\nmsgstr ""\n'))
    full = expand(parse_catalogue(b'# n\nmsgid "old"\nmsgstr "alt"\n'), template)
    assert full == b'msgid "new"\nmsgstr ""\n\n# n\n#~ msgid "old"\n#~ msgstr "alt"\n'
