import pytest

from virtsmith.abi.diff.registers import register_name

SPACE = {"0x34": "40", "0x40": "10", "0x41": "80", "0x80": "11", "0x81": "00"}


@pytest.mark.parametrize(
    ("offset", "name"),
    [
        (0x01, "header vendor id"), (0x0B, "header class"), (0x2D, "header subsystem"), (0x34, "header capabilities"),
        (0x40, "express id"), (0x41, "express next"), (0x53, "express link status"), (0x59, "express slot control"),
        (0x82, "msix +0x2"), (0x100, "extended +0x100"),
    ],
)  # fmt: skip
def test_bytes_are_named_by_what_they_belong_to(offset, name):
    assert register_name(SPACE, offset) == name


def test_bridges_have_a_header_of_their_own():
    assert register_name({"0x0e": "01"}, 0x18) == "header buses"
    assert register_name({"0x0e": "81"}, 0x3E) == "header bridge control"


def test_an_unknown_capability_is_named_by_its_number():
    assert register_name({"0x34": "40", "0x40": "ee"}, 0x48) == "capability 0xee +0x8"


def test_capabilities_in_a_circle_or_of_garbage_end():
    assert register_name({"0x34": "40", "0x40": "10", "0x41": "40"}, 0x42) == "express flags"
    assert register_name({"0x34": "zz"}, 0x60) == "other"
    assert register_name({"0x34": 7}, 0x60) == "other"
