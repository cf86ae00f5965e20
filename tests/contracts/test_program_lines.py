"""The table of example programs in the documentation counts what is there."""

import re
from pathlib import Path

from xml_helpers.program_lines import lines_of_code

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "library/examples"
VIRTINST = ROOT / "tests/helpers/virtinst_programs"
ROW = re.compile(r"^\| .*? \| `(\w+)` \| (\d+) \| (\d+|-) \|", re.MULTILINE)
SUM = re.compile(r"^\| \*\*Sum\*\* \| \| \*\*(\d+)\*\* \| \| \*\*(\d+)\*\* \|$", re.MULTILINE)


def test_the_lines_of_every_program_are_as_documented():
    text = (ROOT / "docs/libvirtxml.md").read_text()
    rows = ROW.findall(text)
    assert len(rows) == 12
    for name, ours, theirs in rows:
        program = VIRTINST / f"{name}.py"
        peer = str(lines_of_code(program)) if program.exists() else "-"
        assert (name, ours, theirs) == (name, str(lines_of_code(EXAMPLES / f"{name}.py")), peer)


def test_the_sum_is_that_of_the_rows_above_it_and_half_of_what_it_was():
    text = (ROOT / "docs/libvirtxml.md").read_text()
    found = SUM.search(text)
    above = ROW.findall(text[: found.start()])
    assert int(found[1]) == sum(int(ours) for _, ours, _ in above)
    assert 2 * int(found[1]) < int(found[2]) == 86 + 99 + 108
