"""``virtsmith ark rules``."""

from __future__ import annotations

import click

from virtsmith.cli.rules import Explained, rules_command


def explained() -> list[Explained]:
    """Every rule that a finding of ``virtsmith ark`` can name."""
    from virtsmith.ark import doctor
    from virtsmith.ark.check import findings
    from virtsmith.ark.install import maintain

    return [Explained(rule) for rule in (*maintain.RULES, *doctor.RULES, *findings.RULES)]


rules = rules_command(
    "ark",
    explained,
    "Explain the rules of `ark verify`, `doctor` and `check`: what each finds, why, what to do.",
    "ARK001",
)

COMMANDS: tuple[click.Command, ...] = (rules,)
