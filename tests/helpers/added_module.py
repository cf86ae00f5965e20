"""A module that somebody adds to a package: what it declares must be found, by nothing but its being there."""

import sys
from contextlib import contextmanager
from importlib import import_module


@contextmanager
def added_module(directory, package, registries, text, name="added_by_a_test"):
    """Add a module to a package for as long as the block lasts; ``registries`` are those that it declares things in."""
    (directory / f"{name}.py").write_text(text)
    module, items = import_module(package), [dict(registry) for registry in registries]
    module.__path__.append(str(directory))
    try:
        for registry in registries:
            registry.load()
        yield
    finally:
        module.__path__.remove(str(directory))
        sys.modules.pop(f"{package}.{name}", None)
        for registry, before in zip(registries, items, strict=True):
            registry._items = before
