"""``virtsmith TOOL rules``: one command for all tools, which explains the ids of findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.findings import page_output
from virtsmith.core.terminal import one_line
from virtsmith.errors import UsageError
from virtsmith.report.report import Page, Report
from virtsmith.report.table import Table

if TYPE_CHECKING:
    from libvirtxml.findings import Rule


@dataclass(frozen=True, slots=True)
class Explained:
    """A rule as a tool explains it, with the tool's name for its weight, and additional data for JSON."""

    rule: Rule
    weight: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    listed: bool = True
    """Whether it is shown without being requested by its id."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        rule = self.rule
        texts = {"id": rule.id, "severity": rule.severity.value, "title": rule.title, "why": rule.why, "fix": rule.fix}
        return {**texts, **self.data}

    @property
    def name(self) -> str:
        """The id with the weight."""
        return f"{self.rule.id} ({self.weight or self.rule.severity.value})"

    @property
    def text(self) -> str:
        """Three lines."""
        lines = (f"{self.name}: {self.rule.title}", f"  why: {self.rule.why}", f"  fix: {self.rule.fix}")
        return "".join(f"{one_line(line)}\n" for line in lines)


def rules_command(tool: str, load: Callable[[], Sequence[Explained]], about: str, *shown: str) -> click.Command:
    """Create the command of a tool; ``load`` is called on use, ``shown`` are ids for its examples."""

    @examples(f"virtsmith {tool} rules", *(f"virtsmith {tool} rules {name}" for name in shown))
    @click.command("rules", help=about)
    @click.argument("names", nargs=-1, metavar="[RULE]...")
    @page_output
    def rules(names: tuple[str, ...]) -> Report:
        chosen = choose(load(), names, f"virtsmith {tool} rules")
        rows = [[finding.name, finding.rule.title, finding.rule.why, finding.rule.fix] for finding in chosen]
        table = Table.make(["rule", "finds", "why", "fix"], rows, stacked=True)
        return Report(
            f"{tool} rules",
            None,
            page=lambda: Page(f"Rules of virtsmith {tool}", [table]),
            text=lambda _: "\n".join(item.text for item in chosen),
            data=lambda: {"rules": [item.to_dict() for item in chosen]},
        )

    return rules


def choose(known: Sequence[Explained], names: Sequence[str], command: str) -> list[Explained]:
    """The rules with the given ids, in upper or lower case; by default those that are listed.

    Raises:
        UsageError: one of the ids is not known.
    """
    if not names:
        return [explained for explained in known if explained.listed]
    by_id = {explained.rule.id.lower(): explained for explained in known}
    unknown = [name for name in names if name.lower() not in by_id]
    if unknown:
        raise UsageError(f"no such rule: {', '.join(unknown)}", hint=f"{command} lists them")
    return [by_id[name.lower()] for name in dict.fromkeys(names)]
