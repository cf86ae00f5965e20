"""The ``#,`` line: flags in gettext's own order."""

from __future__ import annotations

import re

FORMAT_LANGUAGES = (
    "c", "objc", "python", "python-brace", "java", "java-printf", "csharp", "javascript", "scheme", "lisp", "elisp",
    "librep", "ruby", "sh", "awk", "lua", "object-pascal", "smalltalk", "qt", "qt-plural", "kde", "kde-kuit", "boost",
    "tcl", "perl", "perl-brace", "php", "gcc-internal", "gfc-internal", "ycp",
)  # fmt: skip
"""The languages in the order in which gettext 0.21 writes them (``format_language`` in its message.c)."""

_RANK = {language: rank for rank, language in enumerate(FORMAT_LANGUAGES)}
_SEPARATORS = re.compile(r"[\n \t\r\f\v,]+")
_FORMAT = re.compile(r"(no-|possible-|impossible-)?(.+)-format")
_RANGE = re.compile(r"(\d{1,9})\.\.(\d{1,9})(?!\d)", re.ASCII)
_SILENT = {"wrap"}  # the default: read, never written


def parse_flags(text: str) -> tuple[str, ...]:
    """Return the flags of one ``#,`` line in canonical order, each as gettext writes it.

    ``possible-c-format`` counts as ``c-format``; a later flag for a language replaces an earlier one. Flags that
    gettext 0.21 does not know are kept after the others.
    """
    words = [word for word in _SEPARATORS.split(text) if word]
    fuzzy = wrap = span = ""
    formats: dict[str, str] = {}
    others: list[str] = []
    pending_range = False
    for word in words:
        if pending_range:
            pending_range = False
            found = _RANGE.match(word)
            if found and int(found[1]) <= int(found[2]):
                span = f"range: {int(found[1])}..{int(found[2])}"
            continue
        match = _FORMAT.fullmatch(word)
        if word == "fuzzy":
            fuzzy = word
        elif word == "range:":
            pending_range = True
        elif word in ("no-wrap", "wrap"):
            wrap = word
        elif match and match[2] in _RANK:
            formats[match[2]] = {"no-": word, "impossible-": ""}.get(match[1] or "", f"{match[2]}-format")
        elif word not in others:
            others.append(word)
    ranked = [formats[language] for language in sorted(formats, key=_RANK.__getitem__) if formats[language]]
    return tuple(flag for flag in (fuzzy, *ranked, span, wrap, *others) if flag and flag not in _SILENT)


def format_flags(flags: tuple[str, ...]) -> bytes:
    """Write the ``#,`` line, or nothing if there are no flags."""
    return f"#, {', '.join(flags)}\n".encode() if flags else b""


def format_languages(flags: tuple[str, ...]) -> list[str]:
    """The languages of a message's format strings: ``c`` for ``c-format``."""
    return [flag.removesuffix("-format") for flag in flags if flag.endswith("-format") and not flag.startswith("no-")]
