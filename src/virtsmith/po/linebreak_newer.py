"""Where a line may be broken, by Unicode's algorithm (UAX #14) of versions 16 and 17 as GNU libunistring has it.

The classes are those of `virtsmith.po.linebreak` with what has changed since, and each also says whether the character
is East Asian. Unlike there, rules look at several characters at once (quotation marks, numbers, hyphens at the start of
a word), so a text is read from left to right. GNU's own rules: a break is allowed between punctuation and ``<``, and
scripts that need a dictionary are treated as letters.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import cache

from virtsmith.po.linebreak import class_of, is_wide

_SINCE_16 = {
    "AK": """
        1b05-1b33 1b45-1b4c a984-a9b2 11005-11037 11071-11072 11075 11305-1130c 1130f-11310 11313-11328 1132a-11330
        11332-11333 11335-11339 11360-11361 11900-11906 11909 1190c-11913 11915-11916 11918-1192f""",
    "AL": "1f10d-1f10f 1f16d-1f16f 1f1ad 1f8b0-1f8b1",
    "AL2": "25cc",
    "AP": "11003-11004 1193f 11941",
    "AS": """
        1b50-1b59 1bc0-1be5 a9d0-a9d9 aa00-aa28 aa50-aa59 11066-1106f 11350 1135e-1135f 11950-11959 11ee0-11ef1""",
    "BA": "a9cf aa40-aa42 aa44-aa4b 1133d 1135d 11ef2 11ef7-11ef8",
    "CL": "fe10",
    "CP1": "2e56 2e58 2e5a 2e5c",
    "GL": "1dcd 1dfc fe20 fe22 fe24 fe26-fe27 fe29 fe2b fe2d-fe2e 1107f",
    "ID": "1b5c 1b61-1b6a 1b74-1b7c a9c1-a9c6 a9ca-a9cd a9de-a9df aa5c 11049-1104d 11052-11065",
    "NS": "fe13-fe14",
    "NU": "600-605 6dd 890-891 8e2 19da 110bd 110cd",
    "PO": "2057",
    "VF": "1bf2-1bf3",
    "VI": "1b44 a9c0 11046 1134d 1193e",
}
"""Classes that are not those of Unicode 14, as ranges of code points."""
_SINCE_17 = {
    "BA": "2800",
    "CM": "34f",
    "HH": "58a 5be 1400 2010 2012-2013 2e17 2e40 2e5d 10ead",
    "SA": """
        e31 e34-e3a e47-e4e eb1 eb4-ebc ec8-ecd 102b-103e 1056-1059 105e-1060 1062-1064 1067-106d 1071-1074 1082-108d
        108f 109a-109d 17b4-17d3 17dd 1a55-1a5e 1a60-1a7c a9e5 aa7b-aa7d aab0 aab2-aab4 aab7-aab8 aabe-aabf aac1
        1171d-1172b""",
}
_WIDE_SINCE_16 = "2630-2637 268a-268f 4dc0-4dff 1d300-1d356 1d360-1d376"

_LETTERS = "AL AL2 HL"
_IDEOGRAPHS = "ID H2 H3 JL JV JT EB EM"
_NEVER = frozenset(["WJ", "CL", "CP1", "CP2", "EX", "IS", "SY", "QU3"])  # not before these, spaces or not
_CLINGING = frozenset(["GL", "BA", "HH", "HY", "IN", "NS", "QU1"])  # not before these without a space
_AFTER = {
    **dict.fromkeys(("AL", "HL"), f"OP1 NU PO PR {_LETTERS} ZWJ"), "AL2": f"OP1 NU PO PR {_LETTERS} ZWJ VI VF",
    "NU": f"OP1 {_LETTERS} ZWJ", "CP1": f"NU {_LETTERS} ZWJ", "HY": "NU", "IS": f"NU {_LETTERS} ZWJ", "SY": "HL",
    "PO": f"NU {_LETTERS} ZWJ", "PR": f"NU {_LETTERS} {_IDEOGRAPHS} ZWJ", "H2": "JV JT PO", "JV": "JV JT PO",
    "H3": "JT PO", "JT": "JT PO", "JL": "H2 H3 JL JV PO", "ID": "PO", "EB": "PO EM", "EM": "PO", "AP": "AL2 AK AS",
    "AK": "VI VF", "AS": "VI VF",
}  # fmt: skip
"""Classes that follow a class without a break unless there is a space between."""
_NEVER_AFTER = {"CL": {"NS"}, "CP1": {"NS"}, "CP2": {"NS"}, "B2": {"B2"}}  # not even after spaces
_GLUE = frozenset(["WJ", "GL", "BB", "QU1"])
_OPENING = frozenset(["OP1", "OP2", "QU2"])
_QUOTES = frozenset(["QU1", "QU2", "QU3"])
_ATTACHED = frozenset(["CM", "ZWJ", "SA"])
_START = frozenset(("BK", "SP", "ZW", "GL"))
_ENDS_QUOTE = frozenset(["BK", "SP", "GL", "WJ", "CL", "QU1", "QU2", "QU3", "CP1", "CP2", "EX", "IS", "SY", "ZW"])
_SYLLABLES = frozenset(["AK", "AL2", "AS"])


@dataclass(slots=True)
class _Classes:
    """The class of each character, and whether it is East Asian, by the rules of one version."""

    unicode: int
    known: dict[str, tuple[str, bool]] = field(default_factory=dict)

    def of(self, character: str) -> tuple[str, bool]:
        """Class and East Asian width of a character."""
        found = self.known.get(character)
        if found is None:
            found = self.known[character] = (self._class(character), self._is_east_asian(character))
        return found

    def _class(self, character: str) -> str:
        point = ord(character)
        changed = (self.unicode >= 17 and _changed(17).get(point)) or _changed(16).get(point)
        if changed:
            return changed
        name = class_of(point)
        if name == "QU":
            return {"Pi": "QU2", "Pf": "QU3"}.get(unicodedata.category(character), "QU1")
        return "ID" if name in ("ID1", "ID2") else name

    def _is_east_asian(self, character: str) -> bool:
        return (
            is_wide(character)
            or unicodedata.east_asian_width(character) == "H"
            or ord(character) in _points(_WIDE_SINCE_16)
        )


@cache
def _changed(version: int) -> dict[int, str]:
    return {
        point: name for name, ranges in (_SINCE_17 if version == 17 else _SINCE_16).items() for point in _points(ranges)
    }


@cache
def _points(ranges: str) -> frozenset[int]:
    pairs = (span.partition("-") for span in ranges.split())
    return frozenset(point for first, _, last in pairs for point in range(int(first, 16), int(last or first, 16) + 1))


@cache
def _breaks_between(before: str, after: str, spaced: bool) -> bool:
    """Whether the classes alone allow a break."""
    if before in _OPENING or after in _NEVER or after in _NEVER_AFTER.get(before, ()):
        return False
    return (
        spaced
        or not (before in _GLUE or after in _CLINGING or after in _AFTER.get(before, "").split())
        or (before in ("BA", "HH", "HY") and after == "GL")
    )


@dataclass(slots=True)
class _Reading:
    """What is known of the text before a character; spaces and attached marks count as part of what they follow."""

    base: str = "BK"  # class of the last character other than a space
    previous: str = "BK"  # class of the previous character
    spaced: bool = False  # whether there is a space after `base`
    joined: bool = False  # whether the previous character is a zero width joiner
    wide: tuple[bool, bool] = (False, False)  # whether the two previous characters are East Asian, the nearer one first
    starts_word: bool = False  # whether the previous character is a hyphen at the start of a word
    number: tuple[bool, bool] = (
        False,
        False,
    )  # whether the text up to the previous character, and before it, is a number
    flags: int = 0  # regional indicators up to here


class LineBreaks:
    """The rules of one version of Unicode: 16 or 17."""

    def __init__(self, unicode: int) -> None:
        self._hyphens = {"HY", "HH"}
        self._letters = {"AL", "AL2", *(["HL"] if unicode >= 17 else [])}
        self._is_17 = unicode >= 17
        self._classes = _Classes(unicode)

    def places(self, text: str) -> list[int]:
        """The offsets at which a line may be broken, in order; the text has no mandatory break."""
        state = _Reading()
        classes = [self._classes.of(character) for character in text]
        ahead = [*classes[1:], ("BK", False), ("BK", False)]
        found = []
        for place, (name, wide) in enumerate(classes):
            if self._breaks(text[place], name, wide, ahead[place : place + 2], state):
                found.append(place)
            self._advance(text[place], name, wide, state)
        return found

    def _breaks(self, character: str, name: str, wide: bool, ahead: list[tuple[str, bool]], state: _Reading) -> bool:
        if name in ("SP", "ZW", "BK") or state.base == "BK":
            return False
        if name in _ATTACHED:
            return state.base == "ZW" or (state.spaced and state.base not in _OPENING)
        if state.base == "ZW" or state.joined:
            return not state.joined
        if name == "IS" and state.previous == "SP" and ahead[0][0] == "NU":  # LB15c
            return True
        if self._holds_together(name, wide, ahead, state):
            return False
        return _allows(character, name, ahead[0][0], state)

    def _holds_together(self, name: str, wide: bool, ahead: list[tuple[str, bool]], state: _Reading) -> bool:
        """Whether a rule about several characters forbids a break."""
        previous = state.previous
        if name in _QUOTES and previous != "SP" and not (state.wide[0] and ahead[0][1]):  # LB19a
            return True
        if previous in _QUOTES and not (state.wide[1] and wide):
            return True
        if state.starts_word and name in self._letters:  # LB20a
            return True
        if previous == "HL-" and name != "HL":  # LB21a
            return True
        return _is_in_number(name, ahead, state) or _is_in_syllable(name, ahead[0][0], previous)

    def _advance(self, character: str, name: str, wide: bool, state: _Reading) -> None:
        before = state.previous
        number = before == "NU" or (state.number[0] and before in ("SY", "IS"))
        if name == "SP":
            state.spaced = True
        elif name == "ZW":
            state.base, state.spaced = "ZW", False
        elif name in _ATTACHED:
            if state.base in ("BK", "ZW") or (state.spaced and state.base not in _OPENING):
                state.base, state.spaced = "AL", False  # LB10
        else:
            if name == "QU2" and not (before in _START or before in _OPENING or before in _QUOTES):  # LB15a
                name = "QU1"
            state.base, state.spaced = name, False
        if name not in ("CM", "ZWJ") or before in ("BK", "SP", "ZW"):
            is_hyphen = name in self._hyphens or character == "\u2010"
            state.starts_word = is_hyphen and before in _START
            state.previous = self._joint(name, before, wide)
            state.wide, state.number = (wide, state.wide[0]), (number, state.number[0])
        state.joined = name == "ZWJ"
        state.flags = state.flags + 1 if name == "RI" else 0

    def _joint(self, name: str, before: str, wide: bool) -> str:
        """The class of a character with what it follows, where rules need it."""
        if name == "VI" and before in _SYLLABLES:
            return "AK VI"
        if before == "HL" and (name in self._hyphens or (name == "BA" and not (wide or self._is_17))):
            return "HL-"
        return name


def _allows(character: str, name: str, following: str, state: _Reading) -> bool:
    """Whether the classes on both sides of a place allow a break, and the few rules that override them."""
    if state.base == "IS" and character == "<":
        return True
    if state.base == name == "RI":  # LB30a
        return state.spaced or state.flags % 2 == 0
    if name == "QU3" and following not in _ENDS_QUOTE:  # LB15b
        name = "QU1"
    return _breaks_between(state.base, name, state.spaced)


def _is_in_number(name: str, ahead: list[tuple[str, bool]], state: _Reading) -> bool:
    """LB25: whether a character continues a number."""
    previous, number = state.previous, state.number
    continues = previous == "NU" or (number[0] and previous in ("SY", "IS"))
    if continues and name in ("PO", "PR", "NU"):
        return True
    if number[0] and previous in ("CL", "CP1", "CP2") and name in ("PO", "PR"):
        return True
    starts = ahead[0][0] == "NU" or (ahead[0][0] == "IS" and ahead[1][0] == "NU")
    return previous in ("PO", "PR") and name in ("OP1", "OP2") and starts


def _is_in_syllable(name: str, following: str, previous: str) -> bool:
    """LB28a: whether a character continues a syllable of a Brahmic script."""
    if previous == "AK VI" and name in ("AK", "AL2"):
        return True
    return following == "VF" and name in _SYLLABLES and previous in _SYLLABLES
