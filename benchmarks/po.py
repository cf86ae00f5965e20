"""Catalogues: processor time of whole commands beside gettext's, on libvirt's catalogues, interleaved in one run."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from virtsmith.po.catalogue import load_catalogue

_ROUNDS = 5
_LONG = ["--force-po", "--translated", "--no-fuzzy", "--no-obsolete", "--no-location", "--sort-output"]
_US = [Path(sys.executable).with_name("virtsmith"), "po"]
_FILTER = """
import re, sys
for block in sys.stdin.read().split("\\n\\n"):
    if "msgstr \\"\\"" != block.split("\\n")[-1] and "#, fuzzy" not in block and not block.startswith("#~"):
        print(block, end="\\n\\n")
"""

Command = Sequence[str | os.PathLike[str]]


def main() -> int:
    corpus = os.environ.get("VIRTSMITH_CORPUS")
    if not corpus:
        print("skipped: VIRTSMITH_CORPUS does not name a corpus directory")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        return _Bench(Path(corpus) / "po" / "libvirt-11.3.0", Path(scratch)).run()


class _Bench:
    def __init__(self, corpus: Path, scratch: Path) -> None:
        self.files = sorted(corpus.glob("*.po"))
        self.corpus = corpus
        self.scratch = scratch
        self.pot = scratch / "libvirt.pot"
        subprocess.run(["msgcat", corpus / "libvirt.pot", "-o", self.pot], check=True)
        self.mini = scratch / "mini"
        subprocess.run(
            [*_US, "minimize", corpus, "--to", self.mini, "--wrap", "keep"], check=True, stderr=subprocess.DEVNULL
        )
        self.minis = sorted(self.mini.glob("*.po"))
        self.full = scratch / "full.po"
        subprocess.run(["msgmerge", "-q", "-N", corpus / "uk.po", self.pot, "-o", self.full], check=True)

    def run(self) -> int:
        out = self.scratch / "out"
        targets: list[tuple[str, float, Callable[[], float], Callable[[], float]]] = [
            (
                "minimise, to msgattrib",
                0.35,
                lambda: _time([*_US, "minimize", self.corpus, "--to", out]),
                lambda: _time(*(["msgattrib", *_LONG, "--no-wrap", path, "-o", out / "x.po"] for path in self.files)),
            ),
            (
                "minimise, to msgmerge | filter",
                0.2,
                lambda: _time([*_US, "minimize", self.corpus, "--to", out]),
                lambda: sum(self._classic(path) for path in self.files),
            ),
            (
                "expand, to msgmerge",
                0.2,
                lambda: _time([*_US, "expand", self.mini, "--pot", self.pot, "--wrap", "keep", "--to", out]),
                lambda: _time(*(["msgmerge", "-q", "-N", path, self.pot, "-o", out / "x.po"] for path in self.minis)),
            ),
            (
                "compile with hash table, to msgfmt",
                1.2,
                lambda: _time([*_US, "compile", self.corpus, "--to", out]),
                lambda: _time(*(["msgfmt", path, "-o", out / "x.mo"] for path in self.files)),
            ),
            (
                "check, to msgfmt -c",
                1.0,
                lambda: _time([*_US, "check", *self.files]),
                lambda: _time(*(["msgfmt", "-c", path, "-o", out / "x.mo"] for path in self.files)),
            ),
        ]
        out.mkdir()
        missed = 0
        for name, limit, ours, theirs in targets:
            pairs = [(ours(), theirs()) for _ in range(_ROUNDS)]
            ratio = statistics.median(mine / peer for mine, peer in pairs)
            mine, peer = (statistics.median(side) for side in zip(*pairs, strict=True))
            missed += _report(name, f"{mine:.2f} s / {peer:.2f} s = {ratio:.2f}", ratio, limit)
        seconds = statistics.median(_time([*_US, "clean"], stdin=self.full) for _ in range(_ROUNDS))
        self._polib()
        size = self.full.stat().st_size / 1e6
        return missed + _report(f"clean filter, {size:.1f} MB, seconds", f"{seconds:.2f} s", seconds, 0.25)

    def _polib(self) -> None:
        """Reading and writing with polib, and whether what it writes is what gettext would write."""
        try:
            import polib
        except ImportError:
            print("polib: skipped, not installed (dependency group `bench`)")
            return
        texts = [path.read_bytes() for path in self.files]
        start = time.process_time()
        written = [str(polib.pofile(str(path), wrapwidth=79)).encode() for path in self.files]
        theirs = time.process_time() - start
        same = sum(item.rstrip() == text.rstrip() for item, text in zip(written, texts, strict=True))
        start = time.process_time()
        catalogues = [load_catalogue(path) for path in self.files]
        strings = sum(
            len(entry.msgstr) for catalogue in catalogues for entry in catalogue.entries()
        )  # polib decodes all of them
        written = [catalogue.render() for catalogue in catalogues]
        mine = time.process_time() - start
        ours = sum(item == text for item, text in zip(written, texts, strict=True))
        figures = f"{mine:.2f} s / {theirs:.2f} s = {mine / theirs:.2f}"
        print(f"{'read, decode and write, to polib':40} {figures}")
        print(f"  the same bytes again, of {len(texts)} catalogues: {ours}, polib {same}; {strings} strings")

    def _classic(self, path: Path) -> float:
        """Libvirt's old recipe: merge with the template, then a script that drops blocks."""
        merged = self.scratch / "merged.po"
        command = ["msgmerge", "-q", "--no-location", "-N", "--sort-output", path, self.pot, "-o", merged]
        return _time(command) + _time([sys.executable, "-c", _FILTER], stdin=merged)


def _report(name: str, figures: str, value: float, limit: float) -> int:
    verdict = "ok" if value <= limit else "MISSED"
    print(f"{name:40} {figures:26} at most {limit:<5} {verdict}")
    return int(value > limit)


def _time(*commands: Command, stdin: Path | None = None) -> float:
    """Processor time, in seconds, of programs that run one after the other, their children included."""
    before = os.times()
    for command in commands:
        with (stdin or Path(os.devnull)).open("rb") as source:
            subprocess.run(command, stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system
