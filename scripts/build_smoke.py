"""Builds a real libvirt from source into an ark and runs it: the proof that local builds work on this machine.

The pristine source is taken from Debian's pool, where it has the name of a source package, and handed to virtsmith by
a server that gives it the name it has upstream. Needs meson, ninja, a compiler, and what libvirt itself needs.
"""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from virtsmith.ark.archive.suites import find_suite
from virtsmith.core import fetch

VERSION = "9.0.0"
SHA256 = "deca5cff1b7baac297bca9663907c61f71a47183371dc7ac019c107806d5435a"
OPTIONS = ["-Dauto_features=disabled", "-Ddriver_qemu=enabled", "-Ddriver_test=enabled", "-Ddriver_libvirtd=enabled",
           "-Ddriver_remote=enabled", "-Dyajl=enabled"]  # fmt: skip


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def main() -> int:
    """Download, build, run; return the exit code."""
    base = find_suite("bookworm").layers[0].base
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        source = Path(folder, f"libvirt-{VERSION}.tar.xz")
        fetch.download(f"{base}/pool/main/libv/libvirt/libvirt_{VERSION}.orig.tar.xz", source, sha256=SHA256)
        handler = functools.partial(_Quiet, directory=folder)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            ark = [sys.executable, "-m", "virtsmith", "ark", "--ark", f"{folder}/ark"]
            url = f"http://127.0.0.1:{server.server_port}"
            options = [word for option in OPTIONS for word in ("--option", option)]
            started = time.monotonic()
            done = subprocess.run(
                [*ark, "build", f"libvirt@{VERSION}", "--url", url, "--catalogue", f"{folder}/own.csv", *options],
                check=False,
            )
            server.shutdown()
        if done.returncode:
            return done.returncode
        print(f"built in {time.monotonic() - started:.0f} s")
        virsh = [f"{folder}/ark/libvirt/{VERSION}/bin/virsh", "-c", "test:///default"]
        return subprocess.run([*virsh, "version"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
