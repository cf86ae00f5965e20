"""The type checkers, as commands; those that are not in the environment are left out, mypy and pyright never are."""

import re
import sys
from importlib.util import find_spec
from pathlib import Path

SCRIPTS = Path(sys.executable).parent

CHECKERS = {
    "mypy": [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context"],
    "pyright": [sys.executable, "-m", "pyright"],
}
if find_spec("ty"):
    CHECKERS["ty"] = [SCRIPTS / "ty", "check", "--output-format", "concise", "--python", sys.prefix]
if find_spec("pyrefly"):
    options = ["--output-format", "min-text", "--preset", "default", "--python-interpreter-path", sys.executable]
    CHECKERS["pyrefly"] = [SCRIPTS / "pyrefly", "check", *options]


def error_lines(output: str) -> set[tuple[str, int]]:
    """The errors in what a checker prints: the name of the file without suffix, and the line."""
    found = re.findall(r"(\w+)\.py:(\d+)[-:0-9]*(?: -)?:? \[?error|^ *ERROR .*?(\w+)\.py:(\d+)", output, re.MULTILINE)
    return {(name or other, int(line or number)) for name, line, other, number in found}
