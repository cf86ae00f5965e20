"""``virtsmith xml rules``, and the rules of ``xml check`` for distributions."""

from __future__ import annotations

import click
from libvirtxml.findings import Rule
from libvirtxml.rules import REFUSAL_RULES, RULES, UNKNOWN_RELEASE_RULE

from virtsmith.cli.rules import Explained, rules_command

MACHINE_RULE = Rule(
    "xml-refused-machine",
    "a distribution's QEMU does not have the machine type",
    "The domain does not start there.",
    "Use a machine type that all of them have; `virtsmith abi machines` suggests one.",
)
ACCEPTANCE_RULES = (*REFUSAL_RULES.values(), MACHINE_RULE, UNKNOWN_RELEASE_RULE)
"""Of ``xml check``."""


def explained() -> list[Explained]:
    """Every rule that a finding of ``virtsmith xml`` can name."""
    return [Explained(rule) for rule in (*RULES, MACHINE_RULE)]


rules = rules_command(
    "xml",
    explained,
    "Explain the rules of `xml validate`, `check` and `roundtrip`: what each finds, why, what to do.",
    "xml-unknown-attribute",
)

COMMANDS: tuple[click.Command, ...] = (rules,)
