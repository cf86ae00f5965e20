"""Verdicts on a booted host: each way in which it can end has its own name and exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from libvirtxml.findings import Finding

from virtsmith.errors import ExitCode
from virtsmith.host.facts.model import Facts


class HostVerdict(Enum):
    """How the verification of a host ended: its name, its exit code, its meaning."""

    OK = ("as-designed", ExitCode.OK, "as designed")
    DIFFERS = ("differs", ExitCode.FINDINGS, "differs from the design")
    UNSUPPORTED = ("unsupported", ExitCode.MISSING, "not supported by this QEMU")
    DIED = ("emulator-died", ExitCode.EMULATOR_DIED, "the emulator died")
    HUNG = ("hung", ExitCode.GUEST_HUNG, "the guest hung")
    DAMAGED = ("facts-damaged", ExitCode.FACTS_DAMAGED, "the guest's facts arrived damaged")
    GUEST_FAILED = ("guest-failed", ExitCode.GUEST_FAILED, "the guest failed")
    REFUSED = ("refused", ExitCode.START_REFUSED, "refused at the start")

    def __init__(self, word: str, exit_code: ExitCode, meaning: str) -> None:
        self.word = word
        self.exit_code = exit_code
        self.meaning = meaning


@dataclass(frozen=True, slots=True)
class BootResult:
    """One boot (the last of several attempts), with everything needed to understand and repeat it."""

    verdict: HostVerdict
    reason: str = ""
    """One sentence on why the verdict is not ``OK``."""
    facts: Facts | None = None
    attempts: int = 1
    seconds: float = 0.0
    accel: str = "tcg"
    command_line: str = ""
    phase: str = ""
    """How far it got: emulator, firmware, kernel, probe, facts."""
    status: int | None = None
    console: str = field(default="", repr=False)
    firmware: str = field(default="", repr=False)
    errors: str = field(default="", repr=False)

    def last_lines(self, count: int = 12) -> Sequence[str]:
        """The last lines of the console, or of the firmware log if the console stayed empty."""
        return [line for line in (self.console.strip() or self.firmware.strip()).splitlines() if line.strip()][-count:]


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict on a host: how it booted, and what differs from the design."""

    name: str
    verdict: HostVerdict
    findings: tuple[Finding, ...] = ()
    checked: tuple[str, ...] = ()
    """Kinds of facts that were compared."""
    unknown: tuple[str, ...] = ()
    """Kinds of facts that were not collected: neither equal nor different."""
    unproven: tuple[str, ...] = ()
    """Keys of the design that no fact has proven or refuted, as a spec writes them."""
    boot: BootResult | None = None

    def to_dict(self) -> dict[str, Any]:
        """The verification as JSON data."""
        data: dict[str, Any] = {
            "host": self.name,
            "verdict": self.verdict.word,
            "findings": [finding.to_dict() for finding in self.findings],
            "checked": list(self.checked),
            "unknown": list(self.unknown),
            "unproven": list(self.unproven),
        }
        if self.boot is not None:
            boot = self.boot
            data["boot"] = {
                "accel": boot.accel,
                "attempts": boot.attempts,
                "seconds": round(boot.seconds, 1),
                "phase": boot.phase,
                "reason": boot.reason,
                "status": boot.status,
                "command": boot.command_line,
                "console": list(boot.last_lines()) if self.verdict is not HostVerdict.OK else [],
                "errors": boot.errors.strip().splitlines()[-5:],
            }
        return data
