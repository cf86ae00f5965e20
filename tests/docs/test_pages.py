"""Every example of the documentation runs as printed, or says why it does not."""

import json
import re
import tomllib

import pytest
from helpers.doc_blocks import PAGES, ROOT, matches, read_blocks
from helpers.doc_runner import missing, needs_of, run_page
from helpers.reviewed_skips import LIST
from lxml import etree
from ruamel.yaml import YAML

BLOCKS = {str(page.relative_to(ROOT)): read_blocks(page) for page in PAGES}
RUN = {"console", "python"}
SHOWN = {"text", "xml", "toml", "yaml", "json", "po", "ini", "diff", "meson", "make", "py", "mermaid", "gitattributes"}


PAGES_THAT_RUN = [name for name, blocks in BLOCKS.items() if any(block.language in RUN for block in blocks)]
NEEDS = {name: sorted({need for block in BLOCKS[name] for need in needs_of(block)}) for name in PAGES_THAT_RUN}


def with_marks(name, *more):
    return pytest.param(name, *more, marks=[pytest.mark.real] if NEEDS[name] else [])


@pytest.mark.slow
@pytest.mark.parametrize("name", [with_marks(name) for name in PAGES_THAT_RUN])
def test_the_examples_of_a_page_do_what_it_says(name, tmp_path):
    failures = run_page(ROOT / name, BLOCKS[name], tmp_path)
    assert "\n\n".join(f"{name}:{failure.line}: {failure.problem}" for failure in failures) == ""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "need"), [with_marks(name, need) for name in NEEDS for need in NEEDS[name]])
def test_no_example_of_a_page_is_left_out(name, need):
    if reason := missing(need):
        blocks = [str(block.line) for block in BLOCKS[name] if need in needs_of(block)]
        pytest.skip(f"{reason} (lines {', '.join(blocks)})")


def test_the_examples_that_are_not_run_are_those_that_were_reviewed():
    not_run = [(name, block.lines[0]) for name in BLOCKS for block in BLOCKS[name] if "not run" in block.marks]
    reviewed = [(name, start) for name, starts in tomllib.loads(LIST.read_text())["blocks"].items() for start in starts]
    assert len(reviewed) <= 25

    def fits(entry, found):
        return entry[0] == found[0] and found[1].startswith(entry[1])

    assert [found for found in not_run if not any(fits(entry, found) for entry in reviewed)] == []
    assert [entry for entry in reviewed if not any(fits(entry, found) for found in not_run)] == [], "they are run"


@pytest.mark.parametrize("name", BLOCKS)
def test_every_block_runs_or_is_data_or_says_why_not(name):
    directives = re.compile(r"\{[\w:-]+\}.*")
    unknown = [
        f"{name}:{block.line}: {block.language or 'no language'}"
        for block in BLOCKS[name]
        if block.language not in RUN | SHOWN
        and "not run" not in block.marks
        and not directives.fullmatch(block.language)
    ]
    assert unknown == []
    silent = [
        f"{name}:{block.line}"
        for block in BLOCKS[name]
        if block.language == "console" and "not run" not in block.marks and not block.commands()
    ]
    assert silent == [], "a console block shows commands after `$ `"


@pytest.mark.parametrize("name", BLOCKS)
def test_readers_learn_the_name_of_each_file_that_they_need(name):
    text = (ROOT / name).read_text()
    for mark in re.finditer(r"<!-- file: (\S+) -->", text):
        before = text[: mark.start()].rstrip().rpartition("\n\n")[2]
        assert f"`{mark[1]}`" in before, f"{name}: {mark[1]}"


@pytest.mark.parametrize("name", BLOCKS)
def test_data_in_the_pages_is_well_formed(name):
    readers = {
        "json": json.loads,
        "toml": tomllib.loads,
        "yaml": YAML(typ="safe").load,
        "xml": lambda text: etree.fromstring(f"<r xmlns:qemu='q'>{text.removeprefix(chr(0xFEFF))}</r>"),
    }
    for block in BLOCKS[name]:
        if block.language in readers:
            readers[block.language](block.text)


@pytest.mark.parametrize(
    ("expected", "actual", "equal"),
    [
        (["a"], ["a"], True), (["a"], ["b"], False), (["a", "..."], ["a"], True), (["a", "..."], ["a", "b", "c"], True),
        (["...", "c"], ["a", "b", "c"], True), (["a", "...", "c"], ["a", "c"], True), (["a ... c"], ["a b c"], True),
        (["a ... c"], ["a b", "c"], False), (["(a)"], ["a"], False), (["...", "c"], ["a", "b"], False),
    ],
)  # fmt: skip
def test_dots_stand_for_anything_and_nothing_else_does(expected, actual, equal):
    assert matches(expected, actual) is equal
