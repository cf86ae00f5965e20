"""A small signed archive on loopback, with packages made here and a QEMU that is a script."""

import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from helpers.ark_archive import Archive, Signer, program

BUSYBOX = shutil.which("busybox")


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


class Handler(http.server.SimpleHTTPRequestHandler):
    pause = 0.0

    def copyfile(self, source, outputfile):
        while chunk := source.read(1 << 15):
            time.sleep(self.pause)
            outputfile.write(chunk)

    def log_message(self, *_arguments):
        pass


@pytest.fixture(scope="session")
def signer():
    if not shutil.which("gpg") or not shutil.which("gpgv"):
        pytest.skip("gpg and gpgv are needed to sign a test archive")
    with tempfile.TemporaryDirectory(prefix="gpg") as home:  # a short path: gpg makes sockets in it
        yield Signer(Path(home))
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, capture_output=True)


@pytest.fixture
def archive(tmp_path, signer):
    return Archive(tmp_path / "archive", signer)


@pytest.fixture
def server(archive):
    handler = type("Here", (Handler,), {"pause": 0.0, "__init__": _serving(archive.directory)})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as http_server:
        threading.Thread(target=http_server.serve_forever, args=(0.02,), daemon=True).start()
        http_server.url = f"http://127.0.0.1:{http_server.server_port}"
        http_server.handler = handler
        yield http_server
        http_server.shutdown()


def _serving(directory):
    def initialise(self, *arguments, **options):
        http.server.SimpleHTTPRequestHandler.__init__(self, *arguments, directory=str(directory), **options)

    return initialise


@pytest.fixture
def filled(archive):
    """An archive with a QEMU 9.8 of nine packages, one of which holds much data."""
    if BUSYBOX is None:
        pytest.skip("busybox (static) is needed: apt-get install busybox-static")
    says = program(
        'case $1 in --version) echo "QEMU emulator version 9.8.7 (test)";; *) echo "$@"; cat /usr/share/note;; esac'
    )
    archive.add(
        "busybox-static", "1:1.36", {"usr/bin/busybox": Path(BUSYBOX).read_bytes(), "usr/bin/cat": "-> busybox"}
    )
    archive.add(
        "qemu-system-x86",
        "1:9.8+ds-1",
        {"usr/bin/qemu-system-x86_64": says, "usr/bin/qemu-system-i386": "-> qemu-system-x86_64"},
        depends="libone (>= 1), libtwo | libnothing, debconf | debconf-2.0, firmware (= 3)",
    )
    archive.add("libone", "1.2", {"usr/lib/one": b"one" * 1000, "lib/old-place": b"kept"}, depends="libthree")
    archive.add("libtwo", "2.0", {"usr/share/note": b"a note\n", "usr/share/doc/libtwo/changelog": b"not kept"})
    archive.add("libthree", "3.0", {"usr/share/random": os.urandom(1 << 20)}, depends="libone", compression="none")
    archive.add("firmware", "2", {"usr/share/firmware": b"old"})
    archive.add("firmware", "3", {"usr/share/firmware": b"new"}, compression="none")
    for number in range(6):
        archive.add(f"libextra{number}", "1", {f"usr/lib/extra{number}": os.urandom(50_000)})
    archive.add(
        "qemu-utils", "1:9.8+ds-1", {"usr/bin/qemu-img": says}, depends=", ".join(f"libextra{n}" for n in range(6))
    )
    return archive.publish()
