"""Every command with findings shows them through one decorator and one table of formats."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from helpers.report_judges import JUDGES, SCHEMAS

import virtsmith
from virtsmith.cli.app import cli
from virtsmith.cli.commands import iter_commands
from virtsmith.report.formats import FORMATS

SOURCES = Path(virtsmith.__file__).parent
COMMANDS = {" ".join(words): command for words, command in iter_commands(cli) if not isinstance(command, click.Group)}
FORMATS_OF = {
    name: set(parameter.type.choices)
    for name, command in COMMANDS.items()
    for parameter in command.params
    if "--format" in parameter.opts
}
WITH_FINDINGS = {name for name, formats in FORMATS_OF.items() if formats >= set(FORMATS)}
EXIT_WITH_1 = {
    "ark bisect": "versions that could not be judged; its result is one version, not a list of findings",
    "ark build": "a build that failed on Copr; it shows no findings of its own",
    "po compile": "with --check, errors that `po check` has in every format, beside the compiled catalogue",
    "po diff": "a comparison of translations: changes are the result, not something to correct",
    "po install": "with --check, errors that `po check` has in every format, beside the installed paths",
    "po merge": "conflicts, which are in the merged file",
    "po minimize": "with --check, the names of files that would change",
    "po pull": "strings that were left out; its JSON lists them",
    "po resolve": "conflicts, which are in the merged file",
    "schema generate": "with --check, the names of files that would change",
    "xml diff": "a comparison of documents: changes are the result, not something to correct",
    "xml format": "with --check, the names of files that would change",
    "xml get": "nothing is at a path",
}
"""Commands that can exit with 1 and have no findings, with the reason."""


def modules(package):
    for path in sorted((SOURCES / package).rglob("*.py")):
        yield path, ast.parse(path.read_text())


def callbacks(tree):
    """Functions that are commands, with the names of their decorators."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [ast.unparse(part.func if isinstance(part, ast.Call) else part) for part in node.decorator_list]
            if "click.command" in names:
                yield node, names


def test_a_command_that_returns_a_report_has_the_decorator_and_no_other_has():
    found = 0
    for path, tree in modules("cli"):
        for node, names in callbacks(tree):
            returns = ast.unparse(node.returns) if node.returns else ""
            decorated = {"findings_output", "page_output"} & set(names)
            assert (returns == "Report") == bool(decorated), f"{path}: {node.name}"
            found += returns == "Report"
    assert found > 15


def test_every_command_that_can_exit_with_1_has_findings_or_a_reason():
    can = set()
    for words, command in COMMANDS.items():
        text = " ".join((command.help or "").split())
        if "xits with 1" in text or "exit 1" in text or "exit with 1" in text or "1 differs" in text:
            can.add(words)
    assert can - WITH_FINDINGS <= set(EXIT_WITH_1)
    assert not WITH_FINDINGS & set(EXIT_WITH_1)


def test_findings_reach_the_formats_by_the_table_alone():
    """No command picks a format of findings itself: the modules of such formats are imported by nobody."""
    private = {row.module for row in FORMATS.values() if row.findings_only}
    names = {module.rpartition(".")[2] for module in private}
    for package in ("cli", "host", "abi", "ark", "po", "schema"):
        for path, tree in modules(package):
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom):
                    assert node.module not in private, path
                    assert node.module != "virtsmith.report" or not names & {alias.name for alias in node.names}, path


def test_every_format_has_a_judge():
    assert set(JUDGES) == set(FORMATS)


def test_findings_have_one_schema_in_every_output():
    """JSON of every command with findings lists them in the same way."""
    shapes = {name: schema["properties"].get("findings") for name, schema in SCHEMAS.items()}
    with_findings = {name.replace(" ", "-") for name in WITH_FINDINGS}
    assert {name for name, shape in shapes.items() if shape} == with_findings
    assert len({json.dumps(shapes[name], sort_keys=True) for name in with_findings}) == 1


def test_a_command_with_a_format_can_write_to_a_file():
    without = {
        name
        for name in FORMATS_OF
        if not any(parameter.opts == ["-o", "--output"] for parameter in COMMANDS[name].params)
    }
    assert without == set()


DUMMY = """
import sys, types
from virtsmith.report.formats import FORMATS, Format
module = types.ModuleType("dummy")
module.render_report = lambda report, screen: f"{report.command}: {len(report.findings)}\\n"
sys.modules["dummy"] = module
FORMATS["dummy"] = Format("dummy", "a format of a test", findings_only=True)
from virtsmith.cli.app import cli, run_command
from virtsmith.cli.commands import iter_commands
offered = [
    " ".join(words) for words, command in iter_commands(cli)
    if any("dummy" in getattr(parameter.type, "choices", ()) for parameter in command.params)
]
print(offered)
sys.exit(run_command(["xml", "validate", "--format", "dummy", "guest.xml"]))
"""


def test_a_format_is_a_module_and_a_row(tmp_path):
    """With a row more, every command with findings offers and writes the format."""
    (tmp_path / "guest.xml").write_text("<domain><nonsense/></domain>")
    done = subprocess.run([sys.executable, "-c", DUMMY], cwd=tmp_path, capture_output=True, text=True, check=False)
    offered, written = done.stdout.splitlines()
    assert set(ast.literal_eval(offered)) == WITH_FINDINGS
    assert written.startswith("xml validate: ")
    assert int(written.rpartition(" ")[2]) > 0
    assert done.returncode == 1


@pytest.mark.parametrize("name", sorted(FORMATS_OF))
def test_formats_are_in_one_order(name):
    formats = next(list(parameter.type.choices) for parameter in COMMANDS[name].params if "--format" in parameter.opts)
    known = [name for name in FORMATS if name in formats]
    assert [format_ for format_ in formats if format_ in FORMATS] == known
