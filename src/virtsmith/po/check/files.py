"""All rules over one catalogue file, and over a project's directory of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from libvirtxml.findings import Finding

from virtsmith.po.catalogue import Catalogue, CatalogueError, parse_catalogue
from virtsmith.po.check.header import check_header
from virtsmith.po.check.messages import check_messages
from virtsmith.po.check.msgfmt import check_with_msgfmt
from virtsmith.po.check.rules import finding
from virtsmith.po.entry import split_key
from virtsmith.po.minimize import minimize
from virtsmith.po.profile import StorageProfile


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A catalogue to check, with what is expected of it: see `check_data`."""

    catalogue: Catalogue
    data: bytes
    profile: StorageProfile | None = None
    language: str | None = None
    template: frozenset[bytes] | None = None


Check = Callable[[CheckedFile], Iterable[Finding]]


def check_data(
    data: bytes,
    source: str | None,
    *,
    profile: StorageProfile | None = None,
    language: str | None = None,
    template: frozenset[bytes] | None = None,
) -> list[Finding]:
    """Check one catalogue.

    Args:
        data: its bytes.
        source: what to call it in findings.
        profile: the stored form it must have; any form if None.
        language: what its file name promises.
        template: keys of the messages that exist; not checked if None.
    """
    try:
        catalogue = parse_catalogue(data, source)
    except CatalogueError as error:
        return [finding("PO001", "syntax", error.reason, source, error.line)]
    file = CheckedFile(catalogue, data, profile, language, template)
    return [item for check in CHECKS for item in check(file)]


def check_languages(listed: set[str], present: set[str], source: str) -> list[Finding]:
    """Compare a LINGUAS file with the catalogues that are there."""
    findings = [
        finding("PO301", name, f"{name} is listed but has no catalogue", source) for name in sorted(listed - present)
    ]
    missing = sorted(present - listed)
    return findings + [finding("PO302", name, f"{name} has a catalogue but is not listed", source) for name in missing]


def check_template(path: Path, fresh: Catalogue) -> list[Finding]:
    """Compare a stored template with one made from the sources just now."""
    try:
        stored = set(parse_catalogue(path.read_bytes(), str(path)).keys)
    except CatalogueError as error:
        return [finding("PO001", "syntax", error.reason, str(path), error.line)]
    new, old = set(fresh.keys) - stored - {b""}, stored - set(fresh.keys) - {b""}
    if not new and not old:
        return []
    text = f"{len(new)} messages of the sources are missing, {len(old)} are no longer there"
    return [finding("PO304", path.name, text, str(path))]


def _check_header(file: CheckedFile) -> list[Finding]:
    dropped = frozenset(name.lower() for name in file.profile.drop_header) if file.profile else frozenset()
    return check_header(file.catalogue, language=file.language, dropped=dropped)


def _check_messages(file: CheckedFile) -> list[Finding]:
    return check_messages(file.catalogue) + check_with_msgfmt(file.catalogue)


def _check_form(file: CheckedFile) -> list[Finding]:
    if file.profile is None:
        return []
    stored = minimize(file.catalogue, file.profile)
    if stored == file.data:
        return []
    lines = zip(file.data.split(b"\n"), stored.split(b"\n"), strict=False)
    last = min(file.data.count(b"\n"), stored.count(b"\n")) + 1
    line = next((number for number, pair in enumerate(lines, 1) if pair[0] != pair[1]), last)
    text = f"not in the stored form of profile {file.profile.name}"
    return [finding("PO101", file.profile.name, text, file.catalogue.source, line)]


def _check_stale(file: CheckedFile) -> list[Finding]:
    catalogue, template = file.catalogue, file.template
    stale = [key for key in catalogue.keys if key and key not in template] if template is not None else []
    if not stale:
        return []
    example = split_key(stale[0])[0].decode()[:40].split("\n")[0]
    text = f"{len(stale)} translations of messages that no longer exist, the first is {example!r}"
    return [finding("PO303", "stale", text, catalogue.source, catalogue.line_of(catalogue.keys.index(stale[0])))]


CHECKS: list[Check] = [_check_header, _check_messages, _check_form, _check_stale]
"""What is asked of every catalogue, in the order of the answers; their rules are in `virtsmith.po.check.rules`."""
