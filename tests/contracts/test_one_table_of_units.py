"""Units of size are known in one place, `libvirtxml.values`: nobody keeps a table or a ladder of powers beside it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from libvirtxml.errors import SizeError
from libvirtxml.values import unit_size

ROOT = Path(__file__).parents[2]
SOURCES = (ROOT / "src/virtsmith", ROOT / "library/src/libvirtxml")
PLACE = "library/src/libvirtxml/values.py"


def is_unit(node: ast.expr | None) -> bool:
    """Whether a literal is a unit of more than a byte, of any spelling that people use."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    try:
        return unit_size(node.value) > 1
    except SizeError:
        return node.value in {"Ki", "Mi", "Gi", "Ti", "kilobyte", "megabyte", "gigabyte"}


def second_tables(source: str) -> Iterator[int]:
    """The lines where units of size are listed, or are made of powers of 1024 or 1000."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            listed = node.keys
        elif isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            listed = [item.elts[0] if isinstance(item, ast.Tuple) and item.elts else item for item in node.elts]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            numbers = [part.value for part in ast.walk(node.left) if isinstance(part, ast.Constant)]
            if {1000, 1024} & set(numbers):
                yield node.lineno
            continue
        else:
            continue
        units = [item for item in listed if is_unit(item)]
        if len(units) >= 2 and 2 * len(units) >= len(listed):
            yield node.lineno


@pytest.mark.parametrize(
    "table",
    [
        'X = {"KiB": 10, "MiB": 20}', 'X = {"b": 1, "K": 1, "m": 2}', 'X = ("KiB", "MiB", "GiB")',
        'X = [("GB", 30), ("MB", 20)]', "x = 1024 ** 3", "x = (1000 if y else 1024) ** power", 'f({"Mi": 1, "Gi": 2})',
        'for unit, shift in (("GiB", 20), ("MiB", 10)): pass',
    ],
)  # fmt: skip
def test_a_second_table_is_found(table):
    assert list(second_tables(table)) == [1]


def test_what_is_not_a_table_is_left_alone():
    assert list(second_tables('X = {"b": 1, "t": 2, "n": 3, "m": 4, "x": 0}; Y = Memory(4, "KiB"); z = 2 ** 10')) == []


def test_only_one_place_knows_units():
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for source in SOURCES
        for path in source.rglob("*.py")
        for line in second_tables(path.read_text())
    }
    assert {place.partition(":")[0] for place in found} == {PLACE}, found
