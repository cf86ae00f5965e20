"""The wheels hold everything that the programs need, and `make test` runs against them."""

import os
import zipfile
from email import message_from_bytes
from pathlib import Path

import libvirtxml
import pytest

import virtsmith

ROOT = Path(__file__).parents[2]
SOURCES = {"libvirtxml": ROOT / "library" / "src", "virtsmith": ROOT / "src"}
PACKAGES = {"libvirtxml": libvirtxml, "virtsmith": virtsmith}


@pytest.fixture(scope="module")
def wheels():
    """The built wheel of each distribution."""
    directory = os.environ.get("VIRTSMITH_WHEELS")
    if not directory:
        pytest.skip("no wheels were built for these tests; `make test` builds them")
    return {path.name.partition("-")[0]: path for path in Path(directory).glob("*.whl")}


@pytest.mark.parametrize("name", SOURCES)
def test_the_suite_runs_against_the_built_wheel(wheels, name):
    imported = Path(PACKAGES[name].__file__)
    assert SOURCES[name] not in imported.parents
    with zipfile.ZipFile(wheels[name]) as archive:
        assert imported.read_bytes() == archive.read(f"{name}/__init__.py")


@pytest.mark.parametrize("name", SOURCES)
def test_a_wheel_holds_all_code_and_data_and_nothing_else(wheels, name):
    with zipfile.ZipFile(wheels[name]) as archive:
        names = {member for member in archive.namelist() if f"{name}-" not in member.partition("/")[0]}
    files = (path for path in SOURCES[name].rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert names == {str(path.relative_to(SOURCES[name])) for path in files}
    assert f"{name}/py.typed" in names


def test_the_wheel_of_the_library_asks_for_no_other_package(wheels):
    with zipfile.ZipFile(wheels["libvirtxml"]) as archive:
        member = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        requirements = message_from_bytes(archive.read(member)).get_all("Requires-Dist", [])
    assert [text for text in requirements if "extra ==" not in text] == []


def test_the_command_brings_its_manual_and_completions(wheels):
    with zipfile.ZipFile(wheels["virtsmith"]) as archive:
        shared = {name.partition(".data/data/")[2] for name in archive.namelist() if ".data/data/" in name}
    completions = (
        "bash-completion/completions/virtsmith",
        "zsh/site-functions/_virtsmith",
        "fish/vendor_completions.d/virtsmith.fish",
    )
    assert {f"share/{name}" for name in ("man/man1/virtsmith.1", "man/man1/virtsmith-xml.1", *completions)} <= shared
