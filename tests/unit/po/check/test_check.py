import pytest
from helpers.in_process import virtsmith

from virtsmith.po.check.files import check_data, check_languages
from virtsmith.po.check.plural import PluralInvalid, plural_values
from virtsmith.po.check.rules import FILE_CHECKS, RULES, file_check, rule
from virtsmith.po.profile import MINI

HEADER = (
    b'msgid ""\nmsgstr ""\n"Project-Id-Version: app\\n"\n"PO-Revision-Date: 2020-01-01 00:00+0000\\n"\n'
    b'"Last-Translator: A <a@b>\\n"\n"Language-Team: B <b@c>\\n"\n"Language: de\\n"\n"MIME-Version: 1.0\\n"\n'
    b'"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
    b'"Plural-Forms: nplurals=2; plural=n != 1;\\n"\n\n'
)


def rules(body: str, **options) -> list[str]:
    return [finding.rule for finding in check_data(HEADER + body.encode(), "de.po", **options)]


@pytest.mark.parametrize(
    ("flag", "original", "translation"),
    [
        ("c", "%s of %d", "%2$d von %1$s"), ("c", "%1$s", "%1$s"), ("c", "50 %% of %s", "%s, davon 50 %%"),
        ("c", "%<PRIu64> x", "x %<PRIu64>"), ("c", "%d", "%Id"), ("c", "%*d %s", "%2$*1$d %3$s"),
        ("c", "100 %!", "100 %q!"), ("python", "%(a)s %(b)d", "%(b)d %(a)s"), ("python", "100%%", "100%%"),
        ("python-brace", "{a} {b.c[0]:>3}", "{b.c[0]:>3} {a}"), ("python-brace", "{{x}} {0}", "{0} {{y}}"),
        ("perl-brace", "{a} {b}", "{b} {a}"), ("sh", "$a ${b}", "${b} $a"), ("javascript", "%s %d", "%s %d"),
        ("lua", "%s %5.2f", "%s %f"), ("qt", "%1 %2", "%2 %1"), ("objc", "%@ %d", "%2$d %1$@"),
    ],
)  # fmt: skip
def test_good_translations_raise_no_alarm(flag, original, translation):
    assert rules(f'#, {flag}-format\nmsgid "{original}"\nmsgstr "{translation}"\n') == []


