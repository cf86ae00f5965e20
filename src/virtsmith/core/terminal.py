"""Text of other people's documents on a terminal: nothing in it may act on the terminal, or hide what is written."""

from __future__ import annotations

import re

_CONTROLS = (*range(9), *range(11, 32), *range(127, 160))
_INVISIBLE = (0x061C, 0x200B, 0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF)
"""Marks that turn the direction of writing, break lines, or take no room."""
_BYTES = range(0xDC80, 0xDD00)
"""Bytes of file names that are not UTF-8, as Python holds them."""
_ESCAPED = {
    **{code: f"\\x{code:02x}" for code in _CONTROLS},
    **{code: f"\\u{code:04x}" for code in _INVISIBLE},
    **{code: f"\\x{code - 0xDC00:02x}" for code in _BYTES},
}
_COLOUR = re.compile(r"(\x1b\[\d{0,2}m)")
_ESCAPED_ON_ONE_LINE = {**_ESCAPED, ord("\n"): "\\n", ord("\t"): "\\t"}


def harmless(text: str, *, colours: bool = False) -> str:
    r"""Text with its control and direction characters escaped; tabs and line feeds stay, and colours on request.

    Example:
        >>> harmless("a\x1b[2J\u202eb")
        'a\\x1b[2J\\u202eb'
    """
    if colours:
        return "".join(part if _COLOUR.fullmatch(part) else part.translate(_ESCAPED) for part in _COLOUR.split(text))
    return text if text.isascii() and text.isprintable() else text.translate(_ESCAPED)


def one_line(text: str) -> str:
    r"""The same, and on one line, so that no text can pass for two.

    Example:
        >>> one_line("web.xml\nerror: all is lost")
        'web.xml\\nerror: all is lost'
    """
    return text if text.isascii() and text.isprintable() else text.translate(_ESCAPED_ON_ONE_LINE)
