"""Babel's settings: ``[extract_messages]`` in ``setup.cfg``, ``[tool.babel]``, and mappings of files to methods."""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from glob import escape
from pathlib import Path

from libvirtxml import files

from virtsmith.core.config import ConfigTable
from virtsmith.errors import InputError
from virtsmith.po.sources.makevars import split_words
from virtsmith.po.sources.potfiles import matching
from virtsmith.po.sources.settings import ExtractionSettings

_OPTIONS = {
    "msgid_bugs_address": "--msgid-bugs-address", "copyright_holder": "--copyright-holder",
    "project": "--package-name", "version": "--package-version",
}  # fmt: skip


def read_babel(root: Path) -> ExtractionSettings | None:
    """The settings of a project that uses Babel; None if it does not.

    Raises:
        InputError: a file cannot be read, or some sources are for a method other than ``python``.
    """
    section = _setup_section(root / "setup.cfg")
    mapping = _mapping(root, section)
    if not section and not mapping:
        return None
    mapping = mapping or [("python", f"{place}/**.py".removeprefix("./")) for place in _input_paths(section)]
    return ExtractionSettings(tuple(_options(section)), sources=tuple(_sources(mapping, root)))


def _input_paths(section: Mapping[str, str]) -> list[str]:
    """The directories that Babel reads without a mapping."""
    named = section.get("input_paths") or section.get("input_dirs") or "."
    return named.replace(",", " ").split()


def _setup_section(path: Path) -> Mapping[str, str]:
    parser = _read_ini(path)
    return dict(parser["extract_messages"]) if "extract_messages" in parser else {}


def _options(section: Mapping[str, str]) -> list[str]:
    found = [f"--keyword={word}" for word in split_words(section.get("keywords", ""))]
    tags = section.get("add_comments", "").replace(",", " ").split()
    found += [f"--add-comments={tag}" for tag in tags]
    return found + [f"{option}={section[name]}" for name, option in _OPTIONS.items() if section.get(name)]


def _mapping(root: Path, section: Mapping[str, str]) -> list[tuple[str, str]]:
    """Pairs of method and glob, from the mapping file or ``[[tool.babel.mappings]]``."""
    name = section.get("mapping_file") or section.get("mapping-file") or "babel.cfg"
    heads = [head.partition(":") for head in _read_ini(root / name).sections()]
    found = [(method.strip(), pattern.strip()) for method, colon, pattern in heads if colon]
    return found or _toml_mapping(root / "pyproject.toml")


def _toml_mapping(path: Path) -> list[tuple[str, str]]:
    if not path.is_file():
        return []
    tool = ConfigTable.parse(files.read_text(path), str(path)).table("tool")
    babel = tool.table("babel") if tool else None
    rows = babel.items("mappings") if babel and "mappings" in babel else []
    return [(row.text("method") or "", row.text("pattern") or "") for row in rows]


def _sources(mapping: list[tuple[str, str]], root: Path) -> list[str]:
    """The files for the method ``python``; the first pattern that a file matches decides."""
    methods: dict[str, str] = {}
    for method, pattern in mapping:
        for path in matching(root, _DOUBLE_STAR.sub("**/*", pattern)):
            methods.setdefault(path.relative_to(root).as_posix(), method)
    unread = [(name, method) for name, method in methods.items() if method not in ("python", "ignore")]
    if unread:
        raise InputError(
            "babel's method {1} is not supported ({0})".format(*unread[0]),
            source=str(root),
            hint="set sources in [tool.virtsmith.po] to extract the others",
        )
    return [escape(name) for name, method in methods.items() if method == "python"]


_DOUBLE_STAR = re.compile(r"\*\*(?!/)")
"""Babel's sign for any name in any directory below."""


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _read_ini(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    if _is_file(path):
        try:
            parser.read_string(files.read_text(path), str(path))
        except configparser.Error as error:
            raise InputError(f"cannot be read: {error}".splitlines()[0], source=str(path)) from error
    return parser