@pytest.mark.parametrize(
    ("flag", "original", "translation"),
    [
        ("c", "%s of %d", "%d von %s"), ("c", "%s", "%s %s"), ("c", "%s", "x"), ("c", "%d", "%ld"), ("c", "%s", "%"),
        ("c", "%1$s %2$s", "%1$s %3$s"), ("c", "%s %d", "%1$s %d"), ("c", "%s", "%y"), ("c", "%<PRIu64>", "%<PRId64>"),
        ("python", "%(a)s", "%(b)s"), ("python", "%(a)s", "%(a)d"), ("python", "%s", "%(a)s"), ("python", "%s", "%s %"),
        ("python-brace", "{a}", "{b}"), ("python-brace", "{a}", "{a"), ("perl-brace", "{a}", "a"), ("sh", "$a", "$b"),
        ("javascript", "%s", "%d"), ("lua", "%s", "%q"), ("qt", "%1", "%2"), ("c", "%s", "%0$s"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_found(flag, original, translation):
    assert rules(f'#, {flag}-format\nmsgid "{original}"\nmsgstr "{translation}"\n') == ["PO202"]


def test_rare_plural_forms_may_leave_arguments_out_and_common_ones_may_not():
    head = '#, c-format\nmsgid "one"\nmsgid_plural "%d"\n'
    assert rules(f'{head}msgstr[0] "eins"\nmsgstr[1] "%d"\n') == []
    assert rules(f'{head}msgstr[0] "eins"\nmsgstr[1] "viele"\n') == ["PO202"]
    assert rules(f'{head}msgstr[0] "%s"\nmsgstr[1] "%d"\n') == ["PO202"]


def test_a_header_marked_fuzzy_is_found_where_there_are_translations():
    """Babel skips such a catalogue; a template, which has none, is right to have the mark."""
    marked = b"#, fuzzy\n" + HEADER

    def found(body: bytes) -> list[str]:
        return [finding.rule for finding in check_data(marked + body, "de.po")]

    assert found(b'msgid "a"\nmsgstr "b"\n') == ["PO105"]
    assert found(b'msgid "a"\nmsgid_plural "as"\nmsgstr[0] "b"\nmsgstr[1] "bs"\n') == ["PO105"]
    assert found(b'msgid "a"\nmsgstr ""\n') == []
    assert rules('#, fuzzy\nmsgid "a"\nmsgstr "b"\n') == []


def test_line_feeds_at_the_ends_must_agree():
    assert rules('msgid "a\\n"\nmsgstr "b"\n') == ["PO201"]
    assert rules('msgid "\\na"\nmsgstr "b"\n') == ["PO201"]
    assert rules('msgid "a\\\\n"\nmsgstr "b"\n') == []


def test_plural_forms_must_be_complete_and_as_many_as_declared():
    head = 'msgid "a"\nmsgid_plural "b"\n'
    assert rules(f'{head}msgstr[0] "x"\nmsgstr[1] ""\n') == ["PO204"]
    assert rules(f'{head}msgstr[0] "x"\n') == ["PO203"]
    assert rules(f'{head}msgstr[0] ""\nmsgstr[1] ""\n') == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nplurals=2; plural=n != ;", "invalid plural expression"), ("nplurals=1; plural=n != 1;", "can produce 1"),
        ("nplurals=2; plural=n / (n - 1);", "divide by zero"), ("nplurals=x; plural=0;", "no valid nplurals"),
        ("nplurals=2; plural=0 - 1;", "negative"), ("nplurals=2; plural=n; import os;", "can produce"),
        ("nplurals=2; plural=__import__", "invalid"), ("plural=0;", "no nplurals"), ("nplurals=2;", "no plural="),
        ("nplurals=2; plural=" + "(" * 60, "too deeply"),
        ("nplurals=2; plural=" + "!" * 5000, "too long"),
    ],
)  # fmt: skip
def test_bad_plural_expressions_are_refused(text, reason):
    with pytest.raises(PluralInvalid, match=reason):
        plural_values(text)


def test_plural_expressions_follow_c():
    forms, values = plural_values(
        "nplurals=3; plural=n%10==1 && n%100!=11 ? 0 : n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2;"
    )
    assert (forms, [values[n] for n in (0, 1, 2, 5, 11, 21, 22, 112)]) == (3, [2, 0, 1, 1, 2, 0, 1, 2])


def test_untouched_header_fields_and_a_wrong_language_are_reported():
    data = HEADER.replace(b"A <a@b>", b"FULL NAME <EMAIL@ADDRESS>").replace(b"Language: de", b"Language: sv")
    found = check_data(data + b'msgid "a"\nmsgstr "b"\n', "de.po", language="de")
    assert [item.rule for item in found] == ["PO102", "PO103"]


def test_the_stored_form_is_checked_with_the_line_where_it_ends():
    found = check_data(HEADER + b'msgid "b"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "a"\n', "de.po", profile=MINI)
    assert [(item.rule, item.where.line) for item in found] == [("PO101", 13)]


def test_fuzzy_and_untranslated_messages_are_nobodys_fault_yet():
    assert rules('#, fuzzy, c-format\nmsgid "%s"\nmsgstr "x"\n\n#, c-format\nmsgid "%d"\nmsgstr ""\n') == []


def test_broken_files_are_findings_with_their_line():
    found = check_data(b'msgid "a"\nmsgstr "b\n', "de.po")
    assert [(item.rule, item.where.line) for item in found] == [("PO001", 2)]


def test_languages_are_compared_with_their_list():
    found = check_languages({"de", "fr"}, {"de", "sv"}, "LINGUAS")
    assert [(item.rule, item.subject) for item in found] == [("PO301", "fr"), ("PO302", "sv")]


def test_translations_of_lost_messages_are_noted():
    assert rules('msgid "a"\nmsgstr "b"\n', template=frozenset({b"", b"c"})) == ["PO303"]


def test_every_rule_says_why_and_what_to_do():
    assert all(rule.title and rule.why and rule.fix for rule in RULES.values())


def test_a_rule_is_added_by_declaring_its_check(tmp_path, monkeypatch):
    monkeypatch.setattr(RULES, "_items", dict(RULES))
    monkeypatch.setattr("virtsmith.po.check.files.FILE_CHECKS", checks := [*FILE_CHECKS])
    monkeypatch.setattr("virtsmith.po.check.rules.FILE_CHECKS", checks)

    @file_check
    @rule("PO900", "Translations do not shout", why="Nobody likes it.", fix="Use lower case.")
    def shouting(file):
        for index, row in enumerate(file.catalogue.rows):
            if row.msgstr.isupper():
                yield file.problem("case", "it shouts", file.catalogue.line_of(index))

    path = tmp_path / "de.po"
    path.write_bytes(HEADER + b'msgid "no"\nmsgstr "NEIN"\n')
    assert f"{path}:13: error: it shouts" in virtsmith("po", "check", path).stdout
    assert "PO900" in virtsmith("po", "rules").stdout
