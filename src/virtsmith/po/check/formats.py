"""Format strings of languages other than C, and the comparison of a translation with its original.

Each language has a parser that returns the arguments a text takes, by position or name, with their types. The rules
are those of gettext's format-LANGUAGE.c files, so that ``msgfmt -c`` accepts exactly the same strings. For Python's
braces they are those of gettext 1.0, which supports ``{}``, and for Lua those of earlier versions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from virtsmith.po.check.cformat import FormatInvalid, parse_c_format
from virtsmith.po.check.plural import often_used_forms
from virtsmith.po.entry import Entry
from virtsmith.po.flags import format_languages
from virtsmith.po.header import Header

Arguments = Mapping[int | str, str]
"""Position (from 1) or name of an argument to its type."""

Parser = Callable[[str, bool], Arguments]

_PYTHON = re.compile(
    r"%(?:\((?P<name>(?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\))?[-+ #0]*+(?:(?P<width>\*)|\d*)"
    r"(?:\.(?:(?P<precision>\*)|(?P<digits>\d*)))?[hlL]?(?P<conversion>.?)",
    re.DOTALL,
)
_PYTHON_TYPES = {
    "c": "character", **dict.fromkeys("sr", "string"), **dict.fromkeys("iduoxX", "integer"),
    **dict.fromkeys("eEfgG", "float"),
}  # fmt: skip
_BRACE_NAME = r"(?:[A-Za-z_][A-Za-z_0-9]*|\d+)"
_BRACE_FIELD = rf"{_BRACE_NAME}?(?:\.[A-Za-z_][A-Za-z_0-9]*|\[{_BRACE_NAME}\])*"
_BRACE_SPEC = r"(?:.?[<>=^])?[-+ ]?\#?0?\d*(?:\.\d*)?[bcdoxXneEfFgG%]?"
_PYTHON_BRACE = re.compile(
    rf"\{{(?:\{{|(?P<name>{_BRACE_FIELD})(?::(?:\{{(?P<inner>{_BRACE_FIELD})\}}|{_BRACE_SPEC}))?\}}|(?P<bad>))",
    re.DOTALL,
)
_PERL_BRACE = re.compile(r"\{(?P<name>[A-Za-z_][A-Za-z_0-9]*)\}")
_SHELL = re.compile(
    r"\$(?:(?P<name>[A-Za-z_][A-Za-z_0-9]*)|(?P<brace>\{)(?P<inside>[^}]*)(?P<end>\}?)|(?P<other>.?))", re.DOTALL
)
_SHELL_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_QT = re.compile(r"%(?P<local>L?)(?P<number>\d{1,2})")
_JAVASCRIPT = re.compile(r"%(?:(?P<number>\d+)\$)?[-0 I]*+\d*+(?:\.\d+)?(?P<conversion>.?)", re.DOTALL)
_JAVASCRIPT_TYPES = {"s": "string", **dict.fromkeys("bduoxX", "integer"), "f": "float", "c": "character", "j": "any"}
_LUA = re.compile(r"%\d*(?:\.\d+)?(?P<conversion>.?)", re.DOTALL)
_LUA_TYPES = {
    "s": "string", "q": "escaped string", **dict.fromkeys("dioXxu", "integer"), **dict.fromkeys("AaEefGg", "float"),
    "c": "character",
}  # fmt: skip


def _c(text: str, translated: bool, *, objc: bool = False) -> Arguments:
    return dict(enumerate(parse_c_format(text.encode(), translated=translated, objc=objc), 1))


def _python(text: str, _translated: bool) -> Arguments:
    named: dict[int | str, str] = {}
    unnamed: dict[int | str, str] = {}
    for count, match in enumerate(_PYTHON.finditer(text), 1):
        conversion = match["conversion"]
        for star in (match["width"], match["precision"]):
            if star:
                unnamed[len(unnamed) + 1] = "integer"
        if conversion != "%" and conversion not in _PYTHON_TYPES:
            raise FormatInvalid(_no_conversion(count, conversion))
        kind = _PYTHON_TYPES.get(conversion, "none")
        if match["digits"] and not match["digits"].strip("0") and kind == "string":
            kind = "any"
        name = match["name"]
        if name is not None:
            _add_named(named, name, kind)
        elif conversion != "%":
            unnamed[len(unnamed) + 1] = kind
    if named and unnamed:
        raise FormatInvalid("it mixes named and unnamed arguments")
    return named or unnamed


def _add_named(named: dict[int | str, str], name: str, kind: str) -> None:
    known = named.get(name, kind)
    if "any" not in (known, kind) and known != kind:
        raise FormatInvalid(f"it uses argument {name!r} in incompatible ways")
    named[name] = known if kind == "any" else kind


def _python_brace(text: str, _translated: bool) -> Arguments:
    """Arguments by name; ``{}`` has the number of its position. A translation may format a value differently."""
    names: dict[int | str, str] = {}
    automatic = 0
    numbered = False
    for match in _PYTHON_BRACE.finditer(text):
        if match["bad"] is not None:
            raise FormatInvalid("it has an opening brace that starts no field; a literal one is written {{")
        for name in (match["name"], match["inner"]):
            if name is None:
                continue
            numbered |= name[:1].isdigit()
            names[name if name[:1] not in ("", ".", "[") else f"{automatic}{name}"] = "any"
            automatic += name[:1] in ("", ".", "[")
    if automatic and numbered:
        raise FormatInvalid("it mixes numbered and unnumbered arguments")
    return names


def _perl_brace(text: str, _translated: bool) -> Arguments:
    return {match["name"]: "any" for match in _PERL_BRACE.finditer(text)}


def _shell(text: str, _translated: bool) -> Arguments:
    """Variables only: a translation may not use other expansions of the shell."""
    names: dict[int | str, str] = {}
    for match in _SHELL.finditer(text):
        if match["name"]:
            names[match["name"]] = "any"
        elif match["brace"] and match["end"] and _SHELL_NAME.fullmatch(match["inside"]):
            names[match["inside"]] = "any"
        else:
            raise FormatInvalid(_shell_problem(match))
    return names


def _shell_problem(match: re.Match[str]) -> str:
    if match["brace"] and re.match(r"[A-Za-z_][A-Za-z_0-9]*[-=+?:]", match["inside"]):
        return "it expands a shell variable in a complex way, which is a risk"
    if not match["brace"] and not match["other"]:
        return "it ends in the middle of a directive"
    return "it refers to something in the shell that is not a variable with a name"


def _qt(text: str, _translated: bool) -> Arguments:
    """Arguments; several ``simple`` ones may be passed at a time, which an L or a second digit prevents."""
    found: dict[int | str, str] = {}
    for match in _QT.finditer(text):
        simple = not match["local"] and len(match["number"]) == 1
        number = int(match["number"])
        found[number] = "simple" if simple and found.get(number) != "full" else "full"
    return found


def _printf(pattern: re.Pattern[str], types: Mapping[str, str], text: str, _translated: bool) -> Arguments:
    found: dict[int | str, str] = {}
    numbered: bool | None = None
    for count, match in enumerate(pattern.finditer(text), 1):
        conversion = match["conversion"]
        if conversion == "%":
            continue
        if conversion not in types or not conversion:
            raise FormatInvalid(_no_conversion(count, conversion))
        number = match.groupdict().get("number")
        if numbered not in (None, number is not None):
            raise FormatInvalid("it mixes numbered and unnumbered arguments")
        numbered = number is not None
        position = int(number[:9]) if number else len(found) + 1
        if number and not position:
            raise FormatInvalid(f"in directive {count}, the argument number 0 is not allowed")
        if found.setdefault(position, types[conversion]) != types[conversion]:
            raise FormatInvalid(f"it uses argument {position} in incompatible ways")
    return found


def _no_conversion(count: int, conversion: str) -> str:
    if not conversion:
        return "it ends in the middle of a directive"
    return f"in directive {count}, {conversion!r} is not a conversion"


@dataclass(frozen=True, slots=True)
class FormatLanguage:
    """A language that is checked without gettext, and what a translation may do with the arguments of the original.

    A translation of a plural form for a single number (such as "one") may leave arguments out, but with ``demands_all``
    only named ones. ``extra_allowed`` says whether a translation may take additional arguments.
    """

    parse: Parser
    demands_all: bool = False
    extra_allowed: bool = False


LANGUAGES: Mapping[str, FormatLanguage] = {
    "c": FormatLanguage(_c),
    "objc": FormatLanguage(partial(_c, objc=True)),
    "python": FormatLanguage(_python, demands_all=True),
    "python-brace": FormatLanguage(_python_brace),
    "perl-brace": FormatLanguage(_perl_brace, extra_allowed=True),
    "sh": FormatLanguage(_shell),
    "qt": FormatLanguage(_qt, demands_all=True),
    "javascript": FormatLanguage(partial(_printf, _JAVASCRIPT, _JAVASCRIPT_TYPES)),
    "lua": FormatLanguage(partial(_printf, _LUA, _LUA_TYPES), demands_all=True),
}
"""The languages that are checked without gettext."""


def compare(original: Arguments, translation: Arguments, language: FormatLanguage, *, strict: bool) -> str | None:
    """The problem with the arguments of a translation; None if there is none.

    With ``strict`` it must take all arguments of the original; otherwise it may leave some out, see `FormatLanguage`.
    """
    if _is_named(original) != _is_named(translation) and original and translation:
        return "one takes named arguments, the other takes them by position"
    if set(original.values()) == {"simple"} and "full" in translation.values():
        return "has an L or a number of two digits, which the original does not have"
    if not language.extra_allowed:
        for name in translation:
            if name not in original:
                return f"takes argument {name!r}, which the original does not have"
    for name in original:
        if name not in translation and (strict or (language.demands_all and isinstance(name, int))):
            return f"lacks argument {name!r}"
    return _compare_types(original, translation, strict=strict)


def _compare_types(original: Arguments, translation: Arguments, *, strict: bool) -> str | None:
    for name, kind in translation.items():
        expected = original.get(name, kind)
        if {expected, kind} <= {"simple", "full"} or (not strict and "any" in (expected, kind)):
            continue
        if expected != kind:
            return f"argument {name!r} is taken as {kind}, in the original as {expected}"
    return None


def _is_named(arguments: Arguments) -> bool:
    return any(isinstance(name, str) for name in arguments)


def format_problems(entry: Entry, languages: list[str], header: Header) -> list[tuple[int, str]]:
    """The wrong format strings of a message: (plural form, problem)."""
    problems = []
    for language in languages:
        rules = LANGUAGES.get(language)
        if rules is None:
            continue
        try:
            original = rules.parse(entry.msgid if entry.msgid_plural is None else entry.msgid_plural, False)
        except FormatInvalid:
            continue  # the flag in the source is wrong; gettext ignores it, too
        often = often_used_forms(header) if entry.msgid_plural is not None and len(entry.msgstr) > 1 else ()
        for form, text in enumerate(entry.msgstr):
            strict = len(entry.msgstr) == 1 or (form < len(often) and _is_often(entry, header, form))
            problem = _problem(rules, language, original, text, strict=strict)
            if problem:
                problems.append((form, problem))
    return problems


def _is_often(entry: Entry, header: Header, form: int) -> bool:
    from virtsmith.po.check.plural import values_in_range  # noqa: PLC0415 - not needed for most messages

    if not often_used_forms(header)[form]:
        return False
    span = next((flag for flag in entry.flags if flag.startswith("range: ")), None)
    if span is None:
        return True
    low, _, high = span.removeprefix("range: ").partition("..")
    return values_in_range(header, int(low), int(high), form) > 1


def _problem(rules: FormatLanguage, language: str, original: Arguments, text: str, *, strict: bool) -> str | None:
    try:
        translation = rules.parse(text, True)
    except FormatInvalid as error:
        return f"is not a valid {language} format string: {error}"
    return compare(original, translation, rules, strict=strict)


def translations_fit(entry: Entry, flags: list[str], header: Header) -> bool:
    """Whether the translations would pass the checks of these format flags."""
    return not format_problems(entry, format_languages(tuple(flags)), header)
