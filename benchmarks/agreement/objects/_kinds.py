"""The kinds of documents that are not domains: who defines them, and the documents of the corpus, in two halves."""

from __future__ import annotations

import hashlib
import os
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from libvirtxml import parse_any
from libvirtxml._impl.element import Element
from libvirtxml._impl.tables import find_class
from libvirtxml.model import ROOTS

from benchmarks.agreement._judge import LineJudge
from benchmarks.agreement._libvirts import daemons, revive
from virtsmith.qemu.libvirtd import PrivateDaemon

KINDS = {"network": "", "pool": "test", "volume": "test", "filter": "", "secret": "", "interface": "test"}
"""By root element: the driver that judges, ``test`` for libvirt's test driver, else the one for such documents.

The pools of a daemon are of the types whose programs are installed; the test driver parses them all.
"""
_OLDEST = "9.0.0"
_EMPTY = "<node/>"
"""The configuration of a test driver that has no objects of its own."""


class Judge(LineJudge):
    """Defines documents of one kind."""

    program = Path(__file__).with_name("_define.py")

    def __init__(self, made: PrivateDaemon, kind: str) -> None:
        self.arguments = (kind,)
        empty = made.directory / "empty.xml"
        empty.write_text(_EMPTY)
        test = f"test+unix://{empty}?socket={made.socket}"
        super().__init__(test if KINDS[kind] else made.uri, partial(revive, made))


@contextmanager
def servers() -> Iterator[list[PrivateDaemon]]:
    """The daemons of the ark's libvirts (``VIRTSMITH_ARK``), oldest first."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="agree-")))
        found = list(daemons(directory, _OLDEST))
        for made in found:
            made.up()
            stack.callback(made.down)
        yield found


def class_of(kind: str) -> type[Element]:
    """The class of its documents."""
    return find_class(ROOTS[kind])


def prepared(text: bytes) -> ET.Element | None:
    """The tree of a document."""
    return ET.fromstring(text)  # noqa: S314 - documents of the corpus


def documents(kind: str) -> list[bytes]:
    """All documents of a kind in the corpus, each once; none without a corpus."""
    corpus = os.environ.get("VIRTSMITH_CORPUS")
    found: dict[bytes, None] = {}
    for path in sorted(Path(corpus).glob("libvirt-*/tests/**/*.xml")) if corpus else ():
        text = path.read_bytes()
        if f"<{kind}".encode() in text[:2000] and _is_of(kind, text):
            found[text] = None
    return list(found)


def _is_of(kind: str, text: bytes) -> bool:
    try:
        return ET.fromstring(text).tag == kind and isinstance(parse_any(text), class_of(kind))  # noqa: S314 - as above
    except ET.ParseError:
        return False


def is_held_out(text: bytes) -> bool:
    """Whether a document is of the third that nothing is learned from."""
    return hashlib.sha256(text).digest()[0] >= 170
