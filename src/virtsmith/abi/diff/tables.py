"""Comparisons as tables and findings, for all formats alike: what differs, grouped, worst first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from virtsmith.abi.diff.compare import RANK, at_least, difference_order
from virtsmith.abi.diff.history import Course, Lifetime, Timeline
from virtsmith.abi.diff.rule_file import load_rules
from virtsmith.abi.diff.rules import RuleBook, as_text
from virtsmith.abi.diff.side_by_side import binaries_of, rows_of
from virtsmith.abi.diff.verdict import Word, judge
from virtsmith.abi.dump.model import Allowed, Binary, Comparison, Difference, Impact, natural_key
from virtsmith.report.table import Cell, Table, Tone

IMPACT_TONES = {Impact.BREAK: Tone.BAD, Impact.GUEST: Tone.WARN, Impact.REBOOT: Tone.WARN}
WORD_TONES = {
    Word.BREAKS: Tone.BAD, Word.CHANGES: Tone.WARN, Word.AFTER_REBOOT: Tone.WARN, Word.UNJUDGED: Tone.WARN,
    Word.NOTHING_FOUND: Tone.GOOD,
}  # fmt: skip
PLACES = 3
MACHINES = 3
_WIDTH = 48


@dataclass(frozen=True, slots=True)
class Group:
    """The same difference at several places and in several machine types."""

    pair: str
    rule: str
    impact: Impact
    old: str
    new: str
    places: tuple[str, ...]
    machines: tuple[str, ...]
    """Empty for what the binaries say of themselves."""
    allowed: Allowed | None = None


def binary_names(comparisons: Sequence[Comparison]) -> dict[Binary, str]:
    """What to call each binary: by its version, or by its key where several have the same version."""
    binaries = binaries_of(comparisons)
    counts = Counter(each.version for each in binaries)
    return {each: each.version if counts[each.version] == 1 else each.key for each in binaries}


def pair_namer(comparisons: Sequence[Comparison]) -> Callable[[Comparison], str]:
    """A function that names the pair of binaries of a comparison; different pairs have different names."""
    names = binary_names(comparisons)
    return lambda comparison: f"{names[comparison.a]} -> {names[comparison.b]}"


def group(comparisons: Sequence[Comparison], least: Impact = Impact.REBOOT) -> list[Group]:
    """Group differences by rule and values: first over machine types, then over places."""
    pair_of = pair_namer(comparisons)
    machines: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    first: dict[tuple[Any, ...], Difference] = {}
    for comparison in comparisons:
        pair = pair_of(comparison)
        for each in at_least(comparison.differences, least):
            key = (pair, each.rule, as_text(each.old), as_text(each.new), each.allowed, each.place)
            first.setdefault(key, each)
            if comparison.machine is not None:
                machines[key].append(comparison.machine)
    places: dict[tuple[Any, ...], list[Difference]] = defaultdict(list)
    for key, each in first.items():
        found = tuple(sorted(set(machines[key]), key=natural_key))
        places[(*key[:5], found)].append(each)
    groups = []
    for (pair, rule, old, new, allowed, found), members in places.items():
        members.sort(key=difference_order)
        named = tuple(each.place for each in members)
        groups.append(Group(pair, rule, members[0].impact, old, new, named, found, allowed))
    pairs = list(dict.fromkeys(map(pair_of, comparisons)))
    return sorted(groups, key=lambda each: (RANK[each.impact], pairs.index(each.pair), each.rule, each.places))


def verdict_table(comparisons: Sequence[Comparison], title: str = "") -> Table:
    """Machine types by pairs of binaries: the word for each, with the number of differences that matter."""
    pair_of = pair_namer(comparisons)
    pairs = list(dict.fromkeys(map(pair_of, comparisons)))
    rows: dict[str, dict[str, Comparison]] = defaultdict(dict)
    for each in comparisons:
        rows[subject_of(each)][pair_of(each)] = each
    alike: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for name, cells in rows.items():
        alike[tuple(_verdict_cell(cells.get(pair)) for pair in pairs)].append(name)
    return Table.make(
        ["machine type", *pairs], [[names_of(names), *cells] for cells, names in alike.items()], title=title
    )


def subject_of(comparison: Comparison) -> str:
    """What a comparison is about: machine type, devices and accelerator."""
    if comparison.machine is None:
        return "(the binaries)"
    return f"{comparison.machine}, {comparison.devices}, {comparison.accel}"


def names_of(subjects: Sequence[str]) -> str:
    """Several of `subject_of` in short: what they have in common behind the machine type is told once."""
    by_tail: dict[str, list[str]] = defaultdict(list)
    for subject in subjects:
        machine, _, tail = subject.partition(", ")
        by_tail[tail].append(machine)
    parts = [
        shortened(sorted(machines, key=natural_key), MACHINES) + (f" ({tail})" if tail else "")
        for tail, machines in by_tail.items()
    ]
    return "; ".join(parts)


def _verdict_cell(comparison: Comparison | None) -> Cell:
    if comparison is None:
        return Cell("-", Tone.DIM)
    verdict = judge(comparison)
    count = sum(each.impact.matters for each in comparison.standing)
    text = f"{verdict.word.value}{f' ({count})' if count else ''}"
    return Cell(f"{text}, {verdict.allowed} allowed" if verdict.allowed else text, WORD_TONES[verdict.word])


def differences_table(groups: Sequence[Group], title: str = "") -> Table:
    """One row for each group."""
    several = len({each.pair for each in groups}) > 1
    rows = []
    for each in groups:
        old, _, new = each.pair.partition(" -> ")
        values = [each.pair] if several else []
        rows.append([
            Cell(each.impact.value, IMPACT_TONES.get(each.impact, Tone.DIM)), each.rule, *values,
            shortened(each.places, PLACES), cut(each.old), cut(each.new),
            shortened(each.machines, MACHINES),
        ])  # fmt: skip
    old, _, new = groups[0].pair.partition(" -> ") if groups else ("old", "", "new")
    names = ["pair", "place", "old", "new"] if several else ["place", old, new]
    return Table.make(["impact", "rule", *names, "machine types"], rows, title=title)


def allowed_table(groups: Sequence[Group], title: str = "") -> Table:
    """What somebody has allowed, and why."""
    several = len({each.pair for each in groups}) > 1
    rows = []
    for each in groups:
        assert each.allowed is not None  # noqa: S101 - callers choose
        rows.append([
            each.impact.value, each.rule, *([each.pair] if several else []), shortened(each.places, PLACES),
            f"{cut(each.old)} -> {cut(each.new)}", shortened(each.machines, MACHINES), each.allowed.reason,
            each.allowed.by, each.allowed.until,
        ])  # fmt: skip
    pair = ["pair"] if several else []
    columns = ["impact", "rule", *pair, "place", "values", "machine types", "reason", "by", "until"]
    return Table.make(columns, rows, title=title)


def rules_table(groups: Sequence[Group], book: RuleBook | None = None, title: str = "") -> Table:
    """What the rules in some groups mean, and what to do."""
    book = book or load_rules()
    used = dict.fromkeys(each.rule for each in groups)
    rows = [[rule.id, rule.title, rule.reason, rule.fix] for rule in (book[name] for name in used)]
    return Table.make(["rule", "finds", "why", "fix"], rows, title=title, stacked=True)


def counts_line(comparisons: Sequence[Comparison], least: Impact) -> str:
    """How many differences there are below an impact: those that a report leaves out."""
    counts = Counter(each.impact for one in comparisons for each in one.differences)
    hidden = [(impact.value, counts[impact]) for impact in Impact if counts[impact] and RANK[impact] > RANK[least]]
    return ", ".join(f"{count} {name}" for name, count in hidden)


def verdict_lines(comparisons: Sequence[Comparison]) -> list[str]:
    """The verdicts as sentences, with methods and open questions; equal ones are told once."""
    pair_of = pair_namer(comparisons)
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in comparisons:
        alike[pair_of(each), judge(each).text].append(subject_of(each))
    return [f"{pair}, {names_of(names)}: {text}" for (pair, text), names in alike.items()]


def all_tables(comparisons: Sequence[Comparison], least: Impact = Impact.REBOOT) -> list[Table]:
    """Verdicts, differences, values side by side where there are more than two binaries, and the rules."""
    groups = group(comparisons, least)
    standing = [each for each in groups if each.allowed is None]
    allowed = [each for each in groups if each.allowed is not None]
    found = [verdict_table(comparisons)]
    if standing:
        found.append(differences_table(standing, "Differences"))
        if len(binaries_of(comparisons)) > 2:
            found.append(values_table(comparisons, least))
    if allowed:
        found.append(allowed_table(allowed, "Allowed"))
    if groups:
        found.append(rules_table(groups, title="Rules"))
    return found


def values_table(comparisons: Sequence[Comparison], least: Impact) -> Table:
    """What every binary has at each place where two of them differ."""
    rows = [
        [Cell(row.impact.value, IMPACT_TONES.get(row.impact, Tone.DIM)), shortened(row.places, PLACES),
         *map(cut, row.values), shortened(row.machines, MACHINES)]
        for row in rows_of(comparisons, least)
    ]  # fmt: skip
    columns = list(binary_names(comparisons).values())
    return Table.make(["impact", "place", *columns, "machine types"], rows, title="Side by side")


def history_tables(
    timeline: Timeline, lives: Mapping[str, Sequence[Lifetime]], courses: Sequence[Course]
) -> list[Table]:  # fmt: skip
    """Life-times and courses of values."""
    title = f"QEMU {timeline.versions[0]} to {timeline.versions[-1]}, {len(timeline.versions)} versions"
    found = [
        Table.make(
            [section.removesuffix("s"), "introduced", "deprecated", "removed"],
            [[one.name, one.introduced or "before", one.deprecated, one.removed] for one in members],
            title=f"{title}: {section}",
        )
        for section, members in lives.items()
        if members
    ]
    if courses:
        rows = [[one.name, "; ".join(one.steps(timeline.versions))] for one in courses]
        found.append(Table.make(["property", "default since"], rows, title=f"{title}: defaults"))
    return found


def shortened(names: Sequence[str], most: int) -> str:
    """Some names, and how many more there are."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])}, ... {names[-1]} ({len(names)})"


def cut(text: str) -> str:
    """The beginning of a long value."""
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."
