"""Every command is a thin function over something public in a library, which its documentation names."""

import ast
import inspect
import re
import sys
import textwrap
from importlib import import_module
from pathlib import Path

import click
import pytest

from virtsmith.cli.app import TOOLS, cli
from virtsmith.cli.commands import iter_commands, iter_twins

ROOT = Path(__file__).parents[2]
CLI = ROOT / "src" / "virtsmith" / "cli"
API = ROOT / "docs" / "reference" / "api"
TWINS = dict(iter_twins(cli))
GROUPS = {tool: import_module(f"virtsmith.cli.{tool}") for tool in TOOLS}
LONGEST_BODY = 26
"""Lines of a command after its docstring; most have less than 15."""


def resolve(twin: str):
    """The module that a twin is in (the longest that can be imported), and the object."""
    words = twin.split(".")
    for length in range(len(words) - 1, 0, -1):
        try:
            found = module = import_module(".".join(words[:length]))
        except ModuleNotFoundError:
            continue
        for name in words[length:]:
            found = getattr(found, name)
        return module, found
    raise AssertionError(f"{twin} is nowhere")


def documented() -> set[str]:
    """What the pages of the API document: single names, and modules with all that they have."""
    names = set()
    for page in API.glob("*.md"):
        module = ""
        for kind, name in re.findall(r"^\.\. (currentmodule|auto\w+):: ([\w.]+)$", page.read_text(), re.MULTILINE):
            if kind == "currentmodule":
                module = name
            else:
                names.add(name if kind == "automodule" or "." in name else f"{module}.{name}")
    return names


def test_every_command_has_a_twin():
    commands = {path for path, command in iter_commands(cli) if not isinstance(command, click.Group)}
    assert set(TWINS) == commands


@pytest.mark.parametrize("tool", TOOLS)
def test_the_table_of_a_tool_names_the_commands_of_its_modules(tool):
    group = GROUPS[tool]
    modules = {path.stem for path in (CLI / tool).glob("*.py") if "COMMANDS:" in path.read_text()}
    assert set(group.MODULES) == modules
    for module, twins in group.MODULES.items():
        commands = import_module(f"virtsmith.cli.{tool}.{module}").COMMANDS
        assert [command.name for command in commands] == list(twins), module


@pytest.mark.parametrize("twin", sorted(set(TWINS.values())))
def test_a_twin_is_public_explained_and_documented(twin):
    module, found = resolve(twin)
    assert not any(word.startswith("_") for word in twin.split("."))
    assert module.__name__.partition(".")[0] in ("libvirtxml", "virtsmith")
    assert not module.__name__.startswith("virtsmith.cli")
    if callable(found):
        assert inspect.getdoc(found)
        assert "click" not in inspect.getsource(sys.modules[found.__module__])
    assert documented() & {twin, twin.rpartition(".")[0]}, f"{twin} is on no page of docs/reference/api"


@pytest.mark.parametrize("tool", TOOLS)
def test_commands_use_their_twins(tool):
    for module, twins in GROUPS[tool].MODULES.items():
        tree = ast.parse((CLI / tool / f"{module}.py").read_text())
        used = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
        used |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        for command, twin in twins.items():
            assert twin.rpartition(".")[2] in used, f"{tool} {command} does not use {twin}"


def test_the_command_line_uses_nothing_private():
    found = []
    for path in CLI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            words = []
            if isinstance(node, ast.ImportFrom):
                words = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            elif isinstance(node, ast.Import):
                words = [word for alias in node.names for word in alias.name.split(".")]
            found += [f"{path.name}: {word}" for word in words if word.startswith("_") and word != "__future__"]
    assert [name for name in found if not name.endswith("__version__")] == []


def test_commands_are_short():
    long = {}
    for path, command in iter_commands(cli):
        callback = inspect.unwrap(command.callback) if command.callback else None
        if callback is None or isinstance(command, click.Group):
            continue
        node = ast.parse(textwrap.dedent(inspect.getsource(callback))).body[0]
        body = node.body[1:] if isinstance(node.body[0], ast.Expr) else node.body
        lines = body[-1].end_lineno - body[0].lineno + 1
        if lines > LONGEST_BODY:
            long[" ".join(path)] = lines
    assert long == {}
