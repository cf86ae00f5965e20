"""Comparisons as tables, for all formats: the differences, grouped, worst first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from virtsmith.abi.diff.compare import RANK, at_least, difference_order
from virtsmith.abi.diff.history import DefaultHistory, Lifetime, Timeline
from virtsmith.abi.diff.rule_file import load_rules
from virtsmith.abi.diff.rules import RuleBook, as_text
from virtsmith.abi.diff.side_by_side import binaries_of, rows_of
from virtsmith.abi.diff.verdict import VerdictWord, judge
from virtsmith.abi.dump.model import Approval, Binary, Comparison, Difference, Impact, natural_key
from virtsmith.report.table import Cell, Table, Tone

IMPACT_TONES = {Impact.BREAK: Tone.BAD, Impact.GUEST: Tone.WARN, Impact.REBOOT: Tone.WARN}
WORD_TONES = {
    VerdictWord.BREAKS: Tone.BAD,
    VerdictWord.CHANGES: Tone.WARN,
    VerdictWord.AFTER_REBOOT: Tone.WARN,
    VerdictWord.UNJUDGED: Tone.WARN,
    VerdictWord.NOTHING_FOUND: Tone.GOOD,
}
PLACES = 3
MACHINES = 3
_WIDTH = 48


@dataclass(frozen=True, slots=True)
class DifferenceGroup:
    """The same difference in several places and machine types."""

    pair: str
    rule: str
    impact: Impact
    old: str
    new: str
    places: tuple[str, ...]
    machines: tuple[str, ...]
    """Empty for differences of the binaries themselves."""
    allowed: Approval | None = None


def binary_names(comparisons: Sequence[Comparison]) -> dict[Binary, str]:
    """Return the name of each binary: its version, or its key if several have the same version."""
    binaries = binaries_of(comparisons)
    counts = Counter(binary.version for binary in binaries)
    return {binary: binary.version if counts[binary.version] == 1 else binary.key for binary in binaries}


def pair_namer(comparisons: Sequence[Comparison]) -> Callable[[Comparison], str]:
    """Return a function that names the pair of a comparison; different pairs have different names."""
    names = binary_names(comparisons)
    return lambda comparison: f"{names[comparison.a]} -> {names[comparison.b]}"


def group(comparisons: Sequence[Comparison], least: Impact = Impact.REBOOT) -> list[DifferenceGroup]:
    """Group differences by rule and values: first over machine types, then over places."""
    pair_of = pair_namer(comparisons)
    machines: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    first: dict[tuple[Any, ...], Difference] = {}
    for comparison in comparisons:
        pair = pair_of(comparison)
        for difference in at_least(comparison.differences, least):
            key = (
                pair,
                difference.rule,
                as_text(difference.old),
                as_text(difference.new),
                difference.allowed,
                difference.place,
            )
            first.setdefault(key, difference)
            if comparison.machine is not None:
                machines[key].append(comparison.machine)
    places: dict[tuple[Any, ...], list[Difference]] = defaultdict(list)
    for key, difference in first.items():
        found = tuple(sorted(set(machines[key]), key=natural_key))
        places[(*key[:5], found)].append(difference)
    groups = []
    for (pair, rule, old, new, allowed, found), members in places.items():
        members.sort(key=difference_order)
        named = tuple(member.place for member in members)
        groups.append(DifferenceGroup(pair, rule, members[0].impact, old, new, named, found, allowed))
    pairs = list(dict.fromkeys(map(pair_of, comparisons)))
    return sorted(groups, key=lambda row: (RANK[row.impact], pairs.index(row.pair), row.rule, row.places))


def verdict_table(comparisons: Sequence[Comparison], title: str = "") -> Table:
    """Return a table of machine types by pairs: the verdict, with the number of differences that matter."""
    pair_of = pair_namer(comparisons)
    pairs = list(dict.fromkeys(map(pair_of, comparisons)))
    rows: dict[str, dict[str, Comparison]] = defaultdict(dict)
    for comparison in comparisons:
        rows[subject_of(comparison)][pair_of(comparison)] = comparison
    alike: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for name, cells in rows.items():
        alike[tuple(_verdict_cell(cells.get(pair)) for pair in pairs)].append(name)
    return Table.make(
        ["machine type", *pairs], [[names_of(names), *cells] for cells, names in alike.items()], title=title
    )


def subject_of(comparison: Comparison) -> str:
    """Return what a comparison is about: machine type, devices and accelerator."""
    if comparison.machine is None:
        return "(the binaries)"
    return f"{comparison.machine}, {comparison.devices}, {comparison.accel}"


def names_of(subjects: Sequence[str]) -> str:
    """Abbreviate several subjects: what follows the machine type is printed once if it is the same."""
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
    count = sum(difference.impact.matters for difference in comparison.standing)
    text = f"{verdict.word.value}{f' ({count})' if count else ''}"
    return Cell(f"{text}, {verdict.allowed} allowed" if verdict.allowed else text, WORD_TONES[verdict.word])


def differences_table(groups: Sequence[DifferenceGroup], title: str = "") -> Table:
    """Return a table with one row per group."""
    several = len({row.pair for row in groups}) > 1
    rows = []
    for finding in groups:
        old, _, new = finding.pair.partition(" -> ")
        values = [finding.pair] if several else []
        rows.append(
            [
                Cell(finding.impact.value, IMPACT_TONES.get(finding.impact, Tone.DIM)),
                finding.rule,
                *values,
                shortened(finding.places, PLACES),
                cut(finding.old),
                cut(finding.new),
                shortened(finding.machines, MACHINES),
            ]
        )
    old, _, new = groups[0].pair.partition(" -> ") if groups else ("old", "", "new")
    names = ["pair", "place", "old", "new"] if several else ["place", old, new]
    return Table.make(["impact", "rule", *names, "machine types"], rows, title=title)


def allowed_table(groups: Sequence[DifferenceGroup], title: str = "") -> Table:
    """Return a table of allowed differences, with the reasons."""
    several = len({row.pair for row in groups}) > 1
    rows = []
    for finding in groups:
        assert finding.allowed is not None  # noqa: S101 - callers choose
        rows.append(
            [
                finding.impact.value,
                finding.rule,
                *([finding.pair] if several else []),
                shortened(finding.places, PLACES),
                f"{cut(finding.old)} -> {cut(finding.new)}",
                shortened(finding.machines, MACHINES),
                finding.allowed.reason,
                finding.allowed.by,
                finding.allowed.until,
            ]
        )
    pair = ["pair"] if several else []
    columns = ["impact", "rule", *pair, "place", "values", "machine types", "reason", "by", "until"]
    return Table.make(columns, rows, title=title)


def rules_table(groups: Sequence[DifferenceGroup], book: RuleBook | None = None, title: str = "") -> Table:
    """Return a table of the rules in some groups: what they mean, and what to do."""
    book = book or load_rules()
    used = dict.fromkeys(finding.rule for finding in groups)
    rows = [[rule.id, rule.title, rule.reason, rule.fix] for rule in (book[name] for name in used)]
    return Table.make(["rule", "finds", "why", "fix"], rows, title=title, stacked=True)


def counts_line(comparisons: Sequence[Comparison], least: Impact) -> str:
    """Return lines with the number of differences below an impact, which a report omits."""
    counts = Counter(difference.impact for comparison in comparisons for difference in comparison.differences)
    hidden = [(impact.value, counts[impact]) for impact in Impact if counts[impact] and RANK[impact] > RANK[least]]
    return ", ".join(f"{count} {name}" for name, count in hidden)


def verdict_lines(comparisons: Sequence[Comparison]) -> list[str]:
    """Return the verdicts as sentences, with methods and open questions; equal ones are merged."""
    pair_of = pair_namer(comparisons)
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for comparison in comparisons:
        alike[pair_of(comparison), judge(comparison).text].append(subject_of(comparison))
    return [f"{pair}, {names_of(names)}: {text}" for (pair, text), names in alike.items()]


def all_tables(comparisons: Sequence[Comparison], least: Impact = Impact.REBOOT) -> list[Table]:
    """Return the tables of verdicts, differences, values side by side (for more than two binaries), and rules."""
    groups = group(comparisons, least)
    standing = [row for row in groups if row.allowed is None]
    allowed = [row for row in groups if row.allowed is not None]
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
    """Return a table of the value in every binary at each place where two of them differ."""
    rows = [
        [
            Cell(row.impact.value, IMPACT_TONES.get(row.impact, Tone.DIM)),
            shortened(row.places, PLACES),
            *map(cut, row.values),
            shortened(row.machines, MACHINES),
        ]
        for row in rows_of(comparisons, least)
    ]
    columns = list(binary_names(comparisons).values())
    return Table.make(["impact", "place", *columns, "machine types"], rows, title="Side by side")


def history_tables(
    timeline: Timeline, lives: Mapping[str, Sequence[Lifetime]], courses: Sequence[DefaultHistory]
) -> list[Table]:
    """Return the tables of lifetimes and of default values."""
    title = f"QEMU {timeline.versions[0]} to {timeline.versions[-1]}, {len(timeline.versions)} versions"
    found = [
        Table.make(
            [section.removesuffix("s"), "introduced", "deprecated", "removed"],
            [[member.name, member.introduced or "before", member.deprecated, member.removed] for member in members],
            title=f"{title}: {section}",
        )
        for section, members in lives.items()
        if members
    ]
    if courses:
        rows = [[course.name, "; ".join(course.steps(timeline.versions))] for course in courses]
        found.append(Table.make(["property", "default since"], rows, title=f"{title}: defaults"))
    return found


def shortened(names: Sequence[str], most: int) -> str:
    """Return some of the names, and their number."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])}, ... {names[-1]} ({len(names)})"


def cut(text: str) -> str:
    """Return the start of a long value."""
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."
