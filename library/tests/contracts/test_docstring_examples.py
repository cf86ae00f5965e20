import doctest
import importlib
import pkgutil

import libvirtxml
import pytest

MODULES = [
    name
    for _, name, _ in pkgutil.walk_packages(libvirtxml.__path__, "libvirtxml.")
    if not name.startswith("libvirtxml.model.") and not name.endswith("pytest_plugin")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_are_true(name):
    assert doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0
