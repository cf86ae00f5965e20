"""A real libvirt built from source into an ark: minutes long, so only with VIRTSMITH_ARK_TESTS=build."""

import functools
import http.server
import os
import shutil
import sys
import threading

import pytest

from virtsmith.ark.archive.suites import find_suite
from virtsmith.core import fetch
from virtsmith.core.run import run

VERSION = "9.0.0"
SHA256 = "deca5cff1b7baac297bca9663907c61f71a47183371dc7ac019c107806d5435a"
FEATURES = ["driver_qemu", "driver_test", "driver_libvirtd", "driver_remote", "yajl"]
NEEDED = ["meson", "ninja", "cc", "pkg-config", "xsltproc", "rpcgen"]

pytestmark = [pytest.mark.real, pytest.mark.slow]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments):
        pass


@pytest.mark.skipif(os.environ.get("VIRTSMITH_ARK_TESTS") != "build", reason="minutes long: make build-smoke")
def test_a_libvirt_built_here_runs_from_its_prefix(tmp_path):
    missing = [name for name in NEEDED if not shutil.which(name)]
    assert not missing, f"install {missing}, and the libraries that libvirt needs"
    # Debian's pool holds the pristine source under the name of a source package
    base = find_suite("bookworm").tiers[0][0].base
    name = f"libvirt_{VERSION}.orig.tar.xz"
    fetch.download(f"{base}/pool/main/libv/libvirt/{name}", tmp_path / f"libvirt-{VERSION}.tar.xz", sha256=SHA256)
    options = ["--option=-Dauto_features=disabled", *(f"--option=-D{feature}=enabled" for feature in FEATURES)]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        ark = [sys.executable, "-m", "virtsmith", "ark", "--ark", tmp_path / "ark"]
        run([*ark, "build", f"libvirt@{VERSION}", "--url", url, "--catalogue", tmp_path / "own.csv", *options])
        server.shutdown()
    prefix = tmp_path / "ark/libvirt" / VERSION
    assert run([prefix / "sbin/libvirtd", "--version"]).text.split()[-1] == VERSION
    listed = run([prefix / "bin/virsh", "-q", "-c", "test:///default", "list", "--name"]).text
    assert listed.split() == ["test"]
    assert (prefix / "etc/libvirt/qemu.conf").exists()
    assert any(f"{prefix}/var/run".encode() in path.read_bytes() for path in prefix.glob("lib/libvirt.so.0.*"))
