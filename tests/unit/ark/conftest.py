"""A small signed archive on loopback, with packages made here and a QEMU that is a script."""

import shutil
import subprocess
import sys

import pytest
from helpers.ark_archive import BUSYBOX, Archive, fill_with_qemu, serving, signing


@pytest.fixture
def virtsmith(tmp_path, monkeypatch):
    """Run the command in an ark and a home of its own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", "/bin/sh")
    for kind in ("DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    monkeypatch.setenv("VIRTSMITH_ARK", str(tmp_path / "ark"))

    def run(*arguments, **options):
        argv = [sys.executable, "-m", "virtsmith", *map(str, arguments)]
        return subprocess.run(argv, capture_output=True, text=True, check=False, **options)

    return run


@pytest.fixture(scope="session")
def signer():
    if not shutil.which("gpg") or not shutil.which("gpgv"):
        pytest.skip("gpg and gpgv are needed to sign a test archive")
    with signing() as made:
        yield made


@pytest.fixture
def archive(tmp_path, signer):
    return Archive(tmp_path / "archive", signer)


@pytest.fixture
def server(archive):
    with serving(archive.directory) as http_server:
        yield http_server


@pytest.fixture
def filled(archive):
    if BUSYBOX is None:
        pytest.skip("busybox (static) is needed: apt-get install busybox-static")
    return fill_with_qemu(archive)
