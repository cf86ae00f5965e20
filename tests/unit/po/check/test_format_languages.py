"""What a translation may do with the arguments of its original, language by language."""

import shutil

import pytest

from virtsmith.po.catalogue import parse_catalogue
from virtsmith.po.check.files import check_data
from virtsmith.po.check.header import plural_expression
from virtsmith.po.check.messages import check_messages, check_translation
from virtsmith.po.check.msgfmt import known_languages
from virtsmith.po.check.rules import CheckedFile
from virtsmith.po.entry import Entry
from virtsmith.po.header import Header

ENGLISH = Header("Plural-Forms: nplurals=2; plural=n != 1;\n")
needs_gettext = pytest.mark.skipif(not shutil.which("msgfmt"), reason="gettext is not installed")


def problems(language, original, *translations):
    plural = original if len(translations) > 1 else None
    entry = Entry(original, list(translations), msgid_plural=plural, flags=(f"{language}-format",))
    return check_translation(entry, ENGLISH)


@pytest.mark.parametrize(
    ("language", "original", "rare", "fine"),
    [
        ("c", "%d disks", "one disk", True), ("javascript", "%d disks", "one disk", True),
        ("python", "%d disks", "one disk", False), ("python", "%(n)d disks", "one disk", True),
        ("python-brace", "{n} disks", "one disk", True), ("python-brace", "{n} disks", "{n} {m}", False),
        ("lua", "%d disks", "one disk", False), ("qt", "%1 disks", "one disk", False),
        ("sh", "$n disks", "one disk", True), ("sh", "$n disks", "$n $m", False),
        ("perl-brace", "{n} disks", "one disk", True), ("perl-brace", "{n} disks", "{n} {m}", True),
    ],
)  # fmt: skip
def test_a_rare_plural_form_may_leave_out_what_its_language_lets_it(language, original, rare, fine):
    assert (problems(language, original, rare, original) == []) is fine
    assert problems(language, original, original, original) == []


@pytest.mark.parametrize(
    ("language", "original", "translation", "fine"),
    [
        ("perl-brace", "{a}", "{a} {b}", True), ("perl-brace", "{a}", "{b}", False),
        ("python-brace", "{} {}", "{} {}", True), ("python-brace", "{} {}", "{}", False),
        ("python-brace", "{0:5}", "{0}", True), ("python-brace", "{a.b}", "{a.c}", False),
        ("python-brace", "{}", "{} {0}", False),
        ("sh", "$a", "${a}", True), ("sh", "$a", "${a:-x}", False), ("sh", "$a", "$a $@", False),
        ("sh", "$a", "$a $", False), ("sh", "costs 5$ $1", "kostet $a", True),
        ("qt", "%1", "%L1", False), ("qt", "%L1", "%1", True), ("qt", "%1 %2", "%2 %1", True),
        ("qt", "%1 %3", "%1 %1", False), ("lua", "%d", "%s", False), ("lua", "% d", "x", True),
    ],
)  # fmt: skip
def test_arguments_are_compared_as_the_language_takes_them(language, original, translation, fine):
    assert (problems(language, original, translation) == []) is fine


def catalogue(*messages):
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
    return "\n".join([head, *messages]).encode()


def test_the_quick_look_passes_over_no_language_that_it_cannot_read():
    data = catalogue('#, qt-format\nmsgid "%1 %3"\nmsgstr "%1 %1"\n')
    assert [finding.rule for finding in check_messages(parse_catalogue(data))] == ["PO202"]


@needs_gettext
def test_languages_of_gettext_alone_are_checked_by_it_once_and_at_the_message():
    data = catalogue(
        '#, python-format\nmsgid "%d"\nmsgstr "%s"\n', '#, tcl-format\nmsgid "b %d"\nmsgstr "%s"\n',
        '#, fuzzy, tcl-format\nmsgid "a %d"\nmsgstr "%s"\n',
    )  # fmt: skip
    found = [(item.rule, item.where.line) for item in check_data(data, "de.po") if item.rule.startswith("PO20")]
    assert found == [("PO202", 5), ("PO202", 9)]
    assert "tcl" in known_languages()


def test_a_language_that_nobody_here_knows_is_said_not_to_be_checked():
    data = catalogue('#, cobol-format\nmsgid "%d"\nmsgstr "%s"\n')
    (note,) = [item for item in check_data(data, "de.po") if item.rule.startswith("PO20")]
    assert (note.rule, note.subject) == ("PO205", "cobol")
    assert "not checked" in note.message


def test_plural_forms_are_asked_for_only_where_a_plural_is_in_use():
    plural = 'msgid "a"\nmsgid_plural "b"\nmsgstr[0] "x"\nmsgstr[1] "y"\n'
    files = [CheckedFile(parse_catalogue(catalogue(text)), b"") for text in (plural, f"#, fuzzy\n{plural}")]
    assert [[finding.rule for finding in plural_expression(file)] for file in files] == [["PO203"], []]
