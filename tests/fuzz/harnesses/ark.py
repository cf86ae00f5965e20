"""Packages, indexes and tables of versions."""

from __future__ import annotations

import tempfile
from importlib import resources
from pathlib import Path, PurePosixPath

from helpers.ark_archive import make_deb, make_tar, package_of

from fuzz.harness import Harness, in_file, text
from virtsmith.ark.archive import deb
from virtsmith.ark.archive.index import Index, trim
from virtsmith.ark.bisect.candidates import Candidate, Interval
from virtsmith.ark.bisect.log import Attempt, BisectLog, load_log
from virtsmith.ark.bisect.search import Mark
from virtsmith.ark.catalogue.rows import parse_rows
from virtsmith.ark.catalogue.snapshots import parse_changelog
from virtsmith.ark.catalogue.table import parse_table
from virtsmith.ark.catalogue.targets import parse_targets
from virtsmith.ark.layout import InstalledVersion, dump_installed, load_installed
from virtsmith.ark.packaging.copr import load_config

_FILES = {
    "usr/bin/tool": b"x" * 300,
    "lib/libold.so": b"y",
    "etc/link": "-> /absolute",
    "usr/share/keyrings/k.gpg": b"k",
}
_PACKAGES = b"""\
Package: qemu-system-x86
Source: qemu (1:7.2+dfsg-7)
Version: 1:7.2+dfsg-7+deb12u18+b3
Architecture: amd64
Depends: libc6 (>= 2.36), seabios | bios
Provides: qemu-kvm (= 1), bios
Filename: pool/main/q/qemu/qemu-system-x86_7.2_amd64.deb
Size: 4711
SHA256: 0000000000000000000000000000000000000000000000000000000000000000

Package: libc6
Version: 2.36
Architecture: amd64
Filename: pool/c.deb
Size: 1
SHA256: 1111111111111111111111111111111111111111111111111111111111111111
"""
_COPR = b"[copr-cli]\nlogin = a\nusername = b\ntoken = c\ncopr_url = https://copr.example.org\n"


def _unpack(data: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix="vs-", ignore_cleanup_errors=True) as place:
        package, tree = Path(place, "a.deb"), Path(place, "tree")
        package.write_bytes(data)
        tree.mkdir()
        for entry in deb.unpack(package, tree):
            assert (tree / entry.path).is_symlink() or (tree / entry.path).exists(), entry
        assert {path.name for path in Path(place).iterdir()} == {"a.deb", "tree"}, "something was written outside"


def _index(data: bytes) -> None:
    index = Index("sid", [(trim(data), "https://example.org")])
    for name in ("qemu-system-x86", "libc6", "bios"):
        for package in index.find(name):
            assert package.key


def _shipped(name: str, rows: int) -> bytes:
    """The head of a table of the project."""
    lines = resources.files("virtsmith.ark.catalogue").joinpath(name).read_bytes().splitlines(keepends=True)
    return b"".join(lines[: rows + 1])


_INSTALLED = dump_installed(
    InstalledVersion("qemu", "7.2-1", Path("/x"), "7.2", "sid", "usr/bin/qemu", "0" * 64, ("a=1",), ("a",), 4)
)

_QUESTION = {"app": "qemu"}
_CHANGELOG = b"""\
qemu (1:7.2+dfsg-7) unstable; urgency=medium

  * New release.

 -- A Packager <packager@example.org>  Mon, 01 May 2023 10:00:00 +0300
"""


def _bisection() -> bytes:
    """A log with one attempt."""
    candidates = [Candidate("qemu", str(number), f"{number}.0", "sid", f"1:{number}.0-1") for number in range(3)]
    interval = Interval("0", "2", candidates[0], candidates[2], (candidates[1],))
    with tempfile.TemporaryDirectory(prefix="vs-") as place:
        log = BisectLog(Path(place, "log.json"), _QUESTION, interval)
        log.add(Attempt("1", "1.0", Mark.GOOD, 0))
        return log.path.read_bytes()


HARNESSES = [
    Harness("package", _unpack, [make_deb(_FILES), make_deb(_FILES, compression="none")]),
    Harness(
        "file of a package",
        in_file(lambda path: deb.read_file(path, PurePosixPath("usr/bin/tool")), "a.deb"),
        [package_of({"data.tar": make_tar(_FILES)})],
    ),
    Harness("package index", _index, [_PACKAGES]),
    Harness("table", text(lambda words: list(parse_rows(words, "x", ["a", "b"], {"a"}))), [b'a,b\n1,"2"\n', b"a\n1\n"]),
    Harness("releases table", text(lambda words: parse_table(words, "x")), [_shipped("releases.csv", 4)]),
    Harness("targets table", text(lambda words: parse_targets(words, "x")), [_shipped("targets.csv", 4)]),
    Harness("installed version", in_file(load_installed, "version.json"), [_INSTALLED.encode()]),
    Harness("log of a bisection", in_file(lambda path: load_log(path, _QUESTION), "log.json"), [_bisection()]),
    Harness("changelog", text(lambda words: list(parse_changelog(words))), [_CHANGELOG]),
    Harness("Copr", in_file(load_config, "copr"), [_COPR]),
]
