"""Every reader of the project has inputs that are meant to be expensive, and none costs more than it is large."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))
from benchmarks.growth import SHAPES, measure  # noqa: E402 - not a part of the distribution
from benchmarks.growth.measure import Growth, Shape  # noqa: E402

_READER = re.compile(r"(parse|load|read|scan|from)(_|$)")
_SOURCES = (ROOT / "src/virtsmith", ROOT / "library/src/libvirtxml")
_LEFT_OUT = ("cli/", "model/", "testing/")
COVERED = {reader for shape in SHAPES for reader in shape.readers}


def _readers() -> Iterator[str]:
    """The public functions that make something of a text, as ``module:name``: they begin with a word for reading."""
    for source in _SOURCES:
        for path in sorted(source.rglob("*.py")):
            place = path.relative_to(source).as_posix()
            if not place.startswith(_LEFT_OUT):
                tree = ast.parse(path.read_text("utf-8"))
                functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
                yield from (f"{place}:{node.name}" for node in functions if _is_reader(node))


def _is_reader(function: ast.FunctionDef) -> bool:
    """Whether its name says that it reads, and its first parameter is a text, bytes or anything that has them."""
    first = function.args.args[0].annotation if function.args.args else None
    return (
        bool(_READER.match(function.name))
        and first is not None
        and bool(re.search(r"\b(str|bytes|Any)\b", ast.unparse(first)))
    )


SHORT = {
    "values that a document or an option gives, matched by an expression that test_regular_expressions.py pumps": (
        "_impl/edit/flow.py:parse_flow", "_impl/paths/__init__.py:parse_path", "_impl/paths/dotted.py:parse_dotted",
        "_impl/paths/xpath.py:parse_xpath", "releases.py:parse_ranges", "values.py:parse_integer",
        "values.py:parse_size", "ark/catalogue/targets.py:parse_versions", "ark/requests.py:parse_selection",
        "host/spec/quantities.py:parse_kib", "host/spec/quantities.py:parse_cpus", "host/spec/quantities.py:parse_mac",
        "qemu/version.py:parse_banner", "po/flags.py:parse_flags", "po/sources/python.py:parse_keyword",
        "po/check/cformat.py:parse_c_format", "po/profile.py:read_profile",
        "po/sources/settings.py:parse_options",
    ),
    "steps of a reader that has shapes, with the text that it was given": (
        "_impl/document.py:read_carefully", "_impl/document.py:read_recognised", "_impl/document.py:read_text",
        "_impl/parse.py:parse_tree", "_impl/parse.py:parse_fragment", "_impl/plain.py:read_plain",
        "_impl/sources.py:read_source", "_impl/sources.py:read_limited", "ark/catalogue/rows.py:parse_rows",
        "live.py:load", "host/plan/load.py:load_plan", "_impl/read.py:read_rest",
    ),
    "a document type declaration, with the parser of documents": ("_impl/parse.py:parse_doctype",),
    "files of the project itself": (
        "abi/diff/rule_file.py:parse_rules", "qemu/machine_history.py:parse_history", "schema/facts.py:load",
        "po/versions.py:load_version",
    ),
    "documents through the reader of the library": ("qemu/domain_machine.py:read_machine",),
    "documents that virsh is given, through lxml alone": ("ark/check/domain.py:parse_xml",),
    "answers and states of a QEMU that is run": ("qemu/machines.py:parse_types", "abi/migrate/transfer.py:load_state"),
    "files of a user's own account": ("po/platforms/zanata_config.py:read_user_file",),
}  # fmt: skip
"""Readers without shapes of their own, by the reason."""


def test_every_reader_has_a_shape_or_a_reason() -> None:
    excused = {reader for readers in SHORT.values() for reader in readers}
    found = set(_readers())
    assert sorted(found - COVERED - excused) == []
    assert sorted((COVERED | excused) - found) == []


FIXED = {
    "edit: unknown siblings", "edit: comments on one line", "JSON: attributes of a device", "JSON: a key twice",
    "compare: namespaces, all declared at the root", "PO: plural forms", "qtree: devices",
}  # fmt: skip
"""Shapes that once took quadratic time; ``python -m benchmarks growth`` measures all."""


@pytest.mark.slow
@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape.name in FIXED], ids=lambda shape: shape.name)
def test_four_times_the_input_takes_no_more_than_linear_work(shape: Shape) -> None:
    found: list[Growth] = []
    while len(found) < 4:  # other work on the machine may slow one measurement down
        found.append(measure(shape, factors=(1, 4), memory=False))
        if found[-1].verdict != "super-linear":
            return
    pytest.fail(f"{shape.name}: {found}")


def test_all_shapes_that_are_tried_exist() -> None:
    assert {shape.name for shape in SHAPES} >= FIXED


def test_quadratic_work_is_noticed() -> None:
    shape = Shape("quadratic", (), 400, lambda n: lambda: [i * j for i in range(n) for j in range(n)])
    assert measure(shape, factors=(1, 4), memory=False).verdict == "super-linear"
