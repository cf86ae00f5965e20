"""``python -m benchmarks.agreement.defines.learn``: measure which traits libvirt refuses, and write the table of them.

A trait (`libvirtxml._impl.definition.traits`) is refused by a release if every mutant that got it was refused, and no
document that has it was ever defined. It is stated as widely as this is true. The mutants are those of one half of the
corpus' domains.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import libvirtxml.definition  # noqa: F401 - declares the rules
from libvirtxml import Domain, parse
from libvirtxml._impl.definition.dated import late_values, releases_knowing
from libvirtxml._impl.definition.measured import MEASURED
from libvirtxml._impl.definition.rule import objections
from libvirtxml._impl.definition.traits import MALFORMED, MISSING, absent, traits_of
from libvirtxml._impl.definition.unread import is_in, unread
from libvirtxml._impl.element import Element
from libvirtxml._impl.tables import ClassInfo

from benchmarks.agreement._domains import domains, is_held_out
from benchmarks.agreement._judge import LineJudge
from benchmarks.agreement._libvirts import libvirts
from benchmarks.agreement.abi.edits import normalised
from benchmarks.agreement.defines.mutants import ET, Prepare, mutants

TABLE = Path("library/src/libvirtxml/_impl/definition/measured.py")
_LEAST = 2
"""Refused mutants that are needed to believe that a trait is refused."""
_LEAST_MISSING = 3
"""The same for parts that are missing, which more often depends on others."""


class Judge(LineJudge):
    """Defines documents."""

    program = Path(__file__).with_name("_define.py")


_BY_FIELD = ("DEF001", "DEF002", "DEF003")
"""Rules that go by the table."""

Judged = tuple[str, str, str, list[str | None]]
"""The field and what was done to it (empty for a document as it was), the document, and what each libvirt says."""
Names = tuple[str, str, str, str]
"""A trait's word, and its field as it is meant, from the widest to the narrowest."""
Table = dict[str, list[str]]
"""Fields by word."""
Learnt = dict[tuple[str, ...], Table]
"""Tables by releases."""


def judged(
    documents: list[bytes],
    judges: Sequence[LineJudge],
    *,
    samples: int,
    seconds: float,
    seed: int,
    prepare: Prepare = normalised,
    cls: type[Element] = Domain,
) -> Iterator[Judged]:
    """Documents that all libvirts define, each followed by its mutants; as many of each kind."""
    chance = random.Random(seed)
    order = list(documents)
    chance.shuffle(order)
    tried: Counter[tuple[str, str]] = Counter()
    end = time.monotonic() + seconds

    def is_wanted(key: str, action: str) -> bool:
        tried[key, action] += 1
        count = tried[key, action]
        return count <= samples or chance.random() < samples / (4 * count)

    for document in order:
        if (root := prepare(document)) is None:
            continue
        text = ET.tostring(root, "unicode")
        answers = [judge.ask(text) for judge in judges]
        yield "", "", text, answers
        if not any(answers):
            for key, action, mutant in mutants(document, is_wanted, prepare, cls):
                yield key, action, mutant, [judge.ask(mutant) for judge in judges]
        if time.monotonic() > end:
            return


_SIZES = ("over8", "over16", "over32", "over63", "over64")
"""Words for sizes: a field that takes none of one takes none that is larger."""


class Evidence:
    """What was seen of traits with one release: how often new ones were refused, and which were ever defined.

    Args:
        words_for_missing: words in libvirt's messages that say that what is missing is the reason.
    """

    def __init__(self, words_for_missing: Collection[str] = ()) -> None:
        self.words_for_missing = words_for_missing
        self.counts: Counter[Names] = Counter()
        self.defined: set[Names] = set()

    def refuse(self, suspected: set[Names], answer: str) -> None:
        """A mutant was refused; a message that names the field is as good as a second one."""
        for names in suspected:
            field = names[3].partition(" ")[0].rpartition("/")[2].removeprefix("@")
            sure = names[0] == MISSING and any(word in answer for word in self.words_for_missing)
            self.counts[names] += _LEAST_MISSING if sure else 2 if f"'{field}'" in answer else 1

    def refused(self) -> set[tuple[str, str]]:
        """The traits that are always refused, each as widely as this is true."""
        found: set[tuple[str, str]] = set()
        for width in (1, 2, 3):
            harmless = {(names[0], names[width]) for names in self.defined}
            counts: Counter[tuple[str, str]] = Counter()
            for names, count in self.counts.items():
                wider = {(names[0], names[i]) for i in range(1, width)}
                if not wider & found:
                    for word in _implied(names[0], is_attribute="/@" in names[3]):
                        counts[word, names[width]] += count
            found |= {
                trait
                for trait, count in counts.items()
                if not _dominates(trait) & harmless and count >= (_LEAST_MISSING if trait[0] == MISSING else _LEAST)
            }
        return found


def _dominates(trait: tuple[str, str]) -> set[tuple[str, str]]:
    """A trait, and for sizes the larger ones: a number that is too small says nothing about others of its size."""
    word, field = trait
    return {(larger, field) for larger in (_SIZES[_SIZES.index(word) :] if word in _SIZES else (word,))}


def _implied(word: str, *, is_attribute: bool) -> Iterable[str]:
    """The words of traits that are refused where this one is; elements without text are often overlooked."""
    if word in MALFORMED:
        return [other for other in MALFORMED if is_attribute or other in (word, "unknown", "shape", "blanks")]
    return _SIZES[_SIZES.index(word) :] if word in _SIZES else (word,)


def suspects(new: set[Names], key: str) -> set[Names]:
    """The traits that may be why a mutant is refused: those of the field that was changed, if it got any."""
    _, _, field = key.partition(".")
    return {names for names in new if names[2].endswith(f".{field}")} or {names for names in new if names[0] != MISSING}


def learn(
    cases: Iterable[Judged],
    releases: list[str],
    cls: type[Element] = Domain,
    words_for_missing: Collection[str] = (),
) -> Learnt:
    """For each set of releases, the traits that they and no others always refuse; for none, what takes anything."""
    evidence = [Evidence(words_for_missing) for _ in releases]
    dispensable: set[str] = set()
    early: set[str] = set()
    before: set[Names] = set()

    def missing(info: ClassInfo, values: Mapping[str, Any]) -> list[str]:
        return [name for name in absent(info, values) if f"{info.model.__name__}.{name}" not in dispensable]

    for key, _, text, answers in cases:
        document = parse(text, cls)
        overlooked = {path for path, _ in unread(document)} if cls is Domain else set()
        traits = [
            (trait.place, (trait.kind, *trait.names))
            for trait in traits_of(document, missing)
            if not is_in(trait.path, overlooked)
        ]
        names = {own for _, own in traits}
        if not key:
            before = names
            taking = {release for release, answer in zip(releases, answers, strict=True) if answer == ""}
            early |= {trait.said for trait, lacking in late_values(document) if not taking.isdisjoint(lacking)}
        explained = _explained(document, releases) if key and any(answers) and cls is Domain else ()
        for release, seen, answer in zip(releases, evidence, answers, strict=True):
            if answer == "":  # what a release does not know it overlooks
                seen.defined |= {own for place, own in traits if release in releases_knowing(place)}
            elif answer and key and release not in explained:
                seen.refuse(suspects(names - before, key), answer)
        if not any(answer is None or answer for answer in answers):
            dispensable |= {name[2] for name in names if name[0] == MISSING}
    refusing: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for release, seen in zip(releases, evidence, strict=True):
        for trait in seen.refused():
            refusing[trait].append(release)
    found: Learnt = {(): {"lenient": sorted(_lenient(evidence)), "early": sorted(early)}}
    for (word, field), which in sorted(refusing.items()):
        found.setdefault(tuple(which), {}).setdefault(word, []).append(field)
    return found


def _explained(document: Element, releases: Collection[str]) -> set[str]:
    """The releases whose refusal of a domain a rule of its own explains: it says nothing about single fields."""
    found = [item for item in objections(document, "domain", "", 0) if item.rule not in _BY_FIELD]
    return {release for item in found for release in item.releases or releases}


def _lenient(evidence: Iterable[Evidence]) -> set[str]:
    """Fields of which text is taken that is not a value, as widely as none such was refused."""
    evidence = list(evidence)
    odd = [names for seen in evidence for names in seen.defined if names[0] in MALFORMED]
    refused = [names for seen in evidence for names in seen.counts if names[0] in MALFORMED]
    strict = {names[width] for names in refused for width in (1, 2)}
    wide = {names[width] for names in odd for width in (1, 2)} - strict
    return wide | {names[3] for names in odd if wide.isdisjoint(names)}


def write(found: Learnt, releases: list[str], path: Path = TABLE, text: str = "") -> None:
    """Write the table; ``text`` is that around it."""
    rows: list[str] = []
    rest = {name: "".join(f'    "{item}",\n' for item in items) for name, items in found.pop(()).items()}
    for which, table in sorted(found.items(), reverse=True):
        words: defaultdict[str, list[str]] = defaultdict(list)
        for word, fields in sorted(table.items()):
            for field in fields:
                words[field].append(word)
        rows.append(f"    {_tuple(which)}: {{\n")
        rows += [f'        "{field}": "{" ".join(words[field])}",\n' for field in sorted(words)]
        rows.append("    },\n")
    path.write_text(
        (text or _TEXT).format(releases=", ".join(releases), measured=_tuple(releases), rows="".join(rows), **rest)
    )


def _tuple(items: Iterable[str]) -> str:
    inside = ", ".join(f'"{item}"' for item in items)
    return f"({inside},)" if inside.count('"') == 2 else f"({inside})"


def main(words: list[str]) -> int:
    """Learn from the corpus for so many seconds (1800, which is enough for all of the half), and write the table."""
    half = [text for text in domains() if not is_held_out(text)]
    with ExitStack() as stack:
        judges = [stack.enter_context(Judge(*server)) for server in stack.enter_context(libvirts())]
        releases = [judge.release for judge in judges]
        if not half or len(releases) < len(MEASURED):
            raise SystemExit("the corpus and all libvirts that were measured before are needed")
        seconds = float(words[0]) if words else 1800
        write(learn(judged(half, judges, samples=10, seconds=seconds, seed=1), releases), releases)
    return 0


_TEXT = '''"""Traits for which libvirt never defines a domain, by the releases that refuse them.

Generated by ``python -m benchmarks.agreement.defines.learn``, which asked libvirt {releases};
not to be edited.
"""

# ruff: noqa: E501 - a row for each field

MEASURED = {measured}
"""The releases that were asked, oldest first."""
REFUSED = {{
{rows}}}  # fmt: skip
"""By field the words for what is refused, see ``traits.py``."""
LENIENT = frozenset({{
{lenient}}})  # fmt: skip
"""Fields of which libvirt takes text that is not a value, and overlooks it."""
EARLY: frozenset[str] = frozenset({{
{early}}})  # fmt: skip
"""Values, as ``Class.field=value``, that libvirt took before its schema did."""
'''


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
