import pytest
from hypothesis import given
from hypothesis import strategies as st
from libvirtxml.errors import UsageError
from libvirtxml.versions import Version, VersionRange


def versions(*texts: str) -> list[Version]:
    return [Version.parse(text) for text in texts]


def test_versions_order_by_number_and_candidates_come_first():
    ordered = versions("1.2.9", "1.2.10", "1.3.0-rc1", "1.3.0-rc2", "1.3", "1.3.0.1", "10.0.0")
    backwards = ordered[::-1]
    assert sorted(backwards) == ordered


def test_missing_places_count_as_zero():
    assert Version.parse("7.2") == Version.parse("v7.2.0")
    assert len({*versions("7.2", "7.2.0")}) == 1


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=4), st.none() | st.integers(0, 9))
def test_a_version_reads_back_what_it_prints(numbers, candidate):
    version = Version(tuple(numbers), candidate)
    assert Version.parse(str(version)) == version


@pytest.mark.parametrize("text", ["", "abc", "1..2", "1.2-beta", "-1", "1.2.3.", "\u0661.2", "1" * 100])
def test_what_is_no_version_is_refused(text):
    with pytest.raises(UsageError, match="not a version number"):
        Version.parse(text)


def test_a_range_holds_its_ends_and_nothing_outside():
    span = VersionRange.parse("6.0..7.2")
    inside = [str(v) for v in versions("5.9", "6.0.0", "7.1", "7.2.0", "7.2.1") if v in span]
    assert inside == ["6.0.0", "7.1", "7.2.0"]
    assert Version.parse("99") in VersionRange.parse("6.0..")
    assert Version.parse("1.0") in VersionRange.parse("..7.2")
    with pytest.raises(UsageError, match="empty version range"):
        VersionRange.parse("7..6")
