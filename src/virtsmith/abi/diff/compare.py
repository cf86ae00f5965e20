"""Comparison of two dumps of one machine type, section by section."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from libvirtxml.versions import Version

from virtsmith.abi.collect.section import QEMU_SECTIONS, evidence_of
from virtsmith.abi.diff.registers import register_name
from virtsmith.abi.diff.rule_file import load_rules
from virtsmith.abi.diff.rules import Judge, RuleBook, RuleContext, as_number
from virtsmith.abi.diff.streams import find_stream_changes
from virtsmith.abi.diff.walk import TreeDifference, find_changes
from virtsmith.abi.dump.model import Binary, Comparison, Difference, Dump, Impact, Section, SectionStatus, natural_key
from virtsmith.errors import UsageError

RENAMED = "ABI-RENAMED"
"""The rule for keys that have two names in the rule book."""

_natural = cache(natural_key)
RANK = {impact: number for number, impact in enumerate(Impact)}
"""The rank of each impact, worst first."""

_WORDS = {
    SectionStatus.UNSUPPORTED: "cannot report it",
    SectionStatus.NOT_RECORDED: "not recorded",
    SectionStatus.CRASHED: "crashed when queried",
}
_ZERO = "00"
SAME_TOPOLOGY = "same topology"
"""The kind of a difference between two spellings of one CPU topology."""
TOPOLOGY_BIT = "topology bit"
"""The kind of a difference in a bit of CPUID that follows from the topology."""
_TOPOLOGY_BITS = {"0x1.EDX": 28, "0x80000001.ECX": 1}
"""HTT and CMP_LEGACY: AMD64 Architecture Programmer's Manual, volume 3, appendix E."""


def compare_dumps(a: Dump, b: Dump, rules: RuleBook | None = None) -> Comparison:
    """Compare two dumps of one machine type; the order matters: ``a`` saves the state and ``b`` loads it.

    Raises:
        UsageError: they are not of the same machine type, devices and accelerator.
    """
    for name in ("machine", "devices", "accel"):
        if getattr(a, name) != getattr(b, name) and not (name == "accel" and a.machine is None):
            raise UsageError(
                f"dumps with different {name} cannot be compared: {getattr(a, name)} and {getattr(b, name)}"
            )
    book = rules or load_rules()
    judge = book.judge(RuleContext(_version(a.binary), _version(b.binary), a.accel))
    types = {**_device_types(b), **_device_types(a)}
    differences: list[Difference] = []
    unjudged: dict[str, str] = {}
    for section in sorted({*a.sections, *b.sections}):
        problem = why_unjudged(section, a, b)
        if problem:
            unjudged[section] = problem
            continue
        old, new = a.sections[section].data, b.sections[section].data
        try:
            differences += _judge(section, old, new, types=types, judge=judge)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            unjudged[section] = f"not in the format of dumps: {error}"
    differences.sort(key=difference_order)
    compared = sorted({*a.sections, *b.sections} - unjudged.keys())
    return Comparison(a.machine, a.devices, a.accel, a.binary, b.binary, differences, unjudged, compared=compared)


def difference_order(difference: Difference) -> tuple[Any, ...]:
    """Return a sort key: worst first, then by place, in natural order."""
    path = [_natural(part) for part in difference.path] if difference.impact.matters else difference.path
    return RANK[difference.impact], difference.section, path


def at_least(differences: Iterable[Difference], least: Impact) -> list[Difference]:
    """Return the differences that are at least as bad as an impact."""
    shown = {impact for impact in Impact if RANK[impact] <= RANK[least]}
    return [difference for difference in differences if difference.impact in shown]


def why_unjudged(section: str, a: Dump, b: Dump) -> str:
    """Return why a section of two dumps cannot be compared; empty if it can.

    A section that neither side can report is unjudged as well.
    """
    if a.accel != b.accel and section in QEMU_SECTIONS and QEMU_SECTIONS[section].of_accelerator:
        return f"depends on the accelerator: {a.accel} and {b.accel}"
    problems = []
    for dump in (a, b):
        part = dump.sections.get(section)
        if part is None or not part.known:
            problems.append(f"QEMU {dump.binary.version}: {_status(part)}")
    return "; ".join(dict.fromkeys(problems))


def _status(part: Section | None) -> str:
    if part is None:
        return "not in the dump"
    return _WORDS[part.status] + (f" ({part.detail.strip().splitlines()[-1]})" if part.detail.strip() else "")


