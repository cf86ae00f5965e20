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


HOSTILE = (
    EVIL, "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "' onmouseover='alert(1)", "javascript:alert(1)",
    "</title><script>alert(1)", "]]><script>alert(1)</script>", "--><script>alert(1)</script>",
    "{{ 7*7 }}", "&lt;b&gt;",
)  # fmt: skip


def page_of(word):
    """A page with a word in each of its fields."""
    cell = Cell(word, next(iter(Tone)), word)
    table = Table.make([word, f"{word} 2"], [[cell, word]], title=word)
    return render_page(Page(word, [table], facts={word: word}))


def test_hostile_names_in_every_field_are_text_and_nothing_else(tmp_path):
    with browser() as driver:
        plain = elements_of(driver, tmp_path, "harmless")
        for word in HOSTILE:
            assert elements_of(driver, tmp_path, word) == plain, word
            assert word in driver.execute_script("return document.documentElement.textContent")
            assert complaints(driver) == []


def elements_of(driver, directory, word):
    """The elements of a page as the browser has them, with the names of their attributes."""
    (directory / "page.html").write_text(page_of(word))
    driver.get((directory / "page.html").as_uri())
    script = "return [...document.querySelectorAll('*')].map(e => e.tagName + ' ' + e.getAttributeNames().join())"
    return driver.execute_script(script)
