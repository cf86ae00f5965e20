import subprocess
from pathlib import Path

import pytest
from libvirtxml.model import UNIONS
from xml_helpers.type_checkers import CHECKERS, error_lines

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def errors(checker: str, *paths: Path) -> set[int]:
    """The lines of files in which a checker sees an error."""
    done = subprocess.run([*CHECKERS[checker], *paths], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    names = {path.stem for path in paths}
    return {line for name, line in error_lines(done.stdout) if name in names}


def marked_lines(name: str) -> set[int]:
    text = (HERE / name).read_text()
    return {number for number, line in enumerate(text.splitlines(), 1) if "# WRONG" in line}


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_right_code_is_accepted(checker):
    assert errors(checker, *(HERE / name for name in ("right.py", "unions.py", "documents.py"))) == set()


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_every_wrong_line_is_refused_and_no_other(checker):
    assert errors(checker, HERE / "wrong.py") == marked_lines("wrong.py")


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_no_union_can_be_built_itself(checker, tmp_path):
    names = [name.removeprefix("Any") for name in sorted(UNIONS)]
    assert len(names) >= 45
    program = tmp_path / "built.py"
    program.write_text(f"from libvirtxml import {', '.join(names)}\n" + "".join(f"{name}()\n" for name in names))
    assert errors(checker, program) == set(range(2, len(names) + 2))
