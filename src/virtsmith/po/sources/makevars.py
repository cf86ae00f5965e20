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
_AC_INIT = re.compile(
    rf"^[ \t]*+AC_INIT\s*+\({_ARGUMENT}(?:,{_ARGUMENT}(?:,{_ARGUMENT}(?:,{_ARGUMENT})?)?)?", re.MULTILINE
)
_ALL_LINGUAS = re.compile(r"""^[ \t]*+ALL_LINGUAS=(["']?)([\w@ \t\n\\-]*+)\1""", re.MULTILINE)
_CONFIGURE = ("configure.ac", "configure.in")
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
        ("VERSION", "--package-version"),
    ):
        if variables.get(variable):
            options.append(f"{option}={variables[variable]}")
    if name := variables.get("PACKAGE"):
        is_gnu = variables.get("PACKAGE_GNU") == "yes" or variables.get("PACKAGE_NAME", "").startswith("GNU ")
        options.append(f"--package-name={'GNU ' if is_gnu else ''}{name}")
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
    match = _AC_INIT.search(_configure(root))
    if match is None:
        return {}
    name, version, bugs, short = [(text or "").strip() for text in match.groups()]
    short = short or _NOT_IN_NAMES.sub("-", name.removeprefix("GNU ").lower())
    found = {"PACKAGE_NAME": name, "PACKAGE_VERSION": version, "VERSION": version, "PACKAGE_BUGREPORT": bugs}
    return {**found, "PACKAGE": short, "PACKAGE_TARNAME": short}


_NOT_IN_NAMES = re.compile(r"[^a-z0-9_]")
"""What Autoconf replaces when it makes the name of archives from that of the package."""


def read_all_linguas(root: Path) -> set[str] | None:
    """The languages in ``ALL_LINGUAS`` of ``configure.ac``; None if it is not set there."""
    match = _ALL_LINGUAS.search(_configure(root))
    return set(match[2].replace("\\\n", " ").split()) if match else None


def _configure(root: Path) -> str:
    return next((files.read_text(path) for name in _CONFIGURE if (path := root / name).is_file()), "")
