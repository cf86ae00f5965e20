"""C format strings: the arguments they take, and the parts that depend on the platform.

After gettext 0.21's format-c-parse.h: numbered and unnumbered directives exclude each other, numbered ones leave no
gap, ``<PRIu64>`` and the like are the macros of ``inttypes.h``, the ``I`` flag is allowed in translations.
"""

from __future__ import annotations

import re

_DIRECTIVE = re.compile(
    rb"""%(?:(?P<number>\d+)\$)?(?P<flags>[ +\-\#0'I]*+)
    (?:(?P<width>\*)(?:(?P<width_number>\d+)\$)?|\d*)
    (?:\.(?:(?P<precision>\*)(?:(?P<precision_number>\d+)\$)?|\d*))?
    (?:(?P<macro><[^<>]*+>)|(?P<size>[hlLqjzZt]*)(?P<conversion>[^hlLqjzZt]?))""",
    re.VERBOSE | re.DOTALL,
)
_MACRO = re.compile(rb"<PRI([diouxX])(MAX|PTR|(?:LEAST|FAST)?(?:8|16|32|64))>")
_TYPES = {
    b"c": "character", b"C": "wide character", b"s": "string", b"S": "wide string", b"p": "pointer",
    **dict.fromkeys((b"i", b"d"), "integer"), **dict.fromkeys((b"u", b"o", b"x", b"X"), "unsigned integer"),
    **dict.fromkeys((b"e", b"E", b"f", b"F", b"g", b"G", b"a", b"A"), "number"), b"n": "count",
}  # fmt: skip
_MAX_DIGITS = 6
_SIZES = {b"j": "intmax", b"z": "size", b"Z": "size", b"t": "ptrdiff", b"L": "long long", b"q": "long long"}


class FormatInvalid(ValueError):
    """A text that is not a valid format string; the message is the reason."""


def parse_c_format(text: bytes, *, translated: bool, objc: bool = False) -> list[str]:
    """The types of the arguments that a format string takes, in order.

    Raises:
        FormatInvalid: it is not valid.
    """
    arguments: list[tuple[int, str]] = []
    numbered: bool | None = None
    for count, match in enumerate(_DIRECTIVE.finditer(text), 1):
        for number, kind in _arguments(match, count, translated=translated, objc=objc):
            if numbered not in (None, number is not None):
                raise FormatInvalid("it mixes numbered and unnumbered arguments")
            numbered = number is not None
            arguments.append((len(arguments) + 1 if number is None else number, kind))
    return _flatten(arguments)


def system_dependent_spans(text: bytes, *, translated: bool) -> list[tuple[int, int]]:
    """The spans of ``<PRI...>`` macros, and of ``I`` flags in a translation; empty if the format string is invalid."""
    try:
        parse_c_format(text, translated=translated, objc=True)
    except FormatInvalid:
        return []
    spans = []
    for match in _DIRECTIVE.finditer(text):
        start = match.start("flags")
        spans += [(start + at, start + at + 1) for at, flag in enumerate(match["flags"]) if flag == 0x49]
        if match["macro"]:
            spans.append(match.span("macro"))
    return spans


def _arguments(match: re.Match[bytes], count: int, *, translated: bool, objc: bool) -> list[tuple[int | None, str]]:
    """The arguments of one directive: (number or None, type) of width, precision and value."""
    if b"I" in match["flags"] and not translated:
        raise FormatInvalid(f"in directive {count}, 'I' is not a conversion")
    stars = [name for name in ("width", "precision") if match[name]]
    taken: list[tuple[int | None, str]] = [(_number(match[f"{name}_number"], count), "integer") for name in stars]
    number = _number(match["number"], count)
    kind = _macro_type(match["macro"], count) if match["macro"] else _type(match, count, objc=objc)
    return [*taken, (number, kind)] if kind else taken


def _number(digits: bytes | None, count: int) -> int | None:
    if digits is None:
        return None
    if len(digits) > _MAX_DIGITS:
        raise FormatInvalid(f"in directive {count}, the argument number is too large")
    if not int(digits):
        raise FormatInvalid(f"in directive {count}, the argument number 0 is not allowed")
    return int(digits)


def _macro_type(macro: bytes, count: int) -> str:
    found = _MACRO.fullmatch(macro)
    if not found:
        raise FormatInvalid(f"in directive {count}, {macro.decode(errors='replace')} is not a macro of inttypes.h")
    sign = "integer" if found[1] in b"di" else "unsigned integer"
    return f"{sign} of {found[2].decode()}"


def _type(match: re.Match[bytes], count: int, *, objc: bool) -> str:
    conversion, size = match["conversion"], _size(match["size"])
    if conversion in (b"%", b"m"):
        return ""
    if conversion == b"@" and objc:
        return "object"
    kind = _TYPES.get(conversion)
    if kind is None:
        if not conversion:
            raise FormatInvalid("it ends in the middle of a directive")
        shown = repr(conversion.decode()) if conversion.isascii() else "the last character"
        raise FormatInvalid(f"in directive {count}, {shown} is not a conversion")
    if kind in ("character", "string"):
        return f"wide {kind}" if size in ("long", "long long") else kind
    if kind == "number":
        return "number of long double" if size == "long long" else kind
    if kind in ("integer", "unsigned integer", "count") and size:
        return f"{kind} of {size}"
    return kind


def _size(letters: bytes) -> str:
    size = ""
    for letter in letters.decode():
        if letter == "h":
            size = "char" if size in ("short", "char") else "short"
        elif letter == "l":
            size = "long long" if size in ("long", "long long") else "long"
        else:
            size = _SIZES[letter.encode()]
    return size


def _flatten(arguments: list[tuple[int, str]]) -> list[str]:
    """The types of arguments in the order of their numbers, without gaps."""
    types: dict[int, str] = {}
    for number, kind in arguments:
        if types.setdefault(number, kind) != kind:
            raise FormatInvalid(f"it uses argument {number} in incompatible ways")
    for expected, number in enumerate(sorted(types), 1):
        if number != expected:
            raise FormatInvalid(f"it uses argument {number} but not argument {expected}")
    return [types[number] for number in sorted(types)]
