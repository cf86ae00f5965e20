"""ARCHITECTURE.md and CONTRIBUTING.md speak of what is there."""

import itertools
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "tests", "docs", "requirements", "packaging", "benchmarks", "library")
FILES = {
    f"/{path.relative_to(ROOT)}"
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if "_build" not in path.parts
} | {f"/{path.name}" for path in ROOT.iterdir()}
NAMED = re.compile(r"(?<![\w./-])[\w/.-]*\w\.(?:py|toml|csv|sh|json|spec|md)\b")


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_every_file_that_a_page_names_exists(page):
    named = {name.lstrip("/") for name in NAMED.findall((ROOT / page).read_text()) if "TOOL" not in name}
    assert len(named) > 10
    assert [name for name in sorted(named) if not any(path.endswith(f"/{name}") for path in FILES)] == []


def test_the_layers_are_those_that_are_enforced():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    enforced = {name for layer in contracts[0]["layers"] for name in re.findall(r"\w+", layer)}
    picture = (ROOT / "ARCHITECTURE.md").read_text().split("```")[1]
    drawn = {word for line in picture.strip().splitlines() for word in line[:25].split()}
    assert drawn == enforced


def test_headings_stand_apart():
    for page in ROOT.glob("*.md"):
        lines = page.read_text().splitlines()
        stuck = [line for before, line in itertools.pairwise(lines) if re.match(r"#{2,} \w", line) and before]
        assert stuck == [], page.name
