"""Messages from sources in all languages that ``xgettext`` supports."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from virtsmith.core.run import ProgramMissing, find_program, run
from virtsmith.po.catalogue import Catalogue, parse_catalogue
from virtsmith.po.entry import Entry
from virtsmith.po.sources.potfiles import SourceFile
from virtsmith.po.sources.settings import ExtractionSettings

_NOT_PASSED = ("--package-name", "--package-version", "--msgid-bugs-address", "--copyright-holder", "--directory")
"""Options about the header, which is written here, and options that are passed in other ways."""


def run_xgettext(
    sources: Iterable[SourceFile], settings: ExtractionSettings, directories: Sequence[Path]
) -> list[list[Entry]]:
    """The messages of sources, one list per language passed to xgettext.

    Args:
        sources: the files, in the order of their messages.
        settings: how to extract.
        directories: where the files are searched; xgettext runs in the first.

    Raises:
        ProgramMissing: xgettext is not installed.
        ProgramFailed: it refused a source.
    """
    if find_program("xgettext") is None:
        raise ProgramMissing("xgettext", hint="install gettext; only Python sources do not need it")
    groups: dict[str, list[str]] = {}
    for source in sources:
        groups.setdefault(source.language, []).append(source.name)
    return [_run(names, language, settings, directories) for language, names in groups.items()]


def _run(names: list[str], language: str, settings: ExtractionSettings, directories: Sequence[Path]) -> list[Entry]:
    options = [option for option in settings.options if option.partition("=")[0] not in _NOT_PASSED]
    if not settings.has("--from-code"):
        options.append("--from-code=UTF-8")
    options += [f"--language={language}"] if language else []
    options += [f"--directory={directory}" for directory in directories]
    environment = dict(os.environ)
    if settings.data_directories:
        environment["GETTEXTDATADIRS"] = ":".join(map(str, settings.data_directories))
    command = ["xgettext", *options, "--no-wrap", "--files-from=-", "--output=-"]
    output = run(command, stdin="\n".join(names).encode(), cwd=directories[0], env=environment).stdout
    output = output.replace(b"charset=CHARSET", b"charset=UTF-8")
    catalogue = parse_catalogue(output, "xgettext") if output else Catalogue([], [])
    return [entry for entry in catalogue.entries() if entry.msgid]
