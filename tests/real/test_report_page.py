"""The pages of tables, which `ark check`, `abi diff` and all commands that report findings write, in a real browser."""

import pytest
from helpers.browser import as_phone, browser, complaints, weak_text

from virtsmith.report.html import render_page
from virtsmith.report.report import Page
from virtsmith.report.table import Cell, Table, Tone

pytestmark = pytest.mark.real
EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    rows = [[tone.value, Cell(f"said {tone.value}", tone, f"details of {tone.value} {EVIL}"), 3] for tone in Tone]
    tables = [Table.make(["tone", "qemu 10.0", "count"], rows, title="Will it work there?", right=["count"])]
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(render_page(Page("Will it work there?", tables, facts={"domain": EVIL})))
    return path.as_uri()


@pytest.mark.parametrize("dark", [False, True])
def test_a_page_is_readable_in_both_colour_schemes_and_runs_nothing(address, dark):
    with browser(dark=dark) as driver:
        driver.get(address)
        assert weak_text(driver) == []
        assert complaints(driver) == []
        assert driver.find_elements("css selector", "script") == []
        assert EVIL in driver.find_element("css selector", "p").text


def test_a_page_fits_a_phone(address):
    with browser() as driver:
        as_phone(driver)
        driver.get(address)
        assert driver.execute_script("return document.documentElement.scrollWidth") <= 390
