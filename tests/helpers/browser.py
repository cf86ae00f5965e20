"""A real browser for tests of pages: Chromium without a screen, driven through its own driver."""

import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip


@contextmanager
def browser(width=1200, height=900, *, dark=False):
    """A browser window; skips the test where there is none."""
    programs = [shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")]
    if not all(programs):
        pytest.skip("no browser: needs the packages chromium and chromium-driver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    for word in (*QUIET, f"--window-size={width},{height}", *(("--force-dark-mode",) if dark else ())):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(programs[1]))
    try:
        yield driver
    finally:
        driver.quit()


def as_phone(driver, width=390, height=844):
    """Give the window a phone's size, which a desktop window cannot have."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def complaints(driver):
    """What the page wrote to the console."""
    return [entry["message"] for entry in driver.get_log("browser")]


def weak_text(driver):
    """Texts that do not stand out enough from their ground, with the contrast ratio."""
    return driver.execute_script(Path(__file__).with_name("contrast.js").read_text())