def _judge(section: str, old: Any, new: Any, *, types: Mapping[str, str], judge: Judge) -> list[Difference]:
    asked = evidence_of(section)
    old, found = _rename(section, old, new, judge.book)
    for change in _find_changes(section, old, new):
        device_type = _device_type(section, change, types, old, new)
        rule = judge.find(section, device_type, change)
        evidence = f"{asked}: {change.kind}" if change.kind else asked
        found.append(
            Difference(
                section,
                change.path,
                change.old,
                change.new,
                rule.impact,
                rule.id,
                rule.reason,
                evidence,
                device_type,
                change.kind,
            )
        )
    return found


def _find_changes(section: str, old: Any, new: Any) -> Iterator[TreeDifference]:
    if section == "vmstate":
        yield from find_stream_changes(old, new)
        return
    changes = find_changes(old, new)
    decoded = {change.path[:1] for change in changes if not _is_raw(change)}
    for change in changes:
        if section == "pci" and len(change.path) > 1 and change.path[-1].startswith("0x"):
            name = register_name(new[change.path[0]], int(change.path[-1], 16))
            yield TreeDifference(change.path, change.old or _ZERO, change.new or _ZERO, name)  # dumps omit zero bytes
        elif section == "props" and change.path[-1:] == ("smp",) and is_same_topology(change.old, change.new):
            yield TreeDifference(change.path, change.old, change.new, SAME_TOPOLOGY)
        elif section == "cpu" and _is_of_topology(change):
            yield TreeDifference(change.path, change.old, change.new, TOPOLOGY_BIT)
        elif section != "acpi" or not _is_raw(change) or change.path[:1] not in decoded:
            yield change


def is_same_topology(old: Any, new: Any) -> bool:
    """Whether two values of the machine's ``smp`` differ only in levels that one side does not list and that are 1.

    Example:
        >>> is_same_topology("cores=2,cpus=2", "cores=2,cpus=2,modules=1")
        True
        >>> is_same_topology("cores=2,cpus=2", "cores=1,cpus=2,modules=2")
        False
    """
    if not isinstance(old, str) or not isinstance(new, str):
        return False
    sides = [
        {name: value for name, _, value in (word.partition("=") for word in text.split(","))} for text in (old, new)
    ]
    levels = {*sides[0], *sides[1]}
    return all(sides[0].get(level, "1") == sides[1].get(level, "1") for level in levels)


def _is_of_topology(change: TreeDifference) -> bool:
    """Whether the only bit that differs in a word of CPUID says that a package has several CPUs."""
    bit = _TOPOLOGY_BITS.get("".join(change.path[-1:]))
    old, new = as_number(change.old), as_number(change.new)
    return bit is not None and old is not None and new is not None and old ^ new == 1 << bit


def _is_raw(change: TreeDifference) -> bool:
    """Whether this is the raw content of an ACPI table, shown only if no field shows how the tables differ."""
    return len(change.path) == 2 and change.path[1] == "raw"


def _rename(section: str, old: Any, new: Any, book: RuleBook) -> tuple[Any, list[Difference]]:
    """Rename the keys of ``old`` to the names that ``new`` uses."""
    names: dict[str, str] = {}
    found = []
    for rename in book.renames:
        if rename.section not in ("*", section):
            continue
        for before, after in ((rename.old, rename.new), (rename.new, rename.old)):
            for key in [key for key in old if before in key and key not in new]:
                to = re.sub(rf"(?<![\w-]){re.escape(before)}(?![\w-])", after, key)
                if to in new and to not in old and to not in names.values():
                    names[key] = to
                    rule = book[RENAMED]
                    asked = evidence_of(section)
                    found.append(Difference(section, (to,), key, to, rule.impact, rule.id, rename.reason, asked))
    return ({names.get(key, key): value for key, value in old.items()} if names else old), found


def _device_types(dump: Dump) -> dict[str, str]:
    part = dump.sections.get("props")
    if part is None:
        return {}
    return {key: str(tree.get("@type", "")) for key, tree in part.data.items() if isinstance(tree, dict)}


def _device_type(section: str, change: TreeDifference, types: Mapping[str, str], old: Any, new: Any) -> str:
    """Return the type of the device that a place belongs to; empty if it belongs to none."""
    key = change.path[0]
    if section in ("devices", "vmstate"):
        return key
    if section == "pci":
        tree = old.get(key) or new.get(key)
        key = tree.get("@device", "") if isinstance(tree, dict) else ""
    return types.get(key, "")


def _version(binary: Binary) -> Version:
    return Version.parse(binary.version)
