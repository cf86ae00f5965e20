"""Failed real loads as findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from libvirtxml.findings import Finding, Rule, Severity

from virtsmith.abi.dump.model import Load, LoadResult
from virtsmith.abi.migrate.report import STATES, explain

FAILED_RULE = Rule(
    "ABI-LOAD-FAILED",
    "saved state does not load",
    "A real attempt was made: a live migration between these QEMUs fails in the same way.",
    "Run `virtsmith abi diff` on the two, which explains most failures, or `virtsmith abi vm`, which tries remedies.",
)
REFUSED_RULE = Rule(
    "ABI-LOAD-REFUSED",
    "QEMU does not save the state",
    "A device of the machine blocks migration, whatever the other side is.",
    "Remove the device, or shut the guest down before it is moved.",
)
DIED_RULE = Rule(
    "ABI-LOAD-DIED",
    "a QEMU crashed or hung",
    "It is unknown whether the state loads; a real migration may end in the same way.",
    "Read QEMU's message, and report a crash upstream.",
)
RULES = (FAILED_RULE, REFUSED_RULE, DIED_RULE)
_RULE_OF = {LoadResult.FAILED: FAILED_RULE, LoadResult.REFUSED: REFUSED_RULE, LoadResult.DIED: DIED_RULE}


def load_findings(loads: Iterable[Load], names: Mapping[str, str]) -> list[Finding]:
    """Return a finding per failed load; ``names`` are those of binaries, by key."""
    return [_finding(load, _RULE_OF[load.result], names) for load in loads if load.result in _RULE_OF]


def _finding(load: Load, rule: Rule, names: Mapping[str, str]) -> Finding:
    subject = f"{load.machine}, {load.devices}, {load.accel}, {STATES[load.booted]}"
    way = f"QEMU {names[load.saved_by]} -> {names[load.loaded_by]}"
    said = explain(load).partition("\n")[0]
    return Finding(rule.id, Severity.ERROR, subject, f"{way}: {rule.title}{f': {said}' if said else ''}")
