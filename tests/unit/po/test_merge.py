"""Three-way merge of catalogues: which version of a message wins, and what is a conflict."""

import pytest

from virtsmith.po.catalogue import CatalogueError, parse_catalogue
from virtsmith.po.merge import merge
from virtsmith.po.minimize import minimize
from virtsmith.po.profile import MINI

FIELDS = {"Language": "de", "Content-Type": "text/plain; charset=UTF-8"}


def header(comments="", **fields):
    named = FIELDS | {name.replace("_", "-"): value for name, value in fields.items()}
    return comments + 'msgid ""\nmsgstr ""\n' + "".join(f'"{name}: {value}\\n"\n' for name, value in named.items())


def catalogue(top="", /, **messages):
    """A catalogue with these messages, in their order; a text of several lines is a whole message."""
    blocks = [text if "\n" in text else f'msgid "{name}"\nmsgstr "{text}"\n' for name, text in messages.items()]
    return "\n".join([top or header(), *blocks]).encode()


def merged(base, ours, theirs, **how):
    return merge(base, ours, theirs, **how).data


BASE = catalogue(a="1", b="2", c="3")


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ({"a": "eins", "b": "2", "c": "3"}, {"a": "1", "b": "zwei", "c": "3"}, {"a": "eins", "b": "zwei", "c": "3"}),
        ({"a": "eins", "b": "2", "c": "3"}, {"a": "eins", "b": "2", "c": "3"}, {"a": "eins", "b": "2", "c": "3"}),
        ({"b": "2", "c": "3"}, {"a": "1", "b": "zwei", "c": "3"}, {"b": "zwei", "c": "3"}),
        ({"a": "1", "b": "2", "c": "3"}, {"a": "1"}, {"a": "1"}),
        # what only they have comes after what precedes it there
        ({"a": "1", "b": "2", "c": "3", "d": "4"}, {"x": "0", "a": "1", "y": "5", "b": "2", "c": "3"},
         {"x": "0", "a": "1", "y": "5", "b": "2", "c": "3", "d": "4"}),
        # our order stays where they sorted
        ({"c": "3", "b": "2", "a": "1"}, {"a": "eins", "b": "2", "c": "3"}, {"c": "3", "b": "2", "a": "eins"}),
    ],
)  # fmt: skip
def test_changes_of_different_messages_are_both_kept(ours, theirs, expected):
    result = merge(BASE, catalogue(**ours), catalogue(**theirs))
    assert result.data == catalogue(**expected)
    assert result.conflicts == ()


@pytest.mark.parametrize("changed", [{"a": "1"}, {"a": "1", "b": "zwei", "c": "3", "d": "4"}, {}])
def test_a_side_without_changes_changes_nothing(changed):
    other = catalogue(**changed)
    assert merged(BASE, BASE, other) == merged(BASE, other, BASE) == merged(BASE, other, other) == other


def test_a_message_that_both_changed_is_a_conflict_between_markers():
    result = merge(
        BASE, catalogue(a="eins", b="2", c="3"), catalogue(a="uno", b="2", c="3"), labels=("HEAD", "old", "topic")
    )
    assert result.conflicts == (b"a",)
    shown = (
        '<<<<<<< HEAD\nmsgid "a"\nmsgstr "eins"\n||||||| old\nmsgid "a"\nmsgstr "1"\n'
        '=======\nmsgid "a"\nmsgstr "uno"\n>>>>>>> topic\n'
    )
    assert shown in result.data.decode()
    assert result.data.count(b"<<<<<<<") == 1


@pytest.mark.parametrize(("side", "text"), [("ours", "eins"), ("theirs", "uno")])
def test_a_conflict_can_be_settled_for_one_side(side, text):
    result = merge(BASE, catalogue(a="eins", b="2", c="3"), catalogue(a="uno", b="2", c="3"), take=side)
    assert (result.data, result.conflicts) == (catalogue(a=text, b="2", c="3"), ())


@pytest.mark.parametrize(
    ("template", "kept"), [(None, True), (frozenset({b"", b"a", b"b"}), True), (frozenset({b"", b"b"}), False)]
)
def test_a_message_that_one_removed_and_one_translated_lives_if_the_template_has_it(template, kept):
    gone, translated = catalogue(b="2", c="3"), catalogue(a="eins", b="2", c="3")
    for ours, theirs in ((gone, translated), (translated, gone)):
        result = merge(BASE, ours, theirs, template=template)
        assert (b'"eins"' in result.data, result.conflicts) == (kept, ())


@pytest.mark.parametrize(
    "same",
    ['#: x.c:7\nmsgid "a"\nmsgstr "1"\n', '#. of the program\nmsgid "a"\nmsgstr "1"\n', 'msgid "a"\nmsgstr ""\n"1"\n'],
)
def test_locations_extracted_comments_and_line_breaks_never_conflict(same):
    moved = merge(BASE, catalogue(a=same, b="2", c="3"), catalogue(a="eins", b="2", c="3"))
    assert moved.conflicts == ()
    assert b'"eins"' in moved.data


PARTS = {
    "comment": '# a remark\nmsgid "a"\nmsgstr "1"\n',
    "hint": '#. shown once\nmsgid "a"\nmsgstr "1"\n',
    "location": '#: x.c:7\nmsgid "a"\nmsgstr "1"\n',
    "flag": '#, no-wrap\nmsgid "a"\nmsgstr "1"\n',
    "layout": 'msgid ""\n"a"\nmsgstr "1"\n',
}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_one_side_changed_is_taken_whatever_the_other_did(part):
    theirs = catalogue(a=PARTS[part], b="2", c="3")
    assert merged(BASE, catalogue(a="1", b="zwei", c="3"), theirs) == catalogue(a=PARTS[part], b="zwei", c="3")
    assert merged(theirs, catalogue(a=PARTS[part], b="zwei", c="3"), BASE) == catalogue(a="1", b="zwei", c="3")
    both = merge(BASE, catalogue(a="eins", b="2", c="3"), theirs)
    assert (both.data, both.conflicts) == (catalogue(a=PARTS[part].replace('"1"', '"eins"'), b="2", c="3"), ())


