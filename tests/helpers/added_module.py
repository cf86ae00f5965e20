"""A module that somebody adds to a package: what it declares must be found, by nothing but its being there."""

import sys
from contextlib import contextmanager
from importlib import import_module


@contextmanager
def added_module(directory, package, registry, text, name="added_by_a_test"):
    """Add a module to a package for as long as the block lasts."""
    (directory / f"{name}.py").write_text(text)
    module, items = import_module(package), dict(registry.items())
    module.__path__.append(str(directory))
    try:
        registry.load()
        yield
    finally:
        module.__path__.remove(str(directory))
        sys.modules.pop(f"{package}.{name}", None)
        registry._items = items
