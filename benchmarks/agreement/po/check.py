"""Checks of format strings: 1,500 random messages for each language, judged by every gettext that can be had."""

from __future__ import annotations

import random
import re
from bisect import bisect_right
from collections.abc import Iterator

from benchmarks.agreement import Row
from benchmarks.agreement.po.gettext import Gettext, versions
from virtsmith.po.catalogue import parse_catalogue
from virtsmith.po.check.formats import LANGUAGES
from virtsmith.po.check.messages import check_messages

MESSAGES = 1500
DIRECTIVES = {
    language: words.split()
    for language, words in {
        "c": "%d %s %i %u %ld %5.2f %*d %1$s %2$d %% %c %x %zu %<PRIu64> %m %",
        "objc": "%d %s %@ %ld %5.2f %1$@ %2$d %% %c %",
        "python": "%s %d %f %(name)s %(count)d %% %5.1f %r %*d %(name)d %(a)% %c %",
        "python-brace": "{} {0} {name} {1!r} {name.part} {a[0]} {n:d} {n:>{w}} {{ }} { {0:5}",
        "perl-brace": "{a} {name} {count_1} {} {1} { } {a b}",
        "sh": "$a $name ${count} ${x:-y} $@ $1 $ $$ \\$a ${} ${a",
        "qt": "%1 %2 %L1 %10 %3 %n % %L %99 %%",
        "javascript": "%s %d %1$s %2$d %% %f %5.1f %x %j %c %",
        "lua": "%s %d %q %5.2f %% %x %c %i %-5s % %u %p",
    }.items()
}
FAMILIES = ("nplurals=1; plural=0;", "nplurals=2; plural=n != 1;",
            "nplurals=3; plural=n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2;")  # fmt: skip
REASONS = {
    ("python-brace", True): "before 1.0 gettext takes {} as text and {0:5} as another argument than {0}",
    ("lua", False): "1.0 lets plural forms leave arguments out, earlier versions stop there, and so do we",
}
"""Why a language is not judged as one gettext does: (language, whether that is older than 1.0)."""
_REPORT = re.compile(rb"^<stdin>:(\d+): ", re.MULTILINE)


def rows() -> Iterator[Row]:
    judges = versions()
    for language in LANGUAGES:
        for judge in judges:
            yield _compare(language, judge)


def _compare(language: str, judge: Gettext) -> Row:
    wrong_yes = wrong_no = cases = 0
    for number, plural_forms in enumerate(FAMILIES):
        chance = random.Random(f"{language}{number}")
        data, starts = make_catalogue(language, plural_forms, MESSAGES // len(FAMILIES), chance)
        theirs = faults_of_msgfmt(judge, data, starts)
        ours = {
            index_at(starts, finding.where.line or 0)
            for finding in check_messages(parse_catalogue(data))
            if finding.rule == "PO202"
        }
        cases += len(starts)
        wrong_yes += len(ours - theirs)
        wrong_no += len(theirs - ours)
    reason = REASONS.get((language, judge.version < "1")) if wrong_yes or wrong_no else None
    return Row(f"{language} format strings", f"msgfmt {judge.version}", cases, wrong_yes, wrong_no, reason or "")


def make_catalogue(language: str, plural_forms: str, count: int, chance: random.Random) -> tuple[bytes, list[int]]:
    """A catalogue, and the line where each of its messages starts."""
    text = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: {plural_forms}\\n"\n'
    forms = int(plural_forms[9])
    starts = []
    for number in range(count):
        used = [chance.choice(DIRECTIVES[language]) for _ in range(chance.randint(1, 3))]
        starts.append(text.count("\n") + 2)
        text += f"\n#, {language}-format\n" + _quoted("msgid", f"m{number} {' '.join(used)}")
        if chance.random() < 0.5:
            text += _quoted("msgid_plural", f"p{number} {' '.join(used)}")
            for form in range(forms):
                text += _quoted(f"msgstr[{form}]", _translated(language, used, chance))
        else:
            text += _quoted("msgstr", _translated(language, used, chance))
    return text.encode(), starts


def _translated(language: str, used: list[str], chance: random.Random) -> str:
    changed = list(used)
    what = chance.random()
    if what < 0.25:
        changed.pop(chance.randrange(len(changed)))
    elif what < 0.4:
        changed.append(chance.choice(DIRECTIVES[language]))
    elif what < 0.6:
        changed[chance.randrange(len(changed))] = chance.choice(DIRECTIVES[language])
    elif what < 0.7:
        chance.shuffle(changed)
    return "x " + " ".join(changed)


def _quoted(word: str, text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'{word} "{escaped}"\n'


def faults_of_msgfmt(judge: Gettext, data: bytes, starts: list[int]) -> set[int]:
    """The messages of which msgfmt says that their format strings are wrong."""
    done = judge.run(["msgfmt", "-c", "-o", "/dev/null", "-"], data=data)
    return {index_at(starts, int(line)) for line in _REPORT.findall(done.stderr)} - {-1}


def index_at(starts: list[int], line: int) -> int:
    """The message that a line is part of."""
    return bisect_right(starts, line) - 1
