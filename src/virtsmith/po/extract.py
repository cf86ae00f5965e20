"""The template from the sources, as the project's build extracts it: Python here, other languages by xgettext."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from libvirtxml import files

from virtsmith.errors import InputError
from virtsmith.po.catalogue import parse_catalogue
from virtsmith.po.entry import Entry
from virtsmith.po.header import TEMPLATE_DATE
from virtsmith.po.minimize import unwrapped
from virtsmith.po.project import Project
from virtsmith.po.sources.babel import read_babel
from virtsmith.po.sources.makevars import read_makevars
from virtsmith.po.sources.meson import read_meson
from virtsmith.po.sources.potfiles import SourceFile, SourceList, find_potfiles, from_globs, read_potfiles, read_skipped
from virtsmith.po.sources.python import extract_python
from virtsmith.po.sources.settings import DEFAULT_KEYWORDS, ExtractionSettings
from virtsmith.po.sources.xgettext import run_xgettext

Messages = dict[tuple[str | None, str], Entry]
"""Messages by context and id, in the order of their first occurrence."""

_HEADER = (
    f"Project-Id-Version: {{package}}\nReport-Msgid-Bugs-To: {{bugs}}\n{TEMPLATE_DATE}: {{date}}\n"
    "PO-Revision-Date: YEAR-MO-DA HO:MI+ZONE\nLast-Translator: FULL NAME <EMAIL@ADDRESS>\n"
    "Language-Team: LANGUAGE <LL@li.org>\nLanguage: \nMIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
)
_PLURALS = "Plural-Forms: nplurals=INTEGER; plural=EXPRESSION;\n"


class NoSources(InputError):
    """The project does not name the sources with messages."""


class NoMessages(InputError):
    """The sources have no message at all: the wrong sources, or the wrong keywords."""


@dataclass(frozen=True, slots=True)
class ExtractedTemplate:
    """A template extracted from the sources: its bytes, its number of messages, and the missing listed sources.

    ``tried_as_c`` are sources whose language xgettext does not know; messages of theirs may be missing.
    """

    data: bytes
    messages: int
    missing: tuple[str, ...] = ()
    tried_as_c: tuple[str, ...] = ()


def extract_project(project: Project, *, skip_missing: bool = False) -> ExtractedTemplate:
    """Extract the template of a project, as its build files (or `[tool.virtsmith.po]`) say.

    The creation date is that of ``SOURCE_DATE_EPOCH`` or now, but if the messages have not changed, that of the old
    template is kept.

    Args:
        project: the project.
        skip_missing: ignore listed files that do not exist.

    Raises:
        NoSources: the project does not name its sources.
        NoMessages: the sources have no messages.
        ProgramMissing: some sources are not Python, and xgettext is not installed.
        InputError: a source cannot be read or parsed.
    """
    settings = find_settings(project)
    sources = find_sources(project, settings)
    if not skip_missing:
        sources.require()
    entries, tried_as_c = _extract(project, sources.found, settings)
    if not entries:
        raise NoMessages(
            f"no message in {len(sources.found)} sources",
            source=str(project.root),
            hint="check sources (or POTFILES) and keywords in [tool.virtsmith.po]",
        )
    date = _date_for(project, entries.values())
    data = render_template(project, settings, entries.values(), date)
    return ExtractedTemplate(data, len(entries), sources.missing, tuple(tried_as_c))


def find_settings(project: Project) -> ExtractionSettings:
    """How the project extracts: its ``meson.build``, ``Makevars`` or Babel's settings, then `[tool.virtsmith.po]`.

    Raises:
        InputError: one of these files cannot be read.
    """
    directory, root = project.directory.resolve(), project.root.resolve()
    found = read_meson(directory, root) or read_makevars(directory, root) or read_babel(root)
    if found is None:
        keywords = [f"--keyword={text}" for text in DEFAULT_KEYWORDS]
        found = ExtractionSettings((*keywords, "--add-comments=TRANSLATORS:"))
    return found.more(*project.extraction)


def has_sources(project: Project) -> bool:
    """Whether the project names its sources."""
    try:
        find_sources(project, find_settings(project))
    except NoSources:
        return False
    return True


def find_sources(project: Project, settings: ExtractionSettings) -> SourceList:
    """The files with messages: the ``sources`` globs, else the POTFILES list, else Babel's mapping.

    Raises:
        NoSources: the project does not name its sources.
        InputError: the list cannot be read.
    """
    root = project.root.resolve()
    potfiles = find_potfiles(project.directory)
    if potfiles is not None and not project.sources:
        return read_potfiles(potfiles, root, _directories(project, settings)[1:])
    patterns = project.sources or settings.sources
    if not patterns:
        raise NoSources(
            "the project does not name its sources",
            source=str(project.directory),
            hint="write POTFILES, or set sources in [tool.virtsmith.po]",
        )
    found = from_globs(root, patterns, read_skipped(project.directory))
    if not found.found:
        raise NoSources(f"no source matches {', '.join(patterns)}", source=str(project.root))
    return found


def _directories(project: Project, settings: ExtractionSettings) -> list[Path]:
    """Where sources are searched: the root, xgettext's own directories, build directories."""
    root = project.root.resolve()
    named = [root / name for name in (*settings.values("--directory"), *project.build_directories)]
    built = [path.parent for marker in ("meson-private", "config.status") for path in root.glob(f"*/{marker}")]
    return list(dict.fromkeys(path.resolve() for path in (root, *named, *sorted(built)) if path.is_dir()))


