import subprocess
import sys

import pytest

from virtsmith.ark.layout import InstalledVersion, dump_installed

pytestmark = pytest.mark.slow

TEST = """
def test_version(qemu):
    print("tested with", qemu.version)
"""


@pytest.fixture
def run(tmp_path):
    def run(*arguments):
        argv = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-s",
            "-p",
            "no:cacheprovider",
            "--ark",
            tmp_path / "ark",
            *arguments,
            tmp_path,
        ]
        return subprocess.run(argv, capture_output=True, text=True, check=False, cwd=tmp_path).stdout

    (tmp_path / "test_it.py").write_text(TEST)
    for version in ("6.2.0", "7.2.5", "10.0.1"):
        directory = tmp_path / "ark/qemu" / version
        directory.mkdir(parents=True)
        (directory / "version.json").write_text(
            dump_installed(InstalledVersion("qemu", version, directory, version, "source", "x", ""))
        )
    return run


@pytest.mark.parametrize(
    ("arguments", "versions"),
    [([], ["10.0.1"]), (["--ark-qemu", ">=7"], ["7.2.5", "10.0.1"]), (["--ark-qemu", "min,max"], ["6.2.0", "10.0.1"])],
)
def test_tests_run_once_for_every_chosen_version(run, arguments, versions):
    shown = run(*arguments)
    assert [line.rpartition(" ")[2] for line in shown.splitlines() if "tested with" in line] == versions


def test_a_bad_choice_is_a_usage_error_and_an_empty_ark_a_skip(run, tmp_path):
    assert "--ark-qemu: not a version number: 'newest'" in run("--ark-qemu", "newest")
    assert "1 skipped" in run("--ark", tmp_path / "empty")
