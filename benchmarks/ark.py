"""The ark: installs, launchers, source packages and matrix cells, on versions that are installed already.

Needs an ark with a QEMU and a libvirt (``VIRTSMITH_ARK``). Ratios are between commands of the same run; the absolute
limits are those of the promise, for two cores.
"""

from __future__ import annotations

import http.server
import lzma
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

from virtsmith.ark.check.domain import CheckedDomain
from virtsmith.ark.check.matrix import iter_pairs, run_matrix
from virtsmith.ark.layout import Ark, InstalledVersion

_ROUNDS = 15
_US = [sys.executable, "-m", "virtsmith", "ark"]
_DOMAIN = b"""<domain type='qemu'><name>bench</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features><devices/></domain>"""


def main() -> int:
    ark = Ark.open()
    qemus = [version for version in ark.installed("qemu") if version.root.is_dir() and not version.problem]
    libvirts = [version for version in ark.installed("libvirt") if version.root.is_dir() and not version.problem]
    missed = _source_package()
    if not qemus:
        print("skipped the rest: no QEMU is installed in the ark (virtsmith ark install qemu)")
        return missed
    missed += _start(qemus[-1])
    missed += _reinstall(qemus[-1])
    if libvirts:
        missed += _matrix(libvirts, qemus)
    return missed


def _start(qemu: InstalledVersion) -> int:
    """What ``ark run`` and a launcher add to a program's own start, which is measured through its own loader."""
    loader = next(qemu.root.glob("usr/lib/*/ld-linux*.so.*"))
    own = [loader, "--library-path", loader.parent, qemu.root / "usr/bin/qemu-img", "--version"]
    ran = [*_US, "run", f"qemu@{qemu.id}", "--", "qemu-img", "--version"]
    pairs = [(_time(own), _time([qemu.launcher("qemu-img"), "--version"]), _time(ran)) for _ in range(_ROUNDS)]
    launched = statistics.median(b - a for a, b, _ in pairs) * 1000
    added = statistics.median(c - a for a, _, c in pairs) * 1000
    return _report("launcher adds, ms", launched, 30) + _report("ark run adds, ms", added, 60)


def _reinstall(qemu: InstalledVersion) -> int:
    """Into an ark of its own whose packages are shared links: what an install costs when all is cached."""
    suite = qemu.origin.removeprefix("debian:")
    package = f"qemu@debian:{suite}"
    with tempfile.TemporaryDirectory() as directory:
        environment = {**os.environ, "VIRTSMITH_ARK": directory}
        run = partial(subprocess.run, env=environment, check=True, capture_output=True)
        try:
            run([*_US, "install", package])
        except subprocess.CalledProcessError as error:
            print(f"skipped the second install: {error.stderr.decode().strip()}")
            return 0
        run([*_US, "remove", "qemu"])
        return _report("second install, s", _time([*_US, "install", package], environment), 5)


def _source_package() -> int:
    if not shutil.which("rpmbuild"):
        print("skipped source packages: rpmbuild is not here")
        return 0
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "qemu-7.2.0.tar.xz").write_bytes(lzma.compress(os.urandom(30 << 20), preset=0))
        handler = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=directory)) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.server_port}"
            homes = {f"XDG_{kind}_HOME": f"{directory}/{kind}" for kind in ("DATA", "CACHE", "STATE")}
            argv = [*_US, "srpm", "qemu@7.2.0", "--url", url, "-d", f"{directory}/out"]
            times = [_time(argv, {**os.environ, **homes}) for _ in range(4)]
            server.shutdown()
    return _report("srpm of a downloaded 30 MB source, s", statistics.median(times[1:]), 2)


def _matrix(libvirts: list[InstalledVersion], qemus: list[InstalledVersion]) -> int:
    domain = CheckedDomain.parse(_DOMAIN, "bench")
    pairs = list(iter_pairs(libvirts, qemus))
    started = time.perf_counter()
    cells = run_matrix(domain, pairs, emulated=True, fresh=True)
    seconds = time.perf_counter() - started
    slowest = max(cell.seconds for cell in cells)
    print(f"{len(cells)} cells: {', '.join(sorted({cell.result.value for cell in cells}))}")
    return _report("slowest cell, s", slowest, 12) + _report(
        "matrix, s for each 20 cells", seconds * 20 / len(cells), 180
    )


def _time(argv: list[object], environment: dict[str, str] | None = None) -> float:
    started = time.perf_counter()
    subprocess.run([str(word) for word in argv], check=True, capture_output=True, env=environment)
    return time.perf_counter() - started


def _report(name: str, value: float, limit: float) -> int:
    print(f"{name:40} {value:8.2f}   at most {limit:<5} {'ok' if value <= limit else 'MISSED'}")
    return int(value > limit)
