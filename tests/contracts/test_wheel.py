"""The wheel holds everything that the program needs, and `make test` runs against it."""

import os
import zipfile
from pathlib import Path

import pytest

import virtsmith

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel():
    named = os.environ.get("VIRTSMITH_WHEEL")
    if not named:
        pytest.skip("no wheel was built for these tests; `make test` builds one")
    return Path(named)


def test_the_suite_runs_against_the_built_wheel(wheel):
    assert ROOT / "src" not in Path(virtsmith.__file__).parents
    with zipfile.ZipFile(wheel) as archive:
        assert Path(virtsmith.__file__).read_bytes() == archive.read("virtsmith/__init__.py")


def test_the_wheel_holds_all_code_and_data_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    source = ROOT / "src"
    files = (path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    expected = {str(path.relative_to(source)) for path in files}
    assert {name for name in names if name.startswith("virtsmith/")} == expected
    shared = {name.partition(".data/data/")[2] for name in names if ".data/data/" in name}
    completions = ("bash-completion/completions/virtsmith", "zsh/site-functions/_virtsmith",
                   "fish/vendor_completions.d/virtsmith.fish")  # fmt: skip
    assert {f"share/{name}" for name in ("man/man1/virtsmith.1", "man/man1/virtsmith-xml.1", *completions)} <= shared
    assert not [name for name in names if name.startswith(("tests", "docs", "benchmarks"))]
