"""The Python of the README and of all pages of the documentation passes the type checkers as it is printed.

A line with the comment below is there to show an error, and type checkers must see it.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest
from xml_helpers.type_checkers import CHECKERS, error_lines

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "library" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
REFUSED = "# type checkers refuse this"


def snippets(page):
    """The Python blocks of a page by their line, without those that need a live libvirt."""
    text = page.read_text(encoding="utf-8")
    for match in re.finditer(r"(<!-- not run[^\n]*\n)?```python\n(.*?)```", text, re.DOTALL):
        if not match[1]:
            yield text.count("\n", 0, match.start()) + 2, match[2]


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_the_snippets_pass(checker, tmp_path):
    names = {}
    expected = set()
    for page in PAGES:
        for line, text in snippets(page):
            where = f"{page.relative_to(ROOT)}:{line}"
            name = re.sub(r"\W", "_", where)
            names[name] = where
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
            expected |= {(name, i) for i, code in enumerate(text.splitlines(), 1) if REFUSED in code}
    assert len(names) >= 25
    files = sorted(tmp_path.glob("*.py"))
    installed = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [*CHECKERS[checker], *files]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=installed, check=False)
    found = error_lines(done.stdout)
    assert found == expected, done.stdout + done.stderr + str({names.get(name, name) for name, _ in found ^ expected})
