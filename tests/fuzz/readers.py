"""Which functions of the project read foreign text or bytes, found in its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SOURCES = {"virtsmith": ROOT / "src/virtsmith", "libvirtxml": ROOT / "library/src/libvirtxml"}
_OURS = ("cli", "model", "testing")
"""Directories without readers of their own: commands call those of their libraries, and the model is generated."""
_NAME = re.compile(r"(parse|load|read|scan)(_\w+)?|from_(json|yaml|string|text)|\w+_config")
_FOREIGN = re.compile(r"\b(str|bytes|Path)\b|^Any$")


def readers() -> set[str]:
    """All public functions and class methods that are named like readers and take a text, bytes or a path."""
    found = set()
    for package, source in _SOURCES.items():
        for path in sorted(source.rglob("*.py")):
            parts = path.relative_to(source).with_suffix("").parts
            if parts[0] not in _OURS:
                module = ".".join((package, *parts)).removesuffix(".__init__")
                found |= {f"{module}:{name}" for name in _readers_of(ast.parse(path.read_text("utf-8")))}
    return found


def _readers_of(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and _is_reader(node, node.args.args[:1]):
            yield node.name
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                is_class_method = isinstance(inner, ast.FunctionDef) and any(
                    isinstance(item, ast.Name) and item.id == "classmethod" for item in inner.decorator_list
                )
                if is_class_method and _is_reader(inner, inner.args.args[1:2]):
                    yield f"{node.name}.{inner.name}"


def _is_reader(node: ast.FunctionDef, arguments: list[ast.arg]) -> bool:
    takes = arguments and arguments[0].annotation and _FOREIGN.search(ast.unparse(arguments[0].annotation))
    is_overload = any(isinstance(item, ast.Name) and item.id == "overload" for item in node.decorator_list)
    return bool(takes) and not is_overload and not node.name.startswith("_") and bool(_NAME.fullmatch(node.name))
