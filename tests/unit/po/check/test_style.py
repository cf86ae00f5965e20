"""Rules beyond gettext, and the levels that a project chooses."""

import pytest
from babel import Locale
from helpers.in_process import virtsmith

from virtsmith.po.check.cldr import EXPRESSIONS, differing_counts
from virtsmith.po.check.files import check_data
from virtsmith.po.check.levels import CheckChoices
from virtsmith.po.check.plural import plural_values

HEADER = (
    'msgid ""\nmsgstr ""\n"Language: pl\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    '"Plural-Forms: nplurals={};\\n"\n\n'
)
POLISH = "3; plural=n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2"


def found(original, translation, *, forms=POLISH, **levels):
    body = f'msgid "{original}"\nmsgstr "{translation}"\n'
    data = (HEADER.format(forms) + body).encode()
    return [(item.rule, str(item.severity)) for item in check_data(data, "pl.po", choices=CheckChoices(levels))
            if item.rule in {"PO106", "PO206", "PO207", "PO208", "PO209"}]  # fmt: skip


@pytest.mark.parametrize("language", sorted(EXPRESSIONS))
def test_forms_of_a_language_share_the_numbers_that_they_share_in_babels_cldr(language):
    choose = Locale.parse(language).plural_form
    values = plural_values(f"nplurals=6; plural={EXPRESSIONS[language]};")[1]
    ours, theirs = {}, {}
    for number, form in enumerate(values):
        assert ours.setdefault(form, number) == theirs.setdefault(choose(number), number)


def test_plural_forms_of_another_language_are_named_with_two_numbers():
    assert found("a", "b") == []
    assert found("a", "b", forms="2; plural=n != 1") == [("PO106", "note")]
    assert differing_counts("Plural-Forms: nplurals=2; plural=n != 1;\n", "pl") == (0, 2, False)
    assert differing_counts("Plural-Forms: nplurals=2; plural=n != 1;\n", "ja") == (0, 1, True)
    assert differing_counts("Plural-Forms: nplurals=2; plural=n > 1;\n", "pt_BR") is None
    assert differing_counts("Plural-Forms: nplurals=2; plural=n > 1;\n", "pt_PT") is not None
    assert differing_counts("Plural-Forms: nplurals=2; plural=n > 1;\n", "tlh") is None
    assert differing_counts("Plural-Forms: nplurals=2; plural=n > 1;\n", "pt") is None  # of Brazil or of Portugal


def test_texts_that_msgcat_joined_are_found():
    assert found("a", "#-#-#-#-#  x.po  #-#-#-#-#\\nb") == [("PO206", "warning")]


@pytest.mark.parametrize(
    ("rule", "original", "translation"),
    [
        ("PO207", "<b>x</b>", "<b>y"), ("PO207", "<b>x</b>", "y"), ("PO207", "<b>x</b>", "</b>y<b>"),
        ("PO207", "a &amp; b", "a & b"), ("PO207", "<br/>x", "x"), ("PO208", "x ", "y"), ("PO208", "x", " y"),
        ("PO209", "_File", "Plik"), ("PO209", "File", "_Plik"), ("PO209", "_File", "_Pl_ik"),
    ],
)  # fmt: skip
def test_chosen_rules_find_what_they_are_about_and_are_silent_unless_chosen(rule, original, translation):
    assert found(original, translation) == []
    assert found(original, translation, **{rule: "error"}) == [(rule, "error")]


@pytest.mark.parametrize(
    ("rule", "original", "translation"),
    [
        ("PO207", "<b>x</b>", "z <b>y</b>"), ("PO207", "use <name>", "użyj <nazwa>"), ("PO207", "a & b", "c & d"),
        ("PO207", "a < b > c", "c > b < a"), ("PO208", " x ", " y "), ("PO208", " ", "y"), ("PO209", "_File", "_Plik"),
        ("PO209", "_File", "文件(_F)"), ("PO209", "__init__", "__init__"), ("PO209", "a_b_c", "x"),
    ],
)  # fmt: skip
def test_chosen_rules_accept_what_translators_may_do(rule, original, translation):
    assert found(original, translation, **{rule: "error"}) == []


def test_a_project_chooses_levels_which_every_command_follows(tmp_path):
    (tmp_path / "po").mkdir()
    body = HEADER.format(POLISH) + 'msgid "<b>x</b>"\nmsgstr "y"\n'
    (tmp_path / "po" / "pl.po").write_text(body)
    settings = tmp_path / "pyproject.toml"
    settings.write_text('[tool.virtsmith.po.levels]\nPO207 = "error"\nPO102 = "off"\nPO101 = "off"\n')
    done = virtsmith("po", "check", cwd=tmp_path)
    assert [line.rpartition("[")[2] for line in done.stdout.splitlines()] == ["PO207]"]
    assert virtsmith("po", "install", "--check", "--destdir", "d", cwd=tmp_path).returncode == 1
    assert virtsmith("po", "compile", "--check", "po/pl.po", "-o", "x.mo", cwd=tmp_path).returncode == 1
    (tmp_path / "po").rename(tmp_path / "theirs")
    with settings.open("a") as file:
        file.write('[tool.virtsmith.po.platform]\nkind = "directory"\npath = "theirs"\n')
    done = virtsmith("po", "pull", cwd=tmp_path)
    assert done.returncode == 1
    assert "tags differ" in done.stderr
    settings.write_text('[tool.virtsmith.po.levels]\nPO999 = "error"\n')
    assert "no rule named PO999" in virtsmith("po", "check", cwd=tmp_path).stderr
