"""Every regular expression of the project matches and searches in linear time, whatever the text."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.pumping import slow_input, slow_search

ROOT = Path(__file__).parents[2]
_SEARCHES = {"search", "sub", "subn", "split", "findall", "finditer"}
_FUNCTIONS = {"compile", "match", "fullmatch", *_SEARCHES}


def _module_files() -> Iterator[tuple[str, Path]]:
    for source in (ROOT / "src", ROOT / "library/src"):
        for path in sorted(source.rglob("*.py")):
            if path.name != "__main__.py":
                yield ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__"), path


def _expressions(name: str, path: Path) -> Iterator[tuple[str, re.Pattern[Any] | None]]:
    """Where the module uses ``re`` and with which expression; None where that is known only when it runs."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=function), args=[source, *_]) if (
                function in _FUNCTIONS
            ):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", _evaluated(name, node, source)
            case _:
                pass


def _searched_lines(path: Path) -> Iterator[str]:
    """Where the expressions are with which the module searches: in a call, or in the assignment of a name."""
    tree = ast.parse(path.read_text("utf-8"))
    assigned = {
        target.id: call.lineno
        for node in ast.walk(tree) if isinstance(node, ast.Assign)
        for target in node.targets if isinstance(target, ast.Name)
        for call in ast.walk(node.value) if isinstance(call, ast.Call)
    }  # fmt: skip
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=function)) if function in _SEARCHES:
                line = node.lineno if name == "re" else assigned.get(name)
                yield f"{path.relative_to(ROOT)}:{line}"
            case _:
                pass


def _evaluated(module: str, call: ast.Call, source: ast.expr) -> re.Pattern[Any] | None:
    names: dict[str, Any] = vars(importlib.import_module(module))
    is_compile = isinstance(call.func, ast.Attribute) and call.func.attr == "compile"
    expression = call if is_compile else source
    try:
        value = eval(compile(ast.Expression(expression), module, "eval"), names)
    except NameError:
        return None
    return value if isinstance(value, re.Pattern) else re.compile(value)


ALL = [(where, found) for name, path in _module_files() for where, found in _expressions(name, path)]
KNOWN = [(where, found) for where, found in ALL if found is not None]
_SEARCHED = {line for _, path in _module_files() for line in _searched_lines(path)}
_OWN_TEXT = {
    "library/src/libvirtxml/_impl/dates.py": "ids of types of the model",
    "library/src/libvirtxml/_impl/scan.py": "documents that a parser has read: what begins in them also ends",
    "library/src/libvirtxml/_impl/values.py": "patterns of libvirt's schemas",
    "src/virtsmith/schema/naming.py": "paths of libvirt's schemas",
}
"""Modules that search only in our own text, or in what is known to be well-formed, with the reason."""
SEARCHED = [
    (where, pattern) for where, pattern in KNOWN if where in _SEARCHED and where.rpartition(":")[0] not in _OWN_TEXT
]
_BUILT_WHEN_RUN = {
    "library/src/libvirtxml/_impl/diff/profiles.py",
    "library/src/libvirtxml/_impl/jsonschema.py",
    "library/src/libvirtxml/_impl/values.py",
    "library/src/libvirtxml/strategies.py",
    "src/virtsmith/abi/diff/compare.py",
    "src/virtsmith/abi/diff/rules.py",
    "src/virtsmith/ark/archive/suites.py",
    "src/virtsmith/ark/catalogue/refresh.py",
    "src/virtsmith/host/facts/parsers/guess.py",
    "src/virtsmith/host/testing.py",
    "src/virtsmith/host/verify/explain.py",
    "src/virtsmith/po/linebreak.py",
    "src/virtsmith/po/linguas.py",
    "src/virtsmith/po/project.py",
    "src/virtsmith/po/wrap.py",
    "src/virtsmith/schema/codecs.py",
    "src/virtsmith/schema/naming.py",
}
"""Modules with an expression made of a name, a language or a schema: known only when they run, not pumped here."""


def test_every_expression_is_found() -> None:
    assert len(KNOWN) > 200
    assert {where.rpartition(":")[0] for where, found in ALL if found is None} == _BUILT_WHEN_RUN


@pytest.mark.parametrize(("where", "pattern"), KNOWN, ids=[where for where, _ in KNOWN])
def test_matches_in_linear_time(where: str, pattern: re.Pattern[Any]) -> None:
    found = slow_input(pattern)
    assert found is None, f"{where}: {pattern.pattern!r} is slow on {found}"


@pytest.mark.parametrize(("where", "pattern"), SEARCHED, ids=[where for where, _ in SEARCHED])
def test_searches_in_linear_time(where: str, pattern: re.Pattern[Any]) -> None:
    found = slow_search(pattern)
    assert found is None, f"{where}: {pattern.pattern!r} is slow on {found!r}"


@pytest.mark.parametrize("slow", [r"a+b", r"(?m)^\s*x"])
def test_slow_searches_are_caught(slow: str) -> None:
    assert slow_search(re.compile(slow, re.DOTALL)) is not None


@pytest.mark.parametrize(
    "slow",
    [
        r"(?:[ \t]*<!--[^\n]*?-->)*[ \t]*(\r?\n|\Z)",
        r" [Ff]ile:[ \t]*(.+?)[ \t]*,[ \t]*line",
        r"[a-z]\s*(?:\([^)]*\))?\s*(?:\[[^\]]*\])?\s*",
        r"(?:\w+|\d+)*x",
        rb"\s*(<\?xml\?>)?\s*<",
    ],
)
def test_slow_expressions_are_caught(slow: str | bytes) -> None:
    assert slow_input(re.compile(slow)) is not None
