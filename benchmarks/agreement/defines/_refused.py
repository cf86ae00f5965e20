"""libvirt's own tests of its QEMU driver: documents that it must refuse, and documents that it must accept."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from pathlib import Path

from libvirtxml.definition import find_objections
from libvirtxml.errors import XMLError

from benchmarks.agreement import Row

RELEASE = "11.3.0"
"""The release that is asked about: accepted documents are of its tests, refused ones of those of 10.7.0."""
_JUDGE = "libvirt's own tests of its QEMU driver"
_OUTPUT = re.compile(r"\.[a-z0-9_]+-(latest|\d[\d.]*)(\.[\w+-]+)*\.xml$")


def rows() -> Iterator[Row]:
    """What libvirt's parser refuses, and what it accepts."""
    corpus = Path(os.environ.get("VIRTSMITH_CORPUS") or "nowhere")
    refused = [path.read_bytes() for path in _refused(corpus)]
    accepted = [path.read_bytes() for path in _accepted(corpus)]
    missed = sum(not objects(text) for text in refused)
    alarms = sum(objects(text) for text in accepted)
    yield Row("does QEMU's driver refuse this domain?", _JUDGE, len(refused), 0, missed)
    yield Row("does QEMU's driver define this domain?", _JUDGE, len(accepted), 0, alarms)


def objects(text: bytes) -> bool:
    """Whether anything keeps libvirt from defining a document."""
    try:
        return bool(find_objections(text, RELEASE))
    except XMLError:
        return True


def _refused(corpus: Path) -> Iterator[Path]:
    table = corpus / "refused/expected.tsv"
    if table.is_file():
        with table.open(newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                path = table.with_name(row["xml"])
                if row["kind"] == "parse-error" and path.is_file():
                    yield path


def _accepted(corpus: Path) -> Iterator[Path]:
    """Documents that the driver wrote, and those that it made them of."""
    for directory in sorted(corpus.glob("libvirt-*/tests/qemuxmlconfdata")):
        names = {path.name for path in directory.glob("*.xml") if path.is_file()}
        written = {name for name in names if _OUTPUT.search(name)}
        read = {_OUTPUT.sub("", name) + ".xml" for name in written} & names
        yield from (path for name in sorted(written | read) if _is_domain(path := directory / name))


def _is_domain(path: Path) -> bool:
    return b"<domain " in path.read_bytes()[:2000]
