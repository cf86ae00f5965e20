"""Public catalogues, byte for byte: which are accepted, their stored form, and what they compile to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.agreement import Row
from benchmarks.agreement.po.debian import NotThere, source_tree
from benchmarks.agreement.po.gettext import Gettext, versions
from virtsmith.po.catalogue import Catalogue, CatalogueError, load_catalogue
from virtsmith.po.forms import FORMS
from virtsmith.po.minimize import minimize
from virtsmith.po.mo import compile_catalogue
from virtsmith.po.profile import MINI

_PACKAGES = ("gimp", "libvirt", "virt-manager", "qemu", "coreutils", "tar", "wget", "bash", "make-dfsg", "gnucash")
_STORED = (
    "msgattrib", "--force-po", "--translated", "--no-fuzzy", "--no-obsolete", "--no-location", "--sort-output",
    "--no-wrap", "--clear-previous", "-",
)  # fmt: skip
_PROFILE = replace(MINI, drop_header=())
_WRAPPED = replace(_PROFILE, wrap="keep")


def rows() -> Iterator[Row]:
    paths = _catalogues()
    for judge in versions():
        yield from _judged(judge, paths)


def _catalogues() -> list[Path]:
    found: list[Path] = []
    for package in _PACKAGES:
        try:
            found += sorted(source_tree(package).rglob("*.po"))
        except NotThere:
            continue
    return found


def _judged(judge: Gettext, paths: list[Path]) -> Iterator[Row]:
    names = ("accepted", "stored form", "wrapped lines", "compiled")
    counts = {name: [0, 0, 0] for name in names}
    form = next(name for name in reversed(FORMS) if name <= judge.version)
    reasons: Counter[str] = Counter()
    for path in paths:
        catalogue = _load(path)
        taken = judge.run(["msgcat", "-o", "/dev/null", str(path)]).returncode == 0
        _count(counts["accepted"], wrong_yes=catalogue is not None and not taken, wrong_no=catalogue is None and taken)
        if catalogue is None or not taken:
            continue
        stored, ours = _stored(judge, path, catalogue), minimize(catalogue, _PROFILE)
        wrapped = _stored(judge, path, catalogue, wrap=True), minimize(catalogue, replace(_WRAPPED, form=form))
        _count(counts["stored form"], wrong_yes=ours != stored)
        _count(counts["wrapped lines"], wrong_yes=_lines(wrapped[0]) != _lines(wrapped[1]))
        if ours != stored:
            reasons[_reason(ours, stored)] += 1
        done = judge.run(["msgfmt", "-o", "-", str(path)])
        if done.returncode == 0:
            _count(counts["compiled"], wrong_yes=compile_catalogue(catalogue, form=form) != done.stdout)
    for question, (cases, wrong_yes, wrong_no) in counts.items():
        note = "; ".join(f"{count} {name}" for name, count in reasons.items()) if question == "stored form" else ""
        yield Row(f"catalogues {question}", f"gettext {judge.version}", cases, wrong_yes, wrong_no, note)


def _lines(data: bytes) -> list[bytes]:
    return [line for line in data.split(b"\n") if not line.startswith(b"#")]


def _stored(judge: Gettext, path: Path, catalogue: Catalogue, *, wrap: bool = False) -> bytes:
    """What gettext makes of a catalogue: former ids are cleared, and other character sets converted, as here."""
    data = path.read_bytes()
    if catalogue.charset.upper() != "UTF-8":
        data = judge.run(["msgconv", "--to-code=UTF-8", "--no-wrap", "-"], data=data).stdout
    return judge.run([word for word in _STORED if not (wrap and word == "--no-wrap")], data=data).stdout


def _reason(ours: bytes, stored: bytes) -> str:
    if ours == re.sub(rb" *\r\n", b"\n", stored):
        return "with carriage returns in comments, which we drop"
    flags = re.compile(rb"^#, .*\n", re.MULTILINE)
    if flags.sub(b"", ours) == flags.sub(b"", stored):
        return "with flags that it does not know and drops, and we keep"
    return "with other differences"


def _load(path: Path) -> Catalogue | None:
    try:
        return load_catalogue(path)
    except CatalogueError:
        return None


def _count(numbers: list[int], *, wrong_yes: bool = False, wrong_no: bool = False) -> None:
    numbers[0] += 1
    numbers[1] += wrong_yes
    numbers[2] += wrong_no
