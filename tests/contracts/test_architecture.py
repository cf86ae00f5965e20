"""ARCHITECTURE.md, CONTRIBUTING.md and the decisions describe what is there."""

import ast
import itertools
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DIRECTORIES = ("src", "tests", "docs", "requirements", "packaging", "benchmarks", "library")
FILES = {
    f"/{path.relative_to(ROOT)}"
    for directory in DIRECTORIES
    for path in (ROOT / directory).rglob("*")
    if "_build" not in path.parts
} | {f"/{path.name}" for path in ROOT.iterdir()}
NAMED = re.compile(r"(?<![\w./-])[\w/.-]*\w\.(?:py|toml|csv|sh|json|spec|md)\b")
PAGES = ["ARCHITECTURE.md", "CONTRIBUTING.md", *(f"docs/decisions/{p.name}" for p in ROOT.glob("docs/decisions/*.md"))]
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
CHANGES = ARCHITECTURE.partition("## Where do I change ...?")[2].partition("\n## ")[0]
ROWS = {
    task: (change, test)
    for task, change, test in re.findall(r"^\| (.+?) \| (.+?) \|(.*) \|$", CHANGES, re.MULTILINE)[1:]
}


def located(name):
    """Where a path of the table is: in a directory of the repository, in its root, or else in the package."""
    return (
        ROOT / name if name.startswith(DIRECTORIES) or name == "CONTRIBUTING.md" else ROOT / "src" / "virtsmith" / name
    )


def defined(path):
    """The names that a module defines at its top level, without importing it."""
    for node in ast.parse(path.read_text()).body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Assign():
                yield from (target.id for target in node.targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def packages(directory):
    """Directories with Python modules, relative to ``directory``."""
    return {path.parent.relative_to(directory).as_posix() for path in directory.rglob("*.py")} - {"."}


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_exists(page):
    named = {name.lstrip("/") for name in NAMED.findall((ROOT / page).read_text()) if "TOOL" not in name}
    assert [name for name in sorted(named) if not any(path.endswith(f"/{name}") for path in FILES)] == []


def test_the_layers_are_those_that_are_enforced():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    enforced = {name for layer in contracts[0]["layers"] for name in re.findall(r"\w+", layer)}
    picture = ARCHITECTURE.split("```")[1]
    drawn = {word for line in picture.strip().splitlines() for word in line[:25].split()}
    assert drawn == enforced


def test_every_directory_has_its_line():
    lines = ARCHITECTURE.partition("## Directories")[2].partition("\n## ")[0]
    named = {name.rstrip("/") for name in re.findall(r"`([\w/]+/)`", lines)}
    library, tools = packages(ROOT / "library" / "src" / "libvirtxml"), packages(ROOT / "src" / "virtsmith")
    covered = {"host", "abi", "ark", "cli", "host/spec/examples", "host/facts/parsers", "host/run/probe"}
    there = {name for name in library | tools if not name.startswith("model/")} - covered
    assert there - named == set(), "add a line to ARCHITECTURE.md"


@pytest.mark.parametrize("row", ROWS)
def test_the_place_to_change_something_exists(row):
    cell, _ = ROWS[row]
    directory = next(iter(re.findall(r"`((?:library|docs)/[\w/]+/)`: ", cell)), "")
    places = [word for word in re.findall(r"`([^`]+)`", cell) if re.search(r"/|\.\w+(?::|$)", word)]
    assert places, "a row names a file"
    for place in places:
        path, _, name = place.partition(":")
        file = located(path) if "/" in path else located(directory + path)
        assert file.exists(), place
        assert not name or name in set(defined(file)), place


@pytest.mark.parametrize("row", [row for row, (_, test) in ROWS.items() if test])
def test_the_test_that_makes_the_change_exists(row):
    path, _, name = ROWS[row][1].strip(" `").partition(":")
    assert name in set(defined(ROOT / path))


@pytest.mark.parametrize("thing", ["lint rule", "rule for catalogues", "section", "platform", "archive", "format"])
def test_additions_are_made_by_a_test(thing):
    tests = [test for row, (_, test) in ROWS.items() if re.search(rf"\b{thing}\b", row)]
    assert any(tests), f"the row about a {thing} names a test"


def test_pages_are_short_enough_to_be_read():
    assert len(ARCHITECTURE.splitlines()) <= 130
    assert all(len((ROOT / page).read_text().splitlines()) <= 40 for page in PAGES if re.search(r"/\d", page))


def test_decisions_are_numbered_and_listed():
    pages = sorted(ROOT.glob("docs/decisions/0*.md"))
    index = (ROOT / "docs" / "decisions" / "index.md").read_text()
    for number, page in enumerate(pages, 1):
        text = page.read_text()
        assert page.name.startswith(f"{number:04}-")
        assert text.startswith(f"# {number}. ")
        assert all(f"**{part}.** " in text for part in ("Context", "Decision", "Consequences")), page.name
        assert f"\n{page.stem}\n" in index


def test_headings_stand_apart():
    for page in ROOT.glob("*.md"):
        lines = page.read_text().splitlines()
        stuck = [line for before, line in itertools.pairwise(lines) if re.match(r"#{2,} \w", line) and before]
        assert stuck == [], page.name
