from virtsmith.ark.check.outlook import find_prospects
from virtsmith.ark.check.report import matrix_table
from virtsmith.report import text

DOMAIN = b"<domain type='hvf'><name>a</name><memory>1</memory><os><type>hvm</type></os></domain>"


def test_releases_that_are_not_installed_are_judged_by_their_schemas():
    """``hvf`` came with 8.1.0, so releases before that refuse it, and later ones accept it."""
    first, last = find_prospects(DOMAIN, "7.8..12.8", ["9.8.0"])
    assert (first.version, last.version) == ("libvirt 7.8.0..7.9.0", "libvirt 8.1.0..12.8.0")
    assert first.message.startswith(
        "schema refuses: line 1: /domain/@type='hvf' is in libvirt's schema only since 8.1.0"
    )
    assert last.message == "schema accepts; not run"


def test_installed_releases_and_ends_of_the_range_are_not_asked_for():
    assert find_prospects(DOMAIN, "9.8.0", ["9.8.0"]) == []
    assert find_prospects(DOMAIN, "min,max", ["9.8.0"]) == []
    assert find_prospects(DOMAIN, "all", ["9.8.0"])[0].version.startswith("libvirt 1.2.0")


def test_the_table_shows_them_below_what_was_run():
    shown = text.render_table(matrix_table([], find_prospects(DOMAIN, "10.4..12.8", [])), colour=False)
    assert "libvirt 10.4.0..12.8.0" in shown
