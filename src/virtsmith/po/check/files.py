"""All rules over one catalogue file, and over a project's directory of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from libvirtxml.findings import Finding, Severity

import virtsmith.po.check.header
import virtsmith.po.check.style  # noqa: F401 - these declare their rules
from virtsmith.po.catalogue import Catalogue, CatalogueError, parse_catalogue
from virtsmith.po.check.levels import CheckChoices
from virtsmith.po.check.messages import check_messages
from virtsmith.po.check.msgfmt import check_with_msgfmt
from virtsmith.po.check.rules import FILE_CHECKS, CheckedFile, Problem, file_check, rule
from virtsmith.po.entry import Row, split_key
from virtsmith.po.minimize import minimize
from virtsmith.po.profile import StorageProfile


def check_data(
    data: bytes,
    source: str | None,
    *,
    profile: StorageProfile | None = None,
    language: str | None = None,
    template: frozenset[bytes] | None = None,
    choices: CheckChoices | None = None,
) -> list[Finding]:
    """Check one catalogue.

    Args:
        data: its bytes.
        source: its name in findings.
        profile: the stored form that it must have; any form if None.
        language: the language in its file name.
        template: keys of the existing messages; not checked if None.
        choices: what the project chooses about the rules.
    """
    try:
        catalogue = parse_catalogue(data, source)
    except CatalogueError as error:
        return unreadable(error, source)
    choices = choices or CheckChoices()
    file = CheckedFile(catalogue, data, profile, language, template, choices)
    return choices.apply(finding for check in FILE_CHECKS for finding in check(file))


def errors_in(data: bytes, source: str | None, choices: CheckChoices | None = None) -> list[Finding]:
    """Find what must not be compiled in a catalogue, as ``msgfmt -c`` does: the errors, whatever its stored form."""
    return [finding for finding in check_data(data, source, choices=choices) if finding.severity is Severity.ERROR]


@rule(
    "PO001",
    "The catalogue can be read",
    why="A broken file loses every translation in it.",
    fix="Correct the named line.",
)
def unreadable(error: CatalogueError, source: str | None) -> Iterator[Problem]:
    """Yield why a catalogue cannot be read."""
    yield Problem("syntax", error.reason, source, error.line)


def check_languages(listed: set[str], present: set[str], source: str) -> list[Finding]:
    """Compare a LINGUAS file with the catalogues that exist."""
    return missing_catalogues(listed - present, source) + unlisted_catalogues(present - listed, source)


@rule(
    "PO301",
    "Listed languages have a catalogue",
    why="A build that follows LINGUAS stops.",
    fix="Add the catalogue or remove the language from the list.",
)
def missing_catalogues(languages: set[str], source: str) -> Iterator[Problem]:
    """Yield each language without a catalogue."""
    for name in sorted(languages):
        yield Problem(name, f"{name} is listed but has no catalogue", source)


@rule(
    "PO302",
    "Catalogues are listed",
    why="A language that LINGUAS, `meson.build` or `configure.ac` does not list is not installed.",
    fix="List it; in LINGUAS, `virtsmith po check --fix` does so.",
)
def unlisted_catalogues(languages: set[str], source: str) -> Iterator[Problem]:
    """Yield each language that is not listed."""
    for name in sorted(languages):
        yield Problem(name, f"{name} has a catalogue but is not listed", source)


def check_template(path: Path, fresh: Catalogue, missing: Collection[str] = ()) -> list[Finding]:
    """Compare a stored template with one extracted from the sources.

    Args:
        path: the stored template.
        fresh: the extracted one.
        missing: listed sources that do not exist: what may come from them is not judged.
    """
    try:
        stored = parse_catalogue(path.read_bytes(), str(path))
    except CatalogueError as error:
        return unreadable(error, str(path))
    pairs = zip(stored.keys, stored.rows, strict=True)
    unknown = {key for key, row in pairs if missing and _may_be_of(row, missing)}
    return stale_template(path, set(stored.keys), set(fresh.keys), unknown)


def _may_be_of(row: Row, sources: Collection[str]) -> bool:
    """Whether a message can be of one of these sources: one without locations may be of any."""
    names = {name.decode().rpartition(":")[0] for name in row.locations.replace(b"#:", b"").split()}
    return not names or any(name in source or source in name for name in names for source in sources)


@rule(
    "PO304",
    "The template is up to date with the sources",
    why="Translators do not see new messages, and translate old ones.",
    fix="Run `virtsmith po extract`.",
)
def stale_template(path: Path, stored: set[bytes], fresh: set[bytes], unknown: set[bytes]) -> Iterator[Problem]:
    """Yield a problem if the keys of a stored template and of the sources differ, apart from unknown ones."""
    new, old = fresh - stored - {b""}, stored - fresh - unknown - {b""}
    if new or old:
        text = f"{len(new)} messages of the sources are missing, {len(old)} no longer exist"
        yield Problem(path.name, text, str(path))


@file_check
def check_message_texts(file: CheckedFile) -> list[Finding]:
    """The rules about messages, with gettext's help for the format languages that only it knows."""
    return check_messages(file.catalogue) + check_with_msgfmt(file.catalogue)


@file_check
@rule(
    "PO101",
    "The catalogue is in its stored form",
    why="Other forms bring moved lines and unused strings back into every diff.",
    fix="Run `virtsmith po minimize`, or `virtsmith po check --fix`.",
)
def stored_form(file: CheckedFile) -> Iterator[Problem]:
    """Yield the first line that differs from the stored form."""
    if file.profile is None or (stored := minimize(file.catalogue, file.profile)) == file.data:
        return
    lines = zip(file.data.split(b"\n"), stored.split(b"\n"), strict=False)
    last = min(file.data.count(b"\n"), stored.count(b"\n")) + 1
    line = next((number for number, (own, canonical) in enumerate(lines, 1) if own != canonical), last)
    yield file.problem(file.profile.name, f"not in the stored form of profile {file.profile.name}", line)


@file_check
@rule(
    "PO303",
    "Translations are of existing messages",
    why="Translations of removed messages are dead weight.",
    fix="Run `virtsmith po check --fix --drop-stale`.",
    severity=Severity.NOTE,
)
def stale_translations(file: CheckedFile) -> Iterator[Problem]:
    """Yield the number of translations of messages that the template does not have, at the first of them."""
    keys, template = file.catalogue.keys, file.template
    stale = [key for key in keys if key and key not in template] if template is not None else []
    if stale:
        example = split_key(stale[0])[0].decode()[:40].split("\n")[0]
        text = f"{len(stale)} translations of messages that no longer exist, the first is {example!r}"
        yield file.problem("stale", text, file.catalogue.line_of(keys.index(stale[0])))
