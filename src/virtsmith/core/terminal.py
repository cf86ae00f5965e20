"""Untrusted text on a terminal: it must not control the terminal or disguise what is shown."""

from __future__ import annotations

import re

_CONTROLS = (*range(9), *range(11, 32), *range(127, 160))
_INVISIBLE = (0x061C, 0x200B, 0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF)
"""Characters that change the text direction, break lines or have no width."""
_BYTES = range(0xDC80, 0xDD00)
"""Bytes of file names that are not UTF-8, as Python represents them (surrogate escapes)."""
_ESCAPED = {
    **{code: f"\\x{code:02x}" for code in _CONTROLS},
    **{code: f"\\u{code:04x}" for code in _INVISIBLE},
    **{code: f"\\x{code - 0xDC00:02x}" for code in _BYTES},
}
_COLOUR = re.compile(r"(\x1b\[\d{0,2}m)")
_ESCAPED_ON_ONE_LINE = {**_ESCAPED, ord("\n"): "\\n", ord("\t"): "\\t"}


def harmless(text: str, *, colours: bool = False) -> str:
    r"""Escape control and direction characters in a text; keep tabs, line feeds and, on request, colours.

    Example:
        >>> harmless("a\x1b[2J\u202eb")
        'a\\x1b[2J\\u202eb'
    """
    if colours:
        return "".join(part if _COLOUR.fullmatch(part) else part.translate(_ESCAPED) for part in _COLOUR.split(text))
    return text if text.isascii() and text.isprintable() else text.translate(_ESCAPED)


def one_line(text: str) -> str:
    r"""As `harmless`, but also escape tabs and line feeds, so that the result is one line.

    Example:
        >>> one_line("web.xml\nerror: all is lost")
        'web.xml\\nerror: all is lost'
    """
    return text if text.isascii() and text.isprintable() else text.translate(_ESCAPED_ON_ONE_LINE)