def test_line_breaks_that_one_side_changed_are_taken():
    broken = 'msgid "a"\nmsgstr ""\n"1"\n'
    plain, both = catalogue(a="1", b="2"), catalogue(a=broken, b="zwei")
    assert merged(plain, catalogue(a="1", b="zwei"), catalogue(a=broken, b="2")) == both
    assert merged(plain, catalogue(a=broken, b="2"), catalogue(a="1", b="zwei")) == both


def test_a_translation_wins_over_a_guess_and_never_gets_marked_as_one():
    guess, human = catalogue(a='#, fuzzy\n#| msgid "A"\nmsgid "a"\nmsgstr "ein"\n'), catalogue(a="eins")
    for base in (catalogue(a=""), catalogue(a="1"), catalogue()):
        for ours, theirs in ((guess, human), (human, guess)):
            assert merge(base, ours, theirs).data == human
    assert merged(catalogue(a="1"), catalogue(a="1"), guess) == guess


def test_an_order_that_one_side_changed_is_taken():
    moved = catalogue(c="3", a="1", b="2")
    assert merged(BASE, catalogue(a="1", b="zwei", c="3"), moved) == catalogue(c="3", a="1", b="zwei")


def test_headers_merge_by_field_and_the_newer_revision_wins():
    base = catalogue(header(PO_Revision_Date="2020-01-01 00:00+0000", Last_Translator="A", Language_Team="T"))
    ours = catalogue(header(PO_Revision_Date="2020-02-02 00:00+0000", Last_Translator="B", Language_Team="T"))
    theirs = catalogue(header(PO_Revision_Date="2020-03-03 00:00+0000", Last_Translator="C", Language_Team="U"))
    for item, other in ((ours, theirs), (theirs, ours)):
        assert merged(base, item, other) == theirs


def test_the_newer_date_of_a_template_wins_whatever_was_translated_last():
    old = header(POT_Creation_Date="2020-01-01 00:00+0000", PO_Revision_Date="2020-01-01 00:00+0000")
    fresh = header(POT_Creation_Date="2020-09-09 00:00+0000", PO_Revision_Date="2020-01-01 00:00+0000")
    late = header(POT_Creation_Date="2020-05-05 00:00+0000", PO_Revision_Date="2020-12-12 00:00+0000")
    expected = header(POT_Creation_Date="2020-09-09 00:00+0000", PO_Revision_Date="2020-12-12 00:00+0000")
    assert merged(catalogue(old), catalogue(fresh), catalogue(late)) == catalogue(expected)


def test_fields_that_one_side_added_or_dropped():
    with_bugs = header(X_Bugs="here")
    assert merged(catalogue(), catalogue(with_bugs), catalogue()) == catalogue(with_bugs)
    assert merged(catalogue(with_bugs), catalogue(with_bugs), catalogue()) == catalogue()


def test_different_plural_forms_are_a_conflict_and_ours_stand():
    forms = [header(Plural_Forms=f"nplurals={count}; plural=0;") for count in (1, 2, 3)]
    result = merge(*map(catalogue, forms))
    assert result.conflicts == (b"",)
    assert result.data.index(b"nplurals=2") < result.data.index(b"=======") < result.data.index(b"nplurals=3")
    assert merge(*map(catalogue, [forms[0], forms[0], forms[2]])).data == catalogue(forms[2])


def test_lines_of_the_comment_at_the_top_are_merged_one_by_one():
    tops = ["# A, 2019\n# B, 2019\n", "# A, 2019\n# B, 2019\n# C, 2020\n", "# B, 2019\n# D, 2020\n"]
    expected = catalogue(header("# B, 2019\n# C, 2020\n# D, 2020\n"))
    assert merged(*(catalogue(header(top)) for top in tops)) == expected


def test_obsolete_messages_of_both_are_kept_unless_one_removed_them_or_they_live_again():
    def obsolete(*names):
        return "".join(f'\n#~ msgid "{name}"\n#~ msgstr "x"\n' for name in names).encode()

    ours, theirs = BASE + obsolete("o", "p", "q"), catalogue(a="1", b="2", c="3", q="neu") + obsolete("o", "r")
    found = parse_catalogue(merged(BASE + obsolete("p"), ours, theirs))
    assert sorted(found.obsolete_keys) == [b"o", b"r"]
    assert b"q" in found.keys


def test_without_a_common_version_equal_messages_agree_and_others_conflict():
    result = merge(b"", catalogue(a="1", b="2"), catalogue(a="1", b="zwei", c="3"))
    assert result.conflicts == (b"b",)
    assert b'msgid "c"\nmsgstr "3"' in result.data


def test_a_stored_form_stays_one_and_another_form_is_left_as_it_is():
    small = minimize(parse_catalogue(BASE), MINI)
    theirs = catalogue(a='#: x.c:1\nmsgid "a"\nmsgstr "eins"\n', b="2", c="3")
    result = merged(small, small, theirs, profile=MINI)
    assert result == minimize(parse_catalogue(result), MINI)
    assert b"x.c:1" in merged(BASE, BASE, theirs)


def test_a_version_that_cannot_be_read_is_an_error_with_its_name():
    with pytest.raises(CatalogueError, match=r"de\.po"):
        merge(BASE, b"msgid broken", BASE, source="de.po")
