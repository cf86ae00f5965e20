"""Unit tests are where the code is: `tests/unit/PACKAGE` tests `src/virtsmith/PACKAGE`."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE, UNIT = ROOT / "src" / "virtsmith", ROOT / "tests" / "unit"
ELSEWHERE = {
    "cli": "tests/cli runs the commands",
    "host/views": "what they print is in the tests of the commands: tests/cli/test_host.py",
}
"""Packages whose tests are not in tests/unit, and where they are; what is below a package is meant too."""


def packages():
    """Those with more than one module of code, relative to the source."""
    found = {}
    for path in SOURCE.rglob("*.py"):
        if path.name != "__init__.py":
            found.setdefault(path.parent.relative_to(SOURCE), []).append(path)
    return {str(package) for package, modules in found.items() if len(modules) > 1 and str(package) != "."}


def is_elsewhere(package):
    return any(package == known or package.startswith(f"{known}/") for known in ELSEWHERE)


def has_tests(package):
    """Whether there are tests in its directory, or one file of them beside it, as for a module."""
    directory = UNIT / package
    return any(directory.glob("test_*.py")) or directory.with_name(f"test_{directory.name}.py").is_file()


def test_every_directory_of_unit_tests_is_that_of_a_package():
    directories = {path.parent.relative_to(UNIT) for path in UNIT.rglob("test_*.py")}
    assert [str(name) for name in sorted(directories) if not (SOURCE / name).is_dir()] == []


def test_every_package_has_unit_tests_or_says_where_its_tests_are():
    assert [name for name in sorted(packages()) if not has_tests(name) and not is_elsewhere(name)] == []


def test_the_list_of_exceptions_is_short_and_true():
    assert len(ELSEWHERE) <= 4
    assert [name for name in ELSEWHERE if has_tests(name) or not (SOURCE / name).is_dir()] == []
