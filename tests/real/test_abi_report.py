"""The report in a real browser: what it shows, how it is filtered, opened and used without a mouse."""

import json
from datetime import date

import pytest
from helpers.abi_samples import EVIL, RULES, make_story
from helpers.browser import as_phone, browser, complaints, weak_text
from libvirtxml.findings import Rule

from virtsmith.abi.diff.allow_file import parse_allowances
from virtsmith.abi.diff.allowances import review
from virtsmith.abi.dump.model import (
    Approval,
    Binary,
    Comparison,
    Difference,
    Dump,
    Impact,
    Load,
    LoadResult,
    Section,
    SectionStatus,
)
from virtsmith.abi.report import build_report, render_report

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    comparisons, lists = make_story()
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render_report(build_report("Guest ABI", comparisons, lists, RULES)))
    return path.as_uri()


@pytest.fixture
def page(address):
    with browser() as driver:
        driver.get(address)
        yield driver
        assert complaints(driver) == []


def texts(driver, selector):
    return [element.text for element in driver.find_elements("css selector", selector)]


def cell(driver, machine, version):
    return driver.find_element(
        "css selector", f'#matrix button[aria-label^="{machine}, "][aria-label*="to {version}:"]'
    )


def test_the_matrix_shows_the_worst_of_each_pair_of_versions(page):
    assert texts(page, "#matrix thead th") == ["machine type", "7.2.0", "10.0.13", "11.1.3"]
    assert texts(page, "#matrix tbody th") == ["pc-i440fx-7.2", "pc-q35-7.2", "pc-q35-10.0"]
    assert "break" in cell(page, "pc-q35-7.2", "11.1.3").get_attribute("class")
    assert "guest-visible" in cell(page, "pc-q35-7.2", "10.0.13").get_attribute("class")
    assert "unjudged" in cell(page, "pc-i440fx-7.2", "10.0.13").get_attribute("class")
    assert cell(page, "pc-q35-10.0", "11.1.3").text == "="


def test_a_cell_opens_its_findings_with_reasons_and_the_words_of_qemu(page):
    cell(page, "pc-q35-7.2", "11.1.3").click()
    shown = page.find_element("id", "details").text
    for expected in (
        "migration breaks",
        "Queues shrink",
        "ABI-TEST-QUEUE",
        "1024",
        "256",
        "keep the old queue size",
        EVIL,
    ):
        assert expected in shown
    assert page.find_elements("css selector", "#details img") == []


def test_search_and_chips_change_what_is_counted(page):
    search = page.find_element("id", "search")
    search.send_keys("pvpanic")
    assert texts(page, "#matrix tbody th") == ["pc-q35-7.2"]
    search.clear()
    search.send_keys("I440FX")
    assert texts(page, "#matrix tbody th") == ["pc-i440fx-7.2"]
    search.clear()
    search.send_keys("nothing has this name")
    assert texts(page, "#matrix tbody th") == []
    assert texts(page, "#shown")[0].startswith("0 of 3")
    search.clear()
    search.send_keys(" ")
    page.find_element("css selector", '.chip[data-impact="noise"]').click()
    assert cell(page, "pc-q35-10.0", "11.1.3").text == "· 1"
    page.find_element("id", "only").click()
    page.find_element("css selector", '.chip[data-impact="unjudged"]').click()
    assert texts(page, "#matrix tbody th") == ["pc-q35-7.2", "pc-q35-10.0"]


def test_versions_are_compared_with_the_one_that_is_chosen(page):
    from selenium.webdriver.support.select import Select

    Select(page.find_element("id", "from")).select_by_visible_text("7.2.0")
    assert cell(page, "pc-q35-7.2", "11.1.3").text == "="


def test_everything_can_be_reached_with_the_keyboard(page):
    from selenium.webdriver.common.keys import Keys

    def press(key):
        page.switch_to.active_element.send_keys(key)

    def focus():
        return page.switch_to.active_element.get_attribute("aria-label")

    page.execute_script("document.querySelector('#matrix button').focus()")
    assert focus().startswith("pc-i440fx-7.2")
    press(Keys.ARROW_DOWN)
    assert focus().startswith("pc-q35-7.2, 7.2.0 to 10.0.13")
    press(Keys.ARROW_RIGHT)
    assert focus().startswith("pc-q35-7.2, 10.0.13 to 11.1.3: breaks migration")
    press(Keys.ENTER)
    assert page.switch_to.active_element.get_attribute("id") == "details"
    press(Keys.ESCAPE)
    assert not page.find_element("id", "details").is_displayed()
    assert focus().startswith("pc-q35-7.2, 10.0.13 to 11.1.3")
    press("/")
    assert page.switch_to.active_element.get_attribute("id") == "search"
    reachable = page.find_elements("css selector", '#matrix button[tabindex="0"]')
    assert len(reachable) == 1, "one stop of the Tab key for the whole matrix"


