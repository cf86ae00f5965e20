import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import virtsmith

ROOT = Path(__file__).parent.parent.parent
MODULES = [
    name
    for _, name, _ in pkgutil.walk_packages(virtsmith.__path__, "virtsmith.")
    if ".model" not in name and not name.endswith("__main__")
]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("**/*.md")])


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_are_true(name):
    assert doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_examples_of_a_page_run(page, tmp_path, monkeypatch):
    """Each ```python block of a page runs, in order, in one namespace and in an empty folder."""
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        exec(compile(block, str(page), "exec"), namespace)
