import doctest
import importlib
import pkgutil

import pytest

import virtsmith

MODULES = [
    name
    for _, name, _ in pkgutil.walk_packages(virtsmith.__path__, "virtsmith.")
    if ".model" not in name and not name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_are_true(name):
    assert doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0
