"""The Python of the README and of the library's page passes the type checkers as it is printed."""

import re
import subprocess
from pathlib import Path

import pytest
from xml_helpers.type_checkers import CHECKERS

ROOT = Path(__file__).parent.parent.parent.parent
PAGES = ["README.md", "library/README.md", "docs/libvirtxml.md"]


def snippets(page):
    """The Python blocks of a page by their line, without those that need a live libvirt."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for match in re.finditer(r"(<!-- not run[^\n]*\n)?```python\n(.*?)```", text, re.DOTALL):
        if not match[1]:
            yield text.count("\n", 0, match.start()) + 1, match[2]


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_the_snippets_pass(checker, tmp_path):
    files = {}
    for page in PAGES:
        for line, text in snippets(page):
            files[tmp_path / f"{page.replace('/', '_').replace('.', '_').replace('-', '_')}_{line}.py"] = text
    assert len(files) >= 8
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    done = subprocess.run([*CHECKERS[checker], *files], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout
