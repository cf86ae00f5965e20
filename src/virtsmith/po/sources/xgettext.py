"""Messages from sources in all languages that ``xgettext`` supports."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from virtsmith.core.run import ProgramMissing, find_program, run
from virtsmith.po.catalogue import Catalogue, parse_catalogue
from virtsmith.po.entry import Entry
from virtsmith.po.sources.potfiles import SourceFile
from virtsmith.po.sources.settings import ExtractionSettings

_NOT_PASSED = ("--package-name", "--package-version", "--msgid-bugs-address", "--copyright-holder", "--directory")
"""Options about the header, which is written here, and options that are passed in other ways."""


_TRIED_AS_C = re.compile(
    r"^xgettext: warning: file '([^'\n]*+)' extension '[^'\n]*+' is unknown; will try C$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class XgettextResult:
    """Messages, and the files whose language xgettext does not know: it read them as C."""

    entries: list[Entry] = field(default_factory=list)
    tried_as_c: list[str] = field(default_factory=list)


def run_xgettext(
    sources: Iterable[SourceFile], settings: ExtractionSettings, directories: Sequence[Path]
) -> XgettextResult:
    """The messages of sources, in the order of the languages passed to xgettext; the same one may occur again.

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
    result = XgettextResult()
    for language, names in groups.items():
        _run(names, language, settings, directories, result)
    return result


def _run(
    names: list[str], language: str, settings: ExtractionSettings, directories: Sequence[Path], result: XgettextResult
) -> None:
    options = [option for option in settings.options if option.partition("=")[0] not in _NOT_PASSED]
    if not settings.has("--from-code"):
        options.append("--from-code=UTF-8")
    options += [f"--language={language}"] if language else []
    options += [f"--directory={directory}" for directory in directories]
    environment = {**os.environ, "LC_MESSAGES": "C", "LANGUAGE": ""}
    if "LC_ALL" in environment:
        environment["LC_ALL"] = "C.UTF-8"
    if settings.data_directories:
        environment["GETTEXTDATADIRS"] = ":".join(map(str, settings.data_directories))
    command = ["xgettext", *options, "--no-wrap", "--files-from=-", "--output=-"]
    done = run(command, stdin="\n".join(names).encode(), cwd=directories[0], env=environment)
    result.tried_as_c.extend(_TRIED_AS_C.findall(done.stderr_text))
    output = done.stdout.replace(b"charset=CHARSET", b"charset=UTF-8")
    catalogue = parse_catalogue(output, "xgettext") if output else Catalogue([], [])
    result.entries.extend(entry for entry in catalogue.entries() if entry.msgid)