def _extract(
    project: Project, sources: Iterable[SourceFile], settings: ExtractionSettings
) -> tuple[Messages, list[str]]:
    """The messages, and the sources that were read without knowing their language."""
    entries: Messages = {}
    if all(source.path.suffix == ".py" and not source.language for source in sources):
        keywords, tags = settings.keywords(), settings.comment_tags()
        for source in sources:
            text = files.read_text(source.path)
            _add(entries, extract_python(text, source.name, keywords, comment_tag=tags[-1] if tags else None))
        return _sorted(entries, settings), []
    result = run_xgettext(sources, settings, _directories(project, settings))
    _add(entries, result.entries)
    return entries, result.tried_as_c


def _sorted(entries: Messages, settings: ExtractionSettings) -> Messages:
    if settings.has("--sort-output"):
        return dict(sorted(entries.items(), key=lambda item: (item[0][1], item[0][0] or "")))
    if settings.has("--sort-by-file"):
        return dict(sorted(entries.items(), key=lambda item: _place(item[1])))
    return entries


def _place(entry: Entry) -> tuple[str, int]:
    name, _, line = entry.locations[0].rpartition(":")
    return name, int(line)


def render_template(project: Project, settings: ExtractionSettings, entries: Iterable[Entry], date: str) -> bytes:
    """A template with these messages."""
    messages = list(entries)
    package = " ".join(
        filter(None, [settings.last("--package-name") or project.domain, settings.last("--package-version")])
    )
    text = _HEADER.format(package=package, bugs=settings.last("--msgid-bugs-address"), date=date)
    if any(entry.msgid_plural is not None for entry in messages):
        text += _PLURALS
    header = Entry("", [text], flags=("fuzzy",))
    header.comments = [f"Translations of {project.domain}."]
    if holder := settings.last("--copyright-holder"):
        header.comments.append(f"Copyright (C) {holder}")
    return b"\n".join(entry.to_row().render() for entry in (header, *messages))


def _add(entries: dict[tuple[str | None, str], Entry], found: Iterable[Entry]) -> None:
    """Add messages; the same message in several places becomes one."""
    for entry in found:
        known = entries.setdefault((entry.msgctxt, entry.msgid), entry)
        if known is not entry:
            known.locations += [place for place in entry.locations if place not in known.locations]
            known.extracted += [text for text in entry.extracted if text not in known.extracted]
            known.flags = known.flags or entry.flags
            if known.msgid_plural is None and entry.msgid_plural is not None:
                known.msgid_plural, known.msgstr = entry.msgid_plural, entry.msgstr


def _date_for(project: Project, entries: Iterable[Entry]) -> str:
    """The old template's date if its messages are the same, else that of the build."""
    if project.template.is_file():
        old = parse_catalogue(files.read_bytes(project.template), str(project.template))
        date = old.header.get(TEMPLATE_DATE)
        rows = [unwrapped(row) for key, row in zip(old.keys, old.rows, strict=True) if key]
        if date and rows == [unwrapped(entry.to_row()) for entry in entries]:
            return date
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() and len(epoch) < 12 else datetime.now(UTC)
    return moment.strftime("%Y-%m-%d %H:%M+0000")
