"""Builds against a libvirt of the ark: that version's headers, API description and libraries, and no other's."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.suite_ark import private_ark

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def ark():
    with private_ark("libvirt@9.0", "libvirt@11.3") as place:
        yield place


def variables(ark, version):
    argv = [sys.executable, "-m", "virtsmith", "ark", "--ark", str(ark), "env", f"libvirt@{version}", "--json"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return {**os.environ, **json.loads(done.stdout)["variables"]}, done.stderr


def test_every_variable_of_its_pkg_config_files_leads_into_the_version(ark):
    for version in ("9.0", "11.3"):
        environment, _ = variables(ark, version)
        for name in ("prefix", "libdir", "includedir", "datarootdir", "libvirt_api", "libvirt_qemu_api"):
            argv = ["pkg-config", f"--variable={name}", "libvirt"]
            found = subprocess.run(argv, capture_output=True, text=True, check=True, env=environment).stdout.strip()
            assert found.startswith(str(ark / "libvirt")), (version, name, found)
            assert Path(found).exists()


def test_libraries_that_need_a_newer_c_library_are_named(ark):
    here = tuple(map(int, os.confstr("CS_GNU_LIBC_VERSION").split()[1].split(".")))
    for version in ("9.0", "11.3"):
        _, said = variables(ark, version)
        library = next((ark / "libvirt").glob(f"{version}*/lib/libvirt.so.0"))
        listed = subprocess.run(["objdump", "-p", library], capture_output=True, text=True, check=True).stdout
        needed = max(tuple(map(int, word[6:].split("."))) for word in listed.split() if word.startswith("GLIBC_2"))
        assert ("need the GNU C library" in said) is (needed > here), (version, needed, here, said)


def test_the_python_bindings_build_against_that_version(ark, tmp_path):
    """libvirt-python writes its code from the API description that pkg-config names."""
    if shutil.which("cc") is None or shutil.which("pkg-config") is None:
        pytest.skip("a C compiler and pkg-config are needed")
    uv = shutil.which("uv") or Path(sys.executable).with_name("uv")
    target = tmp_path / "site"
    environment, _ = variables(ark, "9.0")
    argv = [uv, "pip", "install", "--no-deps", "--no-cache", "--no-binary=libvirt-python", f"--target={target}"]
    done = subprocess.run(
        [*argv, "libvirt-python==9.0.0"], capture_output=True, text=True, check=False, env=environment
    )
    if "Failed to fetch" in done.stderr:
        pytest.skip(f"the package index cannot be reached: {done.stderr}")
    assert done.returncode == 0, done.stderr
    code = "import libvirt; print(libvirt.getVersion(), hasattr(libvirt.virDomain, 'FDAssociate'))"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**environment, "PYTHONPATH": str(target)},
    )
    assert ran.stdout.split() == ["9000000", "True"]
