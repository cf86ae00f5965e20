"""What SECURITY.md promises, checked over the whole source; the tests that it names try each promise on real input."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "library" / "src" / "libvirtxml"
SOURCE = ROOT / "src" / "virtsmith"
MODULES = sorted({*SOURCE.rglob("*.py"), *LIBRARY.rglob("*.py")} - {*(LIBRARY / "model").rglob("*.py")})
STARTERS = {SOURCE / "core" / name for name in ("run.py", "ownership.py", "leftovers.py")}
"""The modules that start programs: all others use `core.run`, which has what it starts cleaned up by the other two."""
ONLY_THERE = {"subprocess.run", "subprocess.Popen", "os.execvpe", "os.system", "os.popen", "os.spawnv", "os.fork"}
NEVER = {
    "eval", "exec", "compile", "__import__", "pickle.load", "pickle.loads", "marshal.load", "marshal.loads",
    "tempfile.mktemp", "os.system", "os.popen", "ssl._create_unverified_context",
}  # fmt: skip


@cache
def calls():
    """Every call in the source: file, node, name of what is called. Generated tables hold none."""
    return [
        (path, node, ast.unparse(node.func))
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    ]


@pytest.mark.slow
def test_nothing_foreign_is_evaluated_and_no_shell_is_used():
    found = [(path, name) for path, _, name in calls() if name in NEVER]
    found += [(path, "shell=") for path, node, _ in calls() if any(word.arg == "shell" for word in node.keywords)]
    found += [(path, name) for path, _, name in calls() if name in ONLY_THERE and path not in STARTERS]
    assert found == []


@pytest.mark.slow
def test_archives_are_unpacked_with_a_filter_or_member_by_member():
    for path, node, name in calls():
        if name.endswith(".extractall"):
            assert "filter" in {word.arg for word in node.keywords}, f"{path}:{node.lineno}"


def test_certificates_are_always_checked():
    for path in MODULES:
        assert not re.search(r"verify\s*=\s*False|CERT_NONE|check_hostname\s*=\s*False", path.read_text()), path


PROMISES = [
    " ".join(promise.split())
    for promise in re.split(r"^- ", (ROOT / "SECURITY.md").read_text(), flags=re.MULTILINE)[1:]
]


@pytest.mark.parametrize("promise", PROMISES)
def test_every_promise_names_tests_that_exist(promise):
    named = re.findall(r"`((?:library/)?tests/[\w/]+\.py)::(\w+)`", promise)
    assert named, "a promise names the test that tries it"
    missing = [f"{file}::{test}" for file, test in named if test not in functions_of(ROOT / file)]
    assert missing == []


def functions_of(path):
    body = ast.parse(path.read_text()).body if path.is_file() else []
    return {node.name for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_the_promises_are_found():
    assert len(PROMISES) >= 12
