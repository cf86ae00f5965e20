"""Example specs that come with virtsmith, by name."""

from __future__ import annotations

from importlib.resources import files

from virtsmith.errors import UsageError
from virtsmith.host.spec.model import HostSpec
from virtsmith.host.spec.reader import parse_spec

NAMES = ("annotated", "minimal", "numa3", "numa3-sriov", "kubevirt-sriov")


def example_text(name: str) -> str:
    """The commented TOML of an example.

    Raises:
        UsageError: the example does not exist.
    """
    if name not in NAMES:
        raise UsageError(f"no example spec named {name!r}", hint=f"known: {', '.join(NAMES)}")
    return (files(__name__) / f"{name}.toml").read_text(encoding="utf-8")


def example_spec(name: str) -> HostSpec:
    """The spec of an example."""
    return parse_spec(example_text(name), f"{name}.toml")
