"""The pages that are made from the program name all there is."""

import re
import sys

import click
import pytest
from helpers.doc_blocks import PAGES, ROOT

sys.path.insert(0, str(ROOT / "docs" / "_ext"))

from command_pages import command_pages, commands_of, exit_code_table, markdown
from console_lexer import ConsoleLexer
from layer_diagram import draw, layers
from lxml import etree
from rule_pages import rule_pages
from schema_pages import schema_pages

from virtsmith.cli.abi import history as abi
from virtsmith.cli.app import cli
from virtsmith.cli.ark import rules as ark
from virtsmith.cli.commands import example_lines, iter_commands, iter_twins
from virtsmith.cli.host import lint as host
from virtsmith.cli.po import reports as po
from virtsmith.cli.xml import rules as xml
from virtsmith.errors import ExitCode
from virtsmith.report.links import DOCUMENTATION, rule_link


def test_what_a_page_includes_is_there():
    found = 0
    for page in PAGES:
        for name, start in re.findall(
            r'```\{include\} (\S+)\n(?::start-after: "(.*)"\n)?(?::[\w-]+: .*\n)*```', page.read_text()
        ):
            if "_generated" not in name:  # that is made with the site
                assert start in (page.parent / name).read_text(), page
                found += 1
    assert found > 2


def test_every_command_has_its_usage_options_and_examples_on_a_page():
    pages = command_pages()
    for path, command in iter_commands(cli):
        if isinstance(command, click.Group):
            continue
        page = pages[path[0]]
        assert f"virtsmith {' '.join(path)} " in page
        assert all(line in page for line in example_lines(command))
        for option in (param for param in command.params if isinstance(param, click.Option) and not param.hidden):
            assert option.opts[-1] in page, path


def test_every_command_names_what_does_the_same_in_python_and_the_other_way_round():
    pages = command_pages()
    for path, twin in iter_twins(cli):
        section = pages[path[0]].partition(f"(virtsmith-{'-'.join(path)})=")[2].partition(")=\n## ")[0]
        assert f"In Python: {{py:obj}}`{twin}`." in section
        assert any(f"<virtsmith-{'-'.join(path)}>" in line for line in commands_of(twin))


def test_every_rule_is_in_the_catalogue_where_reports_link_to_it():
    pages = rule_pages()
    for tool in (abi, ark, host, po, xml):
        for rule in (explained.rule for explained in tool.explained()):
            page, _, place = rule_link(rule.id).removeprefix(f"{DOCUMENTATION}rules/").partition(".html#")
            section = pages[page].partition(f"({place})=\n## {rule.id}\n")[2].partition("\n## ")[0].lower()
            assert all(markdown(text).lower() in section for text in (rule.title, rule.why, rule.fix)), rule.id


def test_every_exit_code_is_explained():
    assert all(f"| {int(code)} | `{code.name}` |" in exit_code_table() for code in ExitCode)


def test_every_schema_has_a_page():
    pages = schema_pages()
    assert {path.stem for path in (ROOT / "docs" / "schemas").glob("*.json")} == set(pages) - {"index"}


def test_the_picture_shows_every_package_once():
    shown = [text.text for text in etree.fromstring(draw()).iter("{*}text") if text.get("class") == "name"]
    packages = {path.parent.name for path in (ROOT / "src" / "virtsmith").glob("*/__init__.py")}
    assert sorted(shown) == sorted(packages | {"cleanup", "errors", "libvirtxml"})
    assert sorted(shown) == sorted(name for row in layers() for name in row)


def test_help_text_stays_text():
    assert markdown("all *.rng of <domain>, `a*b`") == r"all \*.rng of \<domain\>, `a*b`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_describes_the_project_alone(page):
    assert not any(word in page.read_text() for word in ("/" + "work/", "/" + "tmp/w"))


def test_long_lines_of_a_console_are_broken_but_not_within_columns_and_options():
    text = "$ virtsmith abi diff --min-impact break\n(the binaries)  changes\na long sentence\n"
    tokens = [(str(kind), value) for _, kind, value in ConsoleLexer().get_tokens_unprocessed(text)]
    assert "".join(value for _, value in tokens) == text
    assert ("Token.Generic.Option", "--min-impact") in tokens
    assert ("Token.Generic.Output.Aligned", "(the binaries)  changes\n") in tokens
    assert ("Token.Generic.Output", "a long sentence\n") in tokens
