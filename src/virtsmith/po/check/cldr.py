"""The plural forms of languages, as the Unicode CLDR has them for whole numbers."""

from __future__ import annotations

from functools import lru_cache

from virtsmith.po.check.plural import plural_values

_SLAVIC = "n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2"
_FAMILIES = {
    "0": "bm bo dz id ig ii ja jbo jv kde kea km ko lkt lo ms my nqo osa sah ses sg su th to vi wo yo yue zh",
    "n != 1": (
        "af an asa ast az bal bem bez bg brx ca ce cgg chr ckb da de dv ee el en eo es et eu fi fo fur fy gl gsw ha haw"
        " hu ia io it jgo jmc ka kaj kcg kk kkj kl ks ksb ku ky lb lg lij mas mgo ml mn mr nb nd ne nl nn nnh no nr ny"
        " nyn om or os pap ps pt_PT rm rof rwk saq sc scn sd sdh seh sn so sq ss ssy st sv sw syr ta te teo tig tk tn"
        " tr ts ug ur uz ve vec vo vun wae xh xog yi"
    ),
    "n > 1": "ak am as bho bn csw doi fa ff fr gu hi ht hy kab kn ln mg nso pa pcm pt_BR si ti wa zu",
    "n==1 ? 0 : n==2 ? 1 : 2": "he iu naq sat se sma smj smn sms",
    _SLAVIC: "be bs hr ru sr uk",
    "n%10==1 && (n%100<11 || n%100>19) ? 0 : n%10>=2 && (n%100<11 || n%100>19) ? 1 : 2": "lt",
    "n%10==0 || n%100>=11 && n%100<=19 ? 0 : n%10==1 ? 1 : 2": "lv prg",
    "n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3": "dsb hsb sl",
    "n==1 ? 0 : n>=2 && n<=4 ? 1 : 2": "cs sk",
    "n%10!=1 || n%100==11": "is mk",
    "n%10==4 || n%10==6 || n%10==9": "ceb fil",
    "n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5": "ar",
    "n==1 ? 0 : n==2 ? 1 : n>=3 && n<=6 ? 2 : n>=7 && n<=10 ? 3 : 4": "ga",
    "n==1 || n==11 ? 0 : n==2 || n==12 ? 1 : n>2 && n<20 ? 2 : 3": "gd",
    "n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n==3 ? 3 : n==6 ? 4 : 5": "cy",
    "n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2": "pl",
    "n==1 ? 0 : n==0 || n%100>=1 && n%100<=19 ? 1 : 2": "ro",
    "n==1 ? 0 : n==2 ? 1 : n==0 || n%100>=3 && n%100<=10 ? 2 : n%100>=11 && n%100<=19 ? 3 : 4": "mt",
}
EXPRESSIONS = {language: expression for expression, names in _FAMILIES.items() for language in names.split()}
"""What chooses the plural form of a whole number, by language, without forms that only fractions have."""
_MOST_FORMS = 6


def differing_counts(text: str, language: str) -> tuple[int, int, bool] | None:
    """Two numbers of which a header's text and CLDR disagree whether they share a form, and whether CLDR says so.

    None if they agree, or CLDR's forms of the language are not known here.

    Args:
        text: the header's text.
        language: the language, as in ``pt_BR``.

    Raises:
        PluralInvalid: the header has no valid plural forms.
    """
    expression = EXPRESSIONS.get(language) or EXPRESSIONS.get(language.partition("_")[0].partition("@")[0])
    if expression is None:
        return None
    return _first_difference(plural_values(text)[1], _values(expression))


@lru_cache(maxsize=32)
def _values(expression: str) -> tuple[int, ...]:
    return plural_values(f"nplurals={_MOST_FORMS}; plural={expression};")[1]


def _first_difference(own: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, int, bool] | None:
    """The first number whose form is not that of the same earlier numbers in both."""
    firsts_own: dict[int, int] = {}
    firsts_right: dict[int, int] = {}
    for number, (mine, theirs) in enumerate(zip(own, right, strict=True)):
        first, expected = firsts_own.setdefault(mine, number), firsts_right.setdefault(theirs, number)
        if first != expected:
            return (expected, number, True) if expected != number else (first, number, False)
    return None
