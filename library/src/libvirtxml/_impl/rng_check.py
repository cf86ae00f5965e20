"""Asks real RELAX NG schemas of several releases whether they accept a document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lxml import etree

from libvirtxml._impl.parse import parse_tree
from libvirtxml._impl.recognition import fits_document
from libvirtxml._impl.schema_validation import SCHEMA_FILES, examine, load_schema
from libvirtxml._impl.verdicts import Acceptance, Refusal, RefusalKind, ReleaseVerdict, Since
from libvirtxml.errors import UsageError, XMLError
from libvirtxml.versions import Version, VersionRange


def find_releases(directory: Path, span: VersionRange) -> dict[str, Path]:
    """The directories of schemas by release, oldest first: the directory itself, or those in it named by release.

    Raises:
        UsageError: none is in the range.
    """
    if next(directory.glob("*.rng"), None) is not None:
        return {_own_release(directory, span): directory}
    found: dict[Version, Path] = {}
    for path in directory.iterdir():
        version = _version(path.name)
        if version is not None and version in span and next(path.glob("*.rng"), None) is not None:
            found[version] = path
    if not found:
        raise UsageError(
            f"no schemas of the releases that are asked for are in {directory}",
            hint="give a directory of *.rng files, or of such directories named 6.0.0, 7.1.0 ...",
        )
    return {str(version): found[version] for version in sorted(found)}


def _own_release(directory: Path, span: VersionRange) -> str:
    """The release of a single directory of schemas: the one that is asked for, or else the directory's name."""
    if span.low is not None and span.low == span.high:
        return str(span.low)
    return str(_version(directory.resolve().name) or directory)


def _version(text: str) -> Version | None:
    try:
        return Version.parse(text)
    except UsageError:
        return None


def check_with_schemas(
    text: str | bytes, span: VersionRange, directory: Path, dated: tuple[Refusal, ...], *, name: str | None
) -> Acceptance:
    """Validate a document against the schemas of each release; explain refusals by the facts where these can.

    Raises:
        XMLError: libxml2 cannot read the document.
        UsageError: see `find_releases`.
        InputError: a file is not a schema.
    """
    root = _parse(text, name)
    if root.tag not in SCHEMA_FILES or not fits_document(parse_tree(text)):
        hint = "check a whole document, or leave the schemas out"
        raise UsageError(f"libvirt has no schema for <{root.tag}> on its own", hint=hint)
    schema_file = SCHEMA_FILES[root.tag]
    verdicts: dict[str, ReleaseVerdict] = {}
    refusals: dict[Refusal, None] = {}
    for release, path in find_releases(directory, span).items():
        exists = (path / schema_file).is_file()
        if exists and load_schema(path / schema_file).validate(root):
            verdicts[release] = ReleaseVerdict.ACCEPTED
            continue
        verdicts[release] = ReleaseVerdict.REFUSED
        known = [refusal for refusal in dated if release in refusal.refused]
        if not known:
            known = _explain(text, path, release) if exists else [_no_such_document(root.tag, release)]
        refusals |= dict.fromkeys(known)
    return Acceptance(verdicts, (), tuple(refusals))


def _parse(text: str | bytes, name: str | None) -> Any:
    encoding = "utf-8" if isinstance(text, str) else None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, encoding=encoding)
    try:
        return etree.fromstring(text.encode() if isinstance(text, str) else text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise XMLError(f"libxml2 cannot read it: {error}", source=name) from error


def _explain(text: str | bytes, schemas: Path, release: str) -> list[Refusal]:
    """What a release minds that the facts do not know of: a rule of combination."""
    return [
        Refusal(item.subject, RefusalKind.SCHEMA, item.message, item.where.line, Since((), "", None), (release,))
        for item in examine(text, schemas).findings
    ]


def _no_such_document(tag: str, release: str) -> Refusal:
    message = f"libvirt {release} has no documents of this kind"
    return Refusal(f"/{tag}", RefusalKind.SCHEMA, message, 1, Since((), "", None), (release,))