def test_the_life_cycle_shows_recordings_and_deprecation(page):
    assert texts(page, "#timeline thead th") == ["machine type", "2.5.0", "7.2.0", "10.0.13", "11.1.3"]
    row = page.find_element("xpath", '//table[@id="timeline"]//tr[th="pc-q35-7.2"]')
    assert [field.get_attribute("title") for field in row.find_elements("css selector", "td")] == [
        "",
        "offered",
        "",
        "deprecated: too old",
    ]


def test_a_phone_needs_no_sideways_scrolling_and_the_page_prints(address):
    with browser() as driver:
        as_phone(driver)
        driver.get(address)
        assert driver.execute_script("return document.documentElement.scrollWidth") <= 390
        assert len(driver.print_page()) > 10_000
        assert complaints(driver) == []


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_ground_in_both_colour_schemes(address, dark):
    with browser(dark=dark) as driver:
        driver.get(address)
        cell(driver, "pc-q35-7.2", "11.1.3").click()
        assert driver.execute_script("return matchMedia('(prefers-color-scheme: dark)').matches") is dark
        assert weak_text(driver) == []


def test_the_data_in_the_page_is_the_data_beside_it(address, tmp_path):
    comparisons, lists = make_story()
    data = build_report("Guest ABI", comparisons, lists, RULES)
    with browser() as driver:
        driver.get(address)
        embedded = driver.execute_script("return document.getElementById('data').textContent")
    assert json.loads(embedded) == data


def test_what_is_allowed_is_folded_and_not_counted(tmp_path):
    comparisons, lists = make_story()
    text = f'[[allow]]\npath = "{{pvpanic,net0}}/**"\nreason = "{EVIL}"\nby = "Ada"\nuntil = 2099-01-01\n'
    marked = review(comparisons, parse_allowances(text, "allow.toml"), date(2026, 6, 15)).comparisons
    path = tmp_path / "report.html"
    path.write_text(render_report(build_report("Guest ABI", marked, lists, RULES)))
    with browser() as driver:
        driver.get(path.as_uri())
        assert cell(driver, "pc-q35-7.2", "10.0.13").text == "=, 1 allowed"
        failed = cell(driver, "pc-q35-7.2", "11.1.3")
        assert "break" in failed.get_attribute("class"), "a load that failed is not to be allowed"
        cell(driver, "pc-q35-7.2", "10.0.13").click()
        folded = driver.find_element("css selector", "#details details")
        assert folded.text == "allowed (1)"
        folded.find_element("css selector", "summary").click()
        assert f"{EVIL}, Ada, until 2099-01-01" in folded.text
        assert driver.find_elements("css selector", "#details img") == []
        assert complaints(driver) == []


HOSTILE = (
    EVIL, '"><svg onload=alert(1)>', "' onmouseover='alert(1)", "javascript:alert(1)", "</style><script>alert(1)",
    "<!--<script>", "--><script>alert(1)</script>", "]]><b>", "&lt;b&gt;", "__proto__", "constructor", "\u202egnp.exe",
)  # fmt: skip


def report_of(word):
    """A report with a word in every field but versions, which are read as such."""
    old, new = Binary("7.2.0", word, "0" * 64, word), Binary("10.0.13", word, "1" * 64, word)
    rule, approval = Rule(word, word, word, word), Approval(word, word, word)
    differences = [
        Difference(word, (word, word), word, {word: [word]}, Impact.BREAK, word, word, word, word, word, allowed)
        for allowed in (None, approval)
    ]
    keys = (old.key, new.key)
    loads = [Load(word, word, word, *keys, booted=True, result=LoadResult.FAILED, device=word, error=word)]
    loads += [Load(word, word, word, *keys[::-1], booted=False, result=LoadResult.OK, left_out={word: word})]
    comparison = Comparison(word, word, word, old, new, differences, {f"{word} 2": word}, loads, [word])
    listed = {"machines": Section(SectionStatus.OK, {word: {"deprecated": True, "deprecation-reason": word}})}
    lists = [Dump(binary, None, "", word, listed) for binary in (old, new)]
    return render_report(build_report(word, [comparison], lists, [rule]))


def test_hostile_names_in_every_field_are_text_and_nothing_else(tmp_path):
    with browser() as driver:
        plain, _ = opened(driver, tmp_path, "harmless")
        assert len(plain) > 60
        for word in HOSTILE:
            elements, text = opened(driver, tmp_path, word)
            assert elements == plain, word
            assert text.count(word) > 10, word
            assert complaints(driver) == []


def opened(driver, directory, word):
    """The elements of a report, as the browser has them once all is opened, and its text."""
    (directory / "report.html").write_text(report_of(word))
    driver.get((directory / "report.html").as_uri())
    driver.execute_script(
        "for (const b of document.querySelectorAll('#matrix button')) b.click();"
        "for (const d of document.querySelectorAll('details')) d.open = true;"
    )
    script = "return [...document.querySelectorAll('body *')].map(e => e.tagName + ' ' + e.getAttributeNames().join());"
    return driver.execute_script(script), driver.execute_script("return document.body.textContent")
