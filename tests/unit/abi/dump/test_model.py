import pytest

from virtsmith.abi.dump.model import natural_key


def test_versions_are_in_the_order_of_their_numbers():
    names = ["pc-q35-10.0", "pc-q35-9.2", "pc-i440fx-2.11", "pc-q35-9.10"]
    assert sorted(names, key=natural_key) == ["pc-i440fx-2.11", "pc-q35-9.2", "pc-q35-9.10", "pc-q35-10.0"]


@pytest.mark.parametrize("name", ["²", "a²3", "٣", "9" * 5000, "", "1\0"])
def test_any_name_has_a_place(name):
    assert sorted([name, "pc-1.0", "1"], key=natural_key)
