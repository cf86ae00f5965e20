"""The template from the sources: Python by ourselves, everything else by xgettext."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from libvirtxml import files

from virtsmith.core.run import ProgramMissing, find_program, run
from virtsmith.errors import InputError
from virtsmith.po.catalogue import Catalogue, parse_catalogue
from virtsmith.po.entry import Entry
from virtsmith.po.header import TEMPLATE_DATE
from virtsmith.po.minimize import unwrapped
from virtsmith.po.project import Project
from virtsmith.po.pysource import Keyword, extract_python, parse_keyword

_DEFAULT_KEYWORDS = (
    "_", "gettext", "lgettext", "N_", "gettext_noop", "dgettext:2", "ngettext:1,2", "dngettext:2,3",
    "pgettext:1c,2", "dpgettext:2c,3", "npgettext:1c,2,3", "dnpgettext:2c,3,4",
)  # fmt: skip

_HEADER = (
    f"Project-Id-Version: {{domain}}\nReport-Msgid-Bugs-To: \n{TEMPLATE_DATE}: {{date}}\n"
    "PO-Revision-Date: YEAR-MO-DA HO:MI+ZONE\nLast-Translator: FULL NAME <EMAIL@ADDRESS>\n"
    "Language-Team: LANGUAGE <LL@li.org>\nLanguage: \nMIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
)


class NoSources(InputError):
    """The project does not say which sources have messages."""


class NoMessages(InputError):
    """The sources have no message at all: the wrong sources, or the wrong keywords."""


def extract_project(project: Project) -> tuple[bytes, int]:
    """Make the template of a project; return it with its number of messages.

    The creation date is that of ``SOURCE_DATE_EPOCH`` or now, but an old template whose messages are the same keeps
    its own, so that nothing changes without need.

    Raises:
        NoSources: there is neither a ``sources`` setting nor a POTFILES list.
        NoMessages: nothing was found.
        ProgramMissing: some sources are not Python, and there is no xgettext.
        InputError: a source cannot be read or parsed.
    """
    sources = find_sources(project)
    python = [path for path in sources if path.suffix == ".py"]
    others = [path for path in sources if path.suffix != ".py"]
    keywords = [parse_keyword(text) for text in (*_DEFAULT_KEYWORDS, *project.keywords)]
    entries = extract_entries(project.root, python, keywords)
    if others:
        _add(entries, _run_xgettext(project, others))
    if not entries:
        raise NoMessages(
            f"no message in {len(sources)} sources",
            source=str(project.root),
            hint="look at sources (or POTFILES) and keywords in [tool.virtsmith.po]",
        )
    data = render_template(project.domain, entries.values(), _date_for(project, entries.values()))
    return data, len(entries)


def find_sources(project: Project) -> list[Path]:
    """The source files with messages, from the ``sources`` globs or from POTFILES, POTFILES.in.

    Raises:
        NoSources: nothing says which they are.
        InputError: a listed file does not exist.
    """
    if project.sources:
        found = {path for pattern in project.sources for path in project.root.glob(pattern) if path.is_file()}
        if not found:
            raise NoSources(f"no source matches {', '.join(project.sources)}", source=str(project.root))
        return sorted(found)
    for name in ("POTFILES", "POTFILES.in"):
        path = project.directory / name
        if path.is_file():
            return _listed(path, project.root)
    raise NoSources(
        "nothing says which sources have messages",
        source=str(project.directory),
        hint="write POTFILES, or set sources in [tool.virtsmith.po]",
    )


def extract_entries(
    root: Path, sources: Iterable[Path], keywords: list[Keyword]
) -> dict[tuple[str | None, str], Entry]:
    """The messages of Python sources, by context and id, in order of their first occurrence."""
    entries: dict[tuple[str | None, str], Entry] = {}
    for path in sources:
        name = path.relative_to(root).as_posix()
        _add(entries, extract_python(files.read_text(path), name, keywords))
    return entries


def render_template(domain: str, entries: Iterable[Entry], date: str) -> bytes:
    """A template with these messages."""
    header = Entry("", [_HEADER.format(domain=domain, date=date)], flags=("fuzzy",))
    header.comments = [f"Translations of {domain}."]
    return b"\n".join(entry.to_row().render() for entry in (header, *entries))


def _listed(path: Path, root: Path) -> list[Path]:
    found = []
    for number, line in enumerate(files.read_text(path).splitlines(), 1):
        name = line.partition("#")[0].strip().removeprefix("@SRCDIR@").removeprefix("@BUILDDIR@")
        if not name:
            continue
        source = (root / name).resolve()
        if not source.is_relative_to(root.resolve()) or not source.is_file():
            raise InputError(f"no such source: {name}", source=str(path), line=number)
        found.append(source)
    return found


def _run_xgettext(project: Project, sources: list[Path]) -> list[Entry]:
    if find_program("xgettext") is None:
        raise ProgramMissing("xgettext", hint="install gettext; only Python sources can do without")
    names = "\n".join(path.relative_to(project.root.resolve()).as_posix() for path in sources)
    keywords = [f"--keyword={text}" for text in project.keywords]
    command = [
        "xgettext",
        "--from-code=UTF-8",
        "--add-comments=TRANSLATORS",
        "--no-wrap",
        *keywords,
        "-f",
        "-",
        "-o",
        "-",
    ]
    output = run(command, stdin=names.encode(), cwd=project.root).stdout
    output = output.replace(b"charset=CHARSET", b"charset=UTF-8")
    catalogue = parse_catalogue(output, "xgettext") if output else Catalogue([], [])
    return [entry for entry in catalogue.entries() if entry.msgid]


def _add(entries: dict[tuple[str | None, str], Entry], found: Iterable[Entry]) -> None:
    """Join messages with those known; the same message at several places becomes one."""
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
