import subprocess
import sys

import pytest

from virtsmith.ark.layout import InstalledVersion, dump_installed

pytestmark = pytest.mark.slow

TEST = """
def test_version(ark_qemu):
    print("tested with", ark_qemu.version)
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


def test_a_selection_that_matches_nothing_is_an_error(run):
    """A green run in which nothing was tested would hide that a version was never installed."""
    shown = run("--ark-qemu", "8.2")
    assert "--ark-qemu: no installed qemu is 8.2; installed: 6.2.0, 7.2.5, 10.0.1" in shown
    assert "skipped" not in shown


def test_two_installs_of_one_upstream_version_are_two_tests(run, tmp_path):
    directory = tmp_path / "ark/qemu/10.0.1+ds-2"
    directory.mkdir(parents=True)
    (directory / "version.json").write_text(
        dump_installed(InstalledVersion("qemu", "10.0.1+ds-2", directory, "10.0.1", "debian:sid", "x", ""))
    )
    shown = run("--ark-qemu", "10.0", "--collect-only")
    assert "test_version[qemu@10.0.1]" in shown
    assert "test_version[qemu@10.0.1+ds-2]" in shown


def test_fixtures_do_not_shadow_those_of_other_plugins(run, tmp_path):
    """Another plugin's ``qemu`` is its own."""
    (tmp_path / "conftest.py").write_text(
        "import pytest\n\n\n@pytest.fixture\ndef qemu():\n    raise RuntimeError('no image')\n"
    )
    (tmp_path / "test_it.py").write_text("def test_image(qemu):\n    pass\n")
    assert "no image" in run()
    assert "ark_libvirtd" in run("--fixtures")


def test_pairs_to_migrate_between_must_be_installed(run, tmp_path):
    (tmp_path / "test_it.py").write_text("def test_move(migration_pair):\n    pass\n")
    assert "1 skipped" in run()
    assert "--ark-migrate: libvirt@9.0 is not installed" in run("--ark-migrate", "9.0/7.2:12.8/11.1")
