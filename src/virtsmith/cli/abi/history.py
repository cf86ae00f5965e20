"""``virtsmith abi history`` and ``rules``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from virtsmith.cli.abi.requests import SOURCES, request_options
from virtsmith.cli.commands import examples
from virtsmith.cli.findings import page_output
from virtsmith.cli.output import progress, say
from virtsmith.cli.rules import Explained, rules_command
from virtsmith.report.report import Page, Report

if TYPE_CHECKING:
    from virtsmith.abi import DumpRequest


@examples(
    "virtsmith abi history recordings/*.replies qemu@11.1 --machine 'pc-q35-*'",
    "virtsmith abi history dumps --device 'virtio-*-pci.*queue*' --changed",
    "virtsmith abi history dumps --cpu 'Skylake*'",
)
@click.command()
@click.argument("sources", nargs=-1, required=True, metavar=f"{SOURCES}...")
@click.option(
    "-m", "--machine", metavar="GLOB", help="Machine types to follow.  [default: all, if nothing else is given]"
)
@click.option("--cpu", metavar="GLOB", help="CPU models to follow.")
@click.option("--device", metavar="TYPE[.PROPERTY]", help="Defaults of device properties to follow; may be patterns.")
@click.option("--changed", is_flag=True, help="Only what differs between versions.")
@request_options
@page_output
def history(
    sources: tuple[str, ...],
    *,
    request: DumpRequest,
    machine: str | None,
    cpu: str | None,
    device: str | None,
    changed: bool,
) -> Report:
    """Follow machine types, CPU models or defaults over any number of QEMU versions.

    Recordings of QEMU's answers (libvirt's *.replies files) can be used like QEMU itself; `virtsmith abi diff --help`
    lists other sources.
    """
    from virtsmith.abi import trace_history
    from virtsmith.abi.diff.tables import history_tables

    with progress() as shown:
        found = trace_history(
            sources, request, machine=machine, cpu=cpu, device=device, changed=changed, progress=shown
        )
    if not found:
        say("nothing matches")
    page = Page("What was added and removed when", history_tables(found.timeline, found.lives, found.courses or []))
    return Report("abi history", None, page=lambda: page, data=found.to_dict)


def explained() -> list[Explained]:
    """Every rule that a finding of ``virtsmith abi`` can name."""
    from virtsmith.abi.diff.allowances import EXPIRED_RULE, UNUSED_RULE
    from virtsmith.abi.diff.findings import UNJUDGED_RULE
    from virtsmith.abi.diff.rule_file import load_rules
    from virtsmith.abi.machines import RULES
    from virtsmith.abi.migrate.findings import RULES as LOAD_RULES
    from virtsmith.abi.vm.findings import OBSTACLE_RULE

    others = (*RULES, *LOAD_RULES, OBSTACLE_RULE, UNJUDGED_RULE, EXPIRED_RULE, UNUSED_RULE)
    return [
        *(Explained(rule.as_rule(), rule.impact.value, {"impact": rule.impact.value}) for rule in load_rules().rules),
        *(Explained(rule) for rule in others),
    ]


rules = rules_command(
    "abi",
    explained,
    "Explain the rules of `virtsmith abi`: what each finds, why it matters, what to do.",
    "ABI-QUEUE-SIZE ABI-LINK-STATUS",
)

COMMANDS: tuple[click.Command, ...] = (history, rules)
