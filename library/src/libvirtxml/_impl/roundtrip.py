"""Round trips: documents are read into the model, written, and compared strictly with what they were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from libvirtxml import files
from libvirtxml._impl.compare import XMLDifference, compare
from libvirtxml._impl.containers import container_of
from libvirtxml._impl.data import type_of
from libvirtxml._impl.document import parse
from libvirtxml._impl.element import Element
from libvirtxml._impl.fragments import parse_any, split_private
from libvirtxml._impl.parse import parse_tree
from libvirtxml._impl.problem import Problem
from libvirtxml._impl.recognition import classes_of
from libvirtxml.errors import XMLError
from libvirtxml.model import ROOTS

PRIVATE_FORMATS = {
    "cliOutput": "output of a command, in libvirt's tests",
    "cpuTest": "input of libvirt's CPU tests",
    "cpudata": "CPUID data of libvirt's CPU tests",
    "cpus": "libvirt's CPU map",
    "domstatus": "libvirtd's private status of a running domain",
    "networkstatus": "libvirtd's private status of a network",
    "node": "a node of libvirt's test driver",
    "poolstate": "libvirtd's private status of a pool",
    "qemu-migration": "cookie between two libvirtd during a migration",
    "qemuCaps": "libvirtd's private cache of QEMU capabilities",
    "sources": "storage sources of libvirt's tests",
    "test": "input of libvirt's tests",
}
"""Root elements of XML that libvirt keeps to itself: no public document, so not modelled."""


@dataclass(slots=True)
class RoundTrip:
    """What came of one document: its type, or why it was skipped; differences; what the model does not know.

    Of the latter, `private` is what libvirtd keeps for itself.
    """

    file: Path
    type: str = ""
    skipped: str = ""
    differences: list[XMLDifference] = field(default_factory=list)
    unknown: list[Problem] = field(default_factory=list)
    private: list[Problem] = field(default_factory=list)


def find_documents(paths: Iterable[Path]) -> Iterator[Path]:
    """The XML files among and below some paths, sorted; files that are named themselves count in any case."""
    for path in paths:
        if path.is_dir():
            yield from files.find_files(path, ".xml")
        else:
            yield path


def round_trip(path: Path) -> RoundTrip:
    """Read, write and compare one file.

    Raises:
        InputError: the file cannot be read at all.
    """
    result = RoundTrip(path)
    data = files.read_bytes(path)
    try:
        held = container_of(data)
    except XMLError as error:
        result.skipped = error.reason
        return result
    if held is not None:
        _compare_written(result, held.text)
        return result
    try:
        tag = parse_tree(data).tag
    except XMLError as error:
        _judge_unreadable(result, data, error)
        return result
    if tag in PRIVATE_FORMATS:
        result.skipped = f"<{tag}>: {PRIVATE_FORMATS[tag]}"
    elif not classes_of(tag):
        result.skipped = f"<{tag}>: no public libvirt document"
    else:
        _compare_written(result, data)
    return result


def _judge_unreadable(result: RoundTrip, data: bytes, error: XMLError) -> None:
    """Skip what no XML parser reads; what another one reads is a failure of ours."""
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        result.skipped = "not XML"
    elif "are not allowed" in error.reason:
        result.skipped = "has a document type declaration that adds to it, which is not read"
    else:
        try:
            compare(data, data)
        except XMLError:
            result.skipped = "not well-formed XML"
        else:
            result.differences.append(XMLDifference("/", f"cannot be read: {error}"))


def _compare_written(result: RoundTrip, data: str | bytes) -> None:
    try:
        element = parse_any(data)
    except XMLError as error:
        result.differences.append(XMLDifference("/", f"cannot be read: {error}"))
        return
    result.type = type_name(element)
    result.unknown, result.private = split_private(element.unknown())
    written = element.to_xml()
    try:
        result.differences = compare(data, written)
    except XMLError as error:
        result.differences.append(XMLDifference("/", f"cannot be compared: {error}"))
    if not result.differences and parse(written, type(element)) != element:
        result.differences.append(XMLDifference("/", "the values differ, though the XML does not"))


def type_name(element: Element) -> str:
    """The name of an element's type: of the union, for a variant."""
    name = type_of(element).__name__
    return name if name in ROOTS.values() else f"{name} fragment"
