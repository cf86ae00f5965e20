"""``Makevars`` and ``configure.ac``: what an autotools project passes to ``xgettext``."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from libvirtxml import files

from virtsmith.po.sources.settings import ExtractionSettings, parse_options

_ASSIGNMENT = re.compile(r"^[ \t]*+([A-Za-z_]\w*+)[ \t]*+[:?+]?=[ \t]*+(.*)$", re.MULTILINE)
_REFERENCE = re.compile(r"\$[({](\w+)[)}]|\\\$")
_ARGUMENT = r"\s*+\[?+([^],()]*+)\]?+\s*+"
_AC_INIT = re.compile(rf"^[ \t]*+AC_INIT\s*+\({_ARGUMENT}(?:,{_ARGUMENT}(?:,{_ARGUMENT})?)?", re.MULTILINE)
_TAG = "--add-comments=TRANSLATORS:"
"""The options in gettext's own Makefile.in.in."""


def read_makevars(directory: Path, root: Path) -> ExtractionSettings | None:
    """The settings in a directory's ``Makevars`` (or ``Makevars.in``); None if there is no such file.

    Raises:
        InputError: it cannot be read.
    """
    path = next((path for name in ("Makevars", "Makevars.in") if (path := directory / name).is_file()), None)
    if path is None:
        return None
    package = _package(root)
    variables = _variables(files.read_text(path), {**package, "top_srcdir": ".", "srcdir": directory.name})
    options = [_TAG, *parse_options(split_words(variables.get("XGETTEXT_OPTIONS", "")))]
    for variable, option in (
        ("COPYRIGHT_HOLDER", "--copyright-holder"),
        ("MSGID_BUGS_ADDRESS", "--msgid-bugs-address"),
        ("PACKAGE", "--package-name"),
        ("VERSION", "--package-version"),
    ):
        if variables.get(variable):
            options.append(f"{option}={variables[variable]}")
    return ExtractionSettings(tuple(options))


def read_domain(directory: Path, root: Path) -> str:
    """The message domain in a directory's ``Makevars``; empty if it does not say it."""
    path = directory / "Makevars"
    return _variables(files.read_text(path), _package(root)).get("DOMAIN", "") if path.is_file() else ""


def _variables(text: str, known: dict[str, str]) -> dict[str, str]:
    """The final values of variables; references to unknown variables become empty."""
    lines = "\n".join(line for line in text.replace("\\\n", " ").split("\n") if not line.lstrip().startswith("#"))
    for name, value in _ASSIGNMENT.findall(lines):
        known[name] = _REFERENCE.sub(lambda match: known.get(match[1] or "", ""), value).strip()
    return known


def split_words(text: str) -> list[str]:
    """The words of a shell command; of one with an unbalanced quote, what blanks separate."""
    try:
        return shlex.split(text)
    except ValueError:  # an unbalanced quote
        return text.split()


def _package(root: Path) -> dict[str, str]:
    """Name, version and bug address from ``configure.ac``, if they are literals."""
    for name in ("configure.ac", "configure.in"):
        path = root / name
        if path.is_file() and (match := _AC_INIT.search(files.read_text(path))):
            values = [(text or "").strip() for text in match.groups()]
            found = dict(zip(("PACKAGE", "VERSION", "PACKAGE_BUGREPORT"), values, strict=True))
            return {**found, "PACKAGE_NAME": found["PACKAGE"], "PACKAGE_VERSION": found["VERSION"]}
    return {}
