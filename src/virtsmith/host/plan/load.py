"""Plans of specs that are given by name: files, or examples."""

from __future__ import annotations

from pathlib import Path

from libvirtxml.files import read_text

from virtsmith.errors import InputError
from virtsmith.host.plan.topology import Plan, plan
from virtsmith.host.spec.examples import NAMES, example_spec
from virtsmith.host.spec.reader import parse_spec

_XML_HINT = "virtsmith host lint takes domains; virtsmith host init writes a spec"


def load_plan(spec: str | Path) -> Plan:
    """Read and number a spec: a file, or one of the examples by its name.

    Raises:
        InputError: neither exists, or the file cannot be read, or is not a spec.

    Example:
        >>> from virtsmith.host import load_plan
        >>> load_plan("minimal").spec.name
        'minimal'
    """
    path = Path(spec)
    if path.exists():
        return parse_plan(read_text(path), str(path))
    if str(spec) in NAMES:
        return plan(example_spec(str(spec)))
    hint = f"examples: {', '.join(NAMES)}"
    raise InputError("no such file, and no example with that name", source=str(spec), hint=hint)


def parse_plan(text: str, source: str = "<spec>") -> Plan:
    """Read and number the text of a spec.

    Raises:
        InputError: it is not a spec.
    """
    if text.lstrip().startswith("<"):
        raise InputError("a spec is TOML, and this looks like XML", source=source, hint=_XML_HINT)
    return plan(parse_spec(text, source))
