"""What is known in one place stays there: nobody else reads the same thing in a way of their own."""

import ast
import re
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src/virtsmith"
OWNERS = {
    "core/dirs.py": r"XDG_\w+_HOME|\bexpanduser\b|\bPath\.home\b",
    "core/cpus.py": r"\b(?:os|multiprocessing)\.cpu_count\b|\bprocess_cpu_count\b|\bsched_getaffinity\b",
    "qemu/version.py": r"emulator version",
}


def code_of(path):
    """The text of a module without comments and docstrings, which may speak of anything."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [item for item in body if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))]
            node.body = kept or [ast.Pass()]
    return ast.unparse(tree)


@pytest.mark.parametrize(("owner", "pattern"), OWNERS.items())
def test_only_the_owner_knows(owner, pattern):
    users = [str(path.relative_to(SOURCES)) for path in SOURCES.rglob("*.py") if re.search(pattern, code_of(path))]
    assert users == [owner]
