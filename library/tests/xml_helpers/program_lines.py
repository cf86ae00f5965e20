"""How long a program is: its lines of code, without docstrings, comments, blank lines and its own trial run."""

import ast
from pathlib import Path


def lines_of_code(path: Path) -> int:
    """The lines of a program that do the job: not ``main``, which tries it on something, nor what starts it."""
    tree = ast.parse(path.read_text())
    counted: set[int] = set()
    for statement in tree.body:
        if not _is_trial(statement):
            counted |= _lines(statement)
    return len(counted - _docstrings(tree))


def _is_trial(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) or (isinstance(statement, ast.FunctionDef) and statement.name == "main")


def _lines(statement: ast.AST) -> set[int]:
    """The lines of a statement that are neither blank nor a comment."""
    found: set[int] = set()
    for node in ast.walk(statement):
        if isinstance(node, (ast.stmt, ast.expr, ast.keyword, ast.arg, ast.alias)):
            first, last = node.lineno, node.end_lineno or node.lineno
            found |= set(range(first, last + 1)) if isinstance(node, (ast.Constant, ast.JoinedStr)) else {first, last}
    return found


def _docstrings(tree: ast.Module) -> set[int]:
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            found |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found
