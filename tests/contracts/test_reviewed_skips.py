"""What is not run where everything is there is a short list, and a run must agree with it."""

import subprocess
import sys
from pathlib import Path

import pytest
from helpers.reviewed_skips import ReviewedSkips

ROOT = Path(__file__).parents[2]
SUITE = "[pytest]\npythonpath = {tests}\naddopts = -p no:cacheprovider\n"
CONFTEST = """
from pathlib import Path
from helpers.reviewed_skips import ReviewedSkips

def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(ReviewedSkips.read(Path(__file__).with_name("skips.toml")))
"""
TESTS = """
import pytest

def test_runs(): pass

@pytest.mark.skip("takes an hour")
def test_long(): pass
"""


def test_each_entry_has_a_reason_and_names_a_file_of_tests():
    entries = ReviewedSkips.read().entries
    assert 0 < len(entries) <= 12
    for pattern, why in entries.items():
        assert (ROOT / pattern.partition("::")[0]).is_file(), pattern
        assert len(why.split()) > 3


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["0", "1"])
@pytest.mark.parametrize(
    ("listed", "code", "said"),
    [
        (["test_it.py::test_long"], 0, ""),
        (["test_it.py::test_lo*"], 0, ""),
        (["test_other.py::*"], 1, "test_it.py::test_long is skipped: Skipped: takes an hour"),
        (["test_it.py::test_long", "test_it.py::test_runs"], 1, "test_it.py::test_runs is in skips.toml, and nothing"),
    ],
)
def test_a_run_and_the_list_must_agree(tmp_path, listed, code, said, workers):
    (tmp_path / "pytest.ini").write_text(SUITE.format(tests=ROOT / "tests"))
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "skips.toml").write_text("".join(f'[[skip]]\ntests = "{name}"\nwhy = "x"\n' for name in listed))
    argv = [sys.executable, "-m", "pytest", "-q", "-n", workers, tmp_path]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout
    assert said in done.stdout
