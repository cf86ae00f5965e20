"""Packages that import their modules only when something of them is used."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from virtsmith.core.lazy import lazy_exports

PACKAGES = ("abi", "ark", "host", "po", "schema")
SOURCE = Path(__file__).parents[3] / "src" / "virtsmith"


@pytest.mark.parametrize("name", PACKAGES)
def test_every_name_that_a_package_offers_is_there_and_is_what_checkers_see(name):
    package = import_module(f"virtsmith.{name}")
    shown = {}
    for node in ast.walk(ast.parse((SOURCE / name / "__init__.py").read_text())):
        if isinstance(node, ast.ImportFrom) and node.module.startswith(f"virtsmith.{name}."):
            shown |= {alias.asname: getattr(import_module(node.module), alias.name) for alias in node.names}
    assert dir(package) == sorted(shown)
    assert {offered: getattr(package, offered) for offered in shown} == shown


@pytest.mark.parametrize("name", PACKAGES)
def test_importing_a_package_imports_none_of_its_modules(name):
    code = f"import sys, virtsmith.{name}; print([m for m in sys.modules if m.startswith('virtsmith.{name}.')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_an_unknown_name_is_an_attribute_error():
    find, names = lazy_exports("virtsmith.abi", {"diff.verdict": ("judge",)})
    assert names() == ["judge"]
    assert find("judge").__name__ == "judge"
    with pytest.raises(AttributeError, match=r"'virtsmith\.abi' has no attribute 'jugde'"):
        find("jugde")
