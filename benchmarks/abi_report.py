"""How long the report of five QEMUs and sixty machine types takes to open in a browser: at most one second.

The report is of made-up comparisons in the numbers that real ones have: all pairs in both directions, up to 120
differences each, two real loads.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from itertools import permutations
from pathlib import Path

from virtsmith.abi.dump.model import Binary, Comparison, Difference, Impact, Load, LoadResult
from virtsmith.abi.report import build_report, render_report

_LIMIT = 1.0
_ROUNDS = 3
_WORDS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")


def main() -> int:
    """Measure, print a line, and return how many targets were missed."""
    programs = [shutil.which("chromium"), shutil.which("chromedriver")]
    if not all(programs):
        print("   no browser: needs the packages chromium and chromium-driver")
        return 0
    page = render_report(build_report("Guest ABI", make_comparisons()))
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "report.html"
        path.write_text(page)
        seconds = min(open_seconds(path, *programs) for _ in range(_ROUNDS))
    missed = seconds > _LIMIT
    verdict = "  MISSED" if missed else ""
    print(f"   report of {len(page) / 1e6:.1f} MB opens in {seconds:.2f} s (target {_LIMIT:g}){verdict}")
    return int(missed)


def make_comparisons() -> list[Comparison]:
    """Comparisons of 60 machine types under 5 binaries."""
    chance = random.Random(7)
    versions = ("5.2.0", "7.2.22", "10.0.2", "10.0.13", "11.1.3")
    binaries = [Binary(version, f"package {version}", f"{chance.getrandbits(256):064x}") for version in versions]
    machines = [
        f"pc-{kind}-{major}.{minor}" for kind in ("q35", "i440fx") for major in range(2, 12) for minor in range(3)
    ]
    pool = [
        Difference(
            section,
            (f"device{n}", f"property-{n % 9}"),
            str(n),
            str(n + 1),
            impact,
            f"ABI-{impact.name}-{n % 5}",
            "why",
        )
        for section in ("props", "pci", "acpi", "virtio")
        for impact in Impact
        for n in range(100)
    ]
    comparisons = []
    for machine in machines:
        for a, b in permutations(binaries, 2):
            loads = [
                Load(machine, "probe", "tcg", a.key, b.key, booted=item, result=LoadResult.OK) for item in (False, True)
            ]
            differences = chance.sample(pool, chance.randrange(120))
            comparisons.append(Comparison(machine, "probe", "tcg", a, b, differences, loads=loads))
    return comparisons


def open_seconds(path: Path, browser: str, driver: str) -> float:
    """Seconds from the request of the page to the first picture after its script has drawn everything."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for word in _WORDS:
        options.add_argument(word)
    window = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        window.get(path.as_uri())
        return window.execute_async_script(
            "const done = arguments[0];"
            "requestAnimationFrame(() => setTimeout(() => done(performance.getEntriesByType('paint').concat("
            "performance.getEntriesByType('navigation').map((entry) => ({startTime: entry.loadEventEnd})))"
            ".reduce((latest, entry) => Math.max(latest, entry.startTime), 0) / 1000)))"
        )
    finally:
        window.quit()
