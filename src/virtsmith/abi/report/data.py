"""The content of a report as JSON data: comparisons, each different difference once, rules, life-cycle.

Machine types of one pair of binaries share most of their differences, so differences are in one table and comparisons
refer to them by number; a matrix of 5 binaries and 60 machine types has only a few megabytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from libvirtxml.findings import Rule
from libvirtxml.versions import Version

from virtsmith.abi.diff.verdict import judge
from virtsmith.abi.dump.model import Binary, Comparison, Difference, Dump, natural_key

REPORT_SCHEMA = "virtsmith.abi-report/1"
QEMU_ITSELF = "(QEMU itself)"
"""The name used instead of a machine type for comparisons of binaries themselves."""


def build_report(
    title: str, comparisons: Sequence[Comparison], binary_dumps: Iterable[Dump] = (), rules: Iterable[Rule] = ()
) -> dict[str, Any]:
    """Return the data of a report.

    ``binary_dumps`` are dumps of binaries themselves; the life-cycle comes from their lists of machine types, so they
    may be of many more binaries than those compared. Only rules that occur are included.
    """
    dumps, known = list(binary_dumps), list(rules)
    table = _Interned(known)
    rows = [_comparison(comparison, table) for comparison in comparisons]
    used = {difference["rule"] for difference in table.items}
    compared = {binary.key: binary for comparison in comparisons for binary in (comparison.a, comparison.b)}
    binaries = {**{dump.binary.key: dump.binary for dump in dumps}, **compared}
    return {
        "schema": REPORT_SCHEMA,
        "title": title,
        "binaries": [
            _binary(binary, compared=binary.key in compared) for binary in sorted(binaries.values(), key=_age)
        ],
        "machines": sorted({row["machine"] for row in rows}, key=natural_key),
        "comparisons": rows,
        "differences": table.items,
        "rules": {
            rule.id: {"title": rule.title, "why": rule.why, "fix": rule.fix} for rule in rules if rule.id in used
        },
        "lifecycle": _lifecycle(dumps),
    }


class _Interned:
    """Numbers differences, equal ones the same."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.items: list[dict[str, Any]] = []
        self._numbers: dict[tuple[str, ...], int] = {}
        self._reasons = {rule.id: rule.why for rule in rules}

    def number(self, difference: Difference) -> int:
        values = (repr(difference.old), repr(difference.new), repr(difference.allowed))
        key = (difference.place, difference.rule, difference.evidence, *values)
        if key not in self._numbers:
            self._numbers[key] = len(self.items)
            self.items.append(self._to_data(difference))
        return self._numbers[key]

    def _to_data(self, difference: Difference) -> dict[str, Any]:
        """Return the difference as data, without empty values and what its rule already says."""
        data = difference.to_dict()
        if difference.reason == self._reasons.get(difference.rule):
            del data["reason"]
        return {key: value for key, value in data.items() if key in ("old", "new") or value}


def _comparison(comparison: Comparison, table: _Interned) -> dict[str, Any]:
    kept = [difference for difference in comparison.differences if comparison.machine or _concerns_guests(difference)]
    return {
        **comparison.to_dict(),
        "machine": comparison.machine or QEMU_ITSELF,
        "differences": [table.number(difference) for difference in kept],
        "left_out": len(comparison.differences) - len(kept),
        "verdict": judge(comparison).text,
    }


def _concerns_guests(difference: Difference) -> bool:
    """Whether a difference of two QEMUs themselves belongs in a report about machine types.

    Any two versions differ in thousands of options and device types that one of them does not have.
    """
    return difference.impact.matters or difference.section in ("machines", "cpus")


def _binary(binary: Binary, *, compared: bool) -> dict[str, Any]:
    names = ("key", "version", "package", "sha256", "source")
    return {**{name: getattr(binary, name) for name in names}, "compared": compared}


def _age(binary: Binary) -> tuple[Version, str]:
    return Version.parse(binary.version), binary.key


def _lifecycle(dumps: Sequence[Dump]) -> dict[str, dict[str, str]]:
    """Return for each machine type the binaries that offer it, with an empty text or the reason of a deprecation."""
    found: dict[str, dict[str, str]] = {}
    for dump in dumps:
        section = dump.sections.get("machines")
        if section is None or not section.known:
            continue
        for name, facts in section.data.items():
            if not isinstance(facts, dict):
                continue
            reason = str(facts.get("deprecation-reason") or "deprecated") if facts.get("deprecated") else ""
            found.setdefault(name, {})[dump.binary.key] = reason
    return {name: found[name] for name in sorted(found, key=natural_key)}
