"""Which libvirt releases have a schema that accepts a document, and since when it has a thing.

Answers come from dated facts of libvirt's own schemas. They know every release from 1.2.0 to 7.9.0 and some later ones
(`releases` lists them); what they do not know is said to be unknown, never guessed. They know what each element,
attribute and value is and how often it may occur, but few of the schemas' rules of combination: real RELAX NG
validation (`check` with ``schemas``) knows them all.

Example:
    >>> from libvirtxml.acceptance import check, since
    >>> found = check("<domain type='hvf'><name>a</name><os><type>hvm</type></os></domain>", "7.0..12.8")
    >>> found.oldest
    '8.1.0'
    >>> print(found.refusals[0])
    line 1: /domain/@type='hvf' is in libvirt's schema only since 8.1.0 at the latest (after 7.9.0)
    >>> print(since("/domain/devices/disk/source/@fdgroup"))
    9.0.0 at the latest (after 8.1.0)
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from itertools import pairwise
from operator import or_
from pathlib import Path
from typing import Any

from libvirtxml._impl.containers import Container, opening
from libvirtxml._impl.dates import DatesTable, load_table
from libvirtxml._impl.parse import parse_tree
from libvirtxml._impl.refusals import RawRefusal, find_lines, find_refused
from libvirtxml._impl.sources import read_source
from libvirtxml._impl.trees import ORIGINAL
from libvirtxml._impl.verdicts import Acceptance, Gap, Refusal, RefusalKind, ReleaseVerdict, Since
from libvirtxml.errors import UsageError, XMLError
from libvirtxml.releases import first_release, follows_directly, last_release
from libvirtxml.versions import Version, VersionRange

__all__ = ["Acceptance", "Gap", "Refusal", "RefusalKind", "ReleaseVerdict", "Since", "check", "releases", "since"]


def releases() -> tuple[str, ...]:
    """The releases that are known, oldest first."""
    return tuple(load_table().releases)


def check(document: Any, requested: str | VersionRange | None = None, *, schemas: Path | None = None) -> Acceptance:
    """Find out which libvirt releases have a schema that accepts a document.

    What libvirt defines is another question: its parser refuses and overlooks other things (`libvirtxml.definition`).

    Args:
        document: an element of the model, or anything that `libvirtxml.parse` takes.
        requested: a release or a range of them, ``6.0`` or ``6.0..12.8``; by default all that are known.
        schemas: a directory of libvirt's RELAX NG schemas, or of directories of them named by release. These
            releases alone are then asked, and the schemas have the last word.

    Raises:
        XMLError: the document cannot be read, or is none of libvirt's.
        UsageError: the range is none, or older than all that is known; or the directory has no release of it.
    """
    table = load_table()
    span = VersionRange.parse(requested) if isinstance(requested, str) else requested or VersionRange(None, None)
    cls = type(document) if _is_element(document) else None
    source, name = read_source(document if cls is None else document.to_xml())
    try:
        (root, readings), held = opening(source, lambda text: _read(text, cls, table))
    except XMLError as error:
        raise error.with_source(name) from error
    text = held.text if held else source
    found = min(([*find_refused(table, root, *reading)] for reading in readings), key=_refused_by)
    if schemas is not None:
        from libvirtxml._impl.rng_check import check_with_schemas  # noqa: PLC0415 - needs lxml

        refusals = _refusals(table, found, text, root, table.all)
        judged = check_with_schemas(text, span, schemas, refusals, name=name)
    else:
        judged = _judge(table, span, found, text, root)
    return _in_file(judged, held) if held else judged


def _in_file(judged: Acceptance, held: Container) -> Acceptance:
    """What was said of a document, with paths and lines in the file that it is in."""
    refusals = [replace(item, path=held.place(item.path), line=held.line_of(item.line)) for item in judged.refusals]
    return replace(judged, refusals=tuple(refusals))


def _read(text: str | bytes, cls: Any, table: DatesTable) -> tuple[Any, list[tuple[str, int]]]:
    """The tree of a text, and what it can be: types, with the releases that know such documents at all."""
    root = parse_tree(text)
    if cls is None and table.is_document(root.tag, _names_in(root)):
        return root, [table.roots[root.tag]]
    from libvirtxml._impl.recognition import readings_of  # noqa: PLC0415 - loads the model
    from libvirtxml._impl.tables import info_of  # noqa: PLC0415 - loads the model

    classes = [cls] if cls is not None else readings_of(root)
    if not classes:
        raise XMLError(f"no libvirt document or part of one has the root element <{root.tag}>")
    return root, [table.reading(info_of(item).path, root.tag) for item in classes]


def _is_element(document: Any) -> bool:
    """Whether it is an object of the model; the model is not loaded for text and paths."""
    if isinstance(document, (str, bytes, bytearray, memoryview, os.PathLike)):
        return False
    from libvirtxml._impl.element import Element  # noqa: PLC0415 - loads the model

    return isinstance(document, Element)


def _names_in(root: Any) -> Iterator[str]:
    """The names of the attributes and children of an element."""
    yield from (f"@{name}" for name in root.attrib if name != ORIGINAL and not name.startswith("xmlns"))
    yield from (child.tag for child in root if isinstance(child.tag, str))


def _refused_by(found: list[RawRefusal]) -> int:
    """How many releases refuse something."""
    return reduce(or_, (refusal.mask for refusal in found), 0).bit_count()


def _judge(table: DatesTable, span: VersionRange, found: list[RawRefusal], text: str | bytes, root: Any) -> Acceptance:
    bad = 0
    for refusal in found:
        bad |= refusal.mask
    versions = [Version.parse(name) for name in table.releases]
    for end in (span.low, span.high):
        if end is not None and end < versions[0]:
            raise UsageError(f"libvirt {end} is older than all that is known", hint=f"from {versions[0]} on")
    verdicts = {
        name: ReleaseVerdict.REFUSED if bad >> i & 1 else ReleaseVerdict.ACCEPTED
        for i, (name, version) in enumerate(zip(table.releases, versions, strict=True))
        if version in span
    }
    gaps = tuple(_gaps(versions, span, bad))
    asked = set(verdicts) | {name for gap in gaps for name in (gap.after, gap.before)}
    mask = sum(1 << i for i, name in enumerate(table.releases) if name in asked)
    return Acceptance(verdicts, gaps, _refusals(table, found, text, root, mask))


def _gaps(known: list[Version], span: VersionRange, bad: int) -> Iterator[Gap]:
    for i, (after, before) in enumerate(pairwise(known)):
        touched = (span.low is None or span.low < before) and (span.high is None or after < span.high)
        if touched and not follows_directly(str(after), str(before)):
            pair = bad >> i & 3
            verdict = {0: ReleaseVerdict.ACCEPTED, 3: ReleaseVerdict.REFUSED}.get(pair, ReleaseVerdict.UNKNOWN)
            yield Gap(str(after), str(before), verdict)
    if span.high is not None and known[-1] < span.high:
        yield Gap(str(known[-1]), None, ReleaseVerdict.UNKNOWN)


def _refusals(
    table: DatesTable, found: list[RawRefusal], text: str | bytes, root: Any, mask: int
) -> tuple[Refusal, ...]:
    """The refusals that some release of a set minds, in document order."""
    relevant = [refusal for refusal in found if refusal.mask & mask]
    if not relevant:
        return ()
    order = {id(element): number for number, element in enumerate(root.iter())}
    relevant.sort(key=lambda entry: order[id(entry.element)])
    lines = find_lines(text, root, [item.element for item in relevant])
    return tuple(
        Refusal(
            item.place,
            item.kind,
            item.value,
            lines.get(id(item.element)),
            _since(table, item.allowed),
            _names(table, item.mask),
        )
        for item in relevant
    )


def _names(table: DatesTable, mask: int) -> tuple[str, ...]:
    return tuple(name for i, name in enumerate(table.releases) if mask >> i & 1)


def _since(table: DatesTable, mask: int) -> Since:
    if not mask:
        return Since((), "", None)
    return Since(_names(table, mask), first_release(mask, table.releases), last_release(mask, table.releases))


def since(path: str) -> Since:
    """Find out since when libvirt has an element, attribute, value or variant.

    Args:
        path: an XPath, as in refusals or the model's docstrings: ``/domain/devices/disk/source/@fdgroup``,
            ``/domain/devices/tpm/backend/@type=external``, ``/domain/devices/disk[@type='nvme']/source``,
            ``/domain/os/type=hvm``; or dotted: ``devices.tpms.model`` of a domain, ``network.dns.enable`` of another
            document. Positions do not matter.

    Raises:
        UsageError: no known release has an element or attribute of the name; the hint says what there is.
    """
    from libvirtxml._impl.since import find_mask  # noqa: PLC0415 - not needed by `check`

    table = load_table()
    return _since(table, find_mask(table, path))
