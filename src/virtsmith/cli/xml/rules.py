"""``virtsmith xml rules``: the rules that findings of the tool name."""

from __future__ import annotations

import click
from libvirtxml.rules import RULES

from virtsmith.cli.rules import Explained, rules_command
from virtsmith.cli.xml.acceptance import LOST_RULE, MACHINE_RULE, RUNNING_RULE
from virtsmith.cli.xml.kept import KEPT_RULES


def explained() -> list[Explained]:
    """Every rule that a finding of ``virtsmith xml`` can name."""
    from libvirtxml.definition import RULES as DEFINITION_RULES

    declared = (entry.rule for entry in DEFINITION_RULES.values())
    return [Explained(rule) for rule in (*RULES, MACHINE_RULE, RUNNING_RULE, LOST_RULE, *KEPT_RULES, *declared)]


rules = rules_command(
    "xml",
    explained,
    "Explain the rules of `xml validate`, `check` and `roundtrip`: what each finds, why, what to do.",
    "xml-unknown-attribute",
)

COMMANDS: tuple[click.Command, ...] = (rules,)
