"""Sizes, CPU sets and MAC addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtsmith.host.spec.quantities import add_to_mac, format_cpus, format_kib, parse_cpus, parse_kib, parse_mac


@pytest.mark.parametrize(
    ("text", "kib"),
    [("4096000 KiB", 4096000), ("4 GiB", 4 << 20), ("512M", 512 << 10), ("1tib", 1 << 30), ("1 TB", 976562500)],
)
def test_a_size_is_counted_as_libvirt_counts(text, kib):
    assert parse_kib(text) == kib


@pytest.mark.parametrize("text", ["4", "4 GG", "-1G", "1.5G", "", "٤G"])
def test_a_size_without_a_unit_is_refused(text):
    with pytest.raises(ValueError, match=r"not a (unit of )?size"):
        parse_kib(text)


@given(st.sets(st.integers(0, 4095), max_size=40))
def test_a_cpu_set_survives_being_written_and_read(cpus):
    assert parse_cpus(format_cpus(cpus)) == tuple(sorted(cpus))


def test_a_cpu_set_can_take_cpus_out_as_libvirt_writes_it():
    assert parse_cpus("0-4,^2, 7") == (0, 1, 3, 4, 7)


@pytest.mark.parametrize("text", ["3-1", "a", "0-", "9999", "-3", "²"])
def test_a_wrong_cpu_set_is_refused(text):
    with pytest.raises(ValueError, match="not a CPU"):
        parse_cpus(text)


def test_a_multicast_address_is_no_mac_of_a_card():
    with pytest.raises(ValueError, match="not the MAC"):
        parse_mac("53:54:00:00:00:00")


def test_counting_up_a_mac_keeps_the_vendor():
    assert add_to_mac("52:54:00:ff:ff:ff", 1) == "52:54:00:00:00:00"
    assert add_to_mac("52:54:00:7e:6e:c6", 2) == "52:54:00:7e:6e:c8"


def test_a_size_is_written_with_the_largest_unit_that_keeps_it_whole():
    assert [format_kib(4 << 20), format_kib(4096000), format_kib(3)] == ["4 GiB", "4000 MiB", "3 KiB"]
