"""What is declared is what is used, and what is locked is pinned with digests."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OPTIONAL_IN_TESTS_ONLY = {"pytest", "hypothesis"}
HEAVY = ("lxml", "rich", "jinja2", "urllib3", "asyncio", "hypothesis", "pytest", "distributed", "click")


def names(requirements):
    return {re.split(r"[<>=!\[ ;]", requirement)[0].lower().replace("_", "-") for requirement in requirements}


def imported():
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"virtsmith"}


@pytest.mark.slow
def test_declared_dependencies_are_those_that_are_imported():
    owners = packages_distributions()
    used = {owner.lower().replace("_", "-") for module in imported() for owner in owners.get(module, [module])[:1]}
    base = names(PROJECT["dependencies"])
    optional = {name for group in PROJECT["optional-dependencies"].values() for name in names(group)}
    assert base - used == set(), "declared and not used"
    assert {name for name in used - base - optional if name != "ruamel"} == set(), "used and not declared"


def test_every_locked_package_is_pinned_and_has_digests():
    text = (ROOT / "requirements" / "dev.txt").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert len(lines) > 30
    assert [line.split()[0] for line in lines if "==" not in line or "--hash=sha256:" not in line] == []
    assert "://" not in text


@pytest.mark.parametrize("module", ["virtsmith", "libvirtxml", "virtsmith.errors", "virtsmith.abi", "virtsmith.po"])
def test_importing_a_base_package_pulls_in_nothing_heavy(module):
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
