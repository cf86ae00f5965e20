"""The type checkers, as commands."""

import sys

CHECKERS = {
    "mypy": [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context"],
    "pyright": [sys.executable, "-m", "pyright"],
}
