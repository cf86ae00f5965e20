"""``virtsmith abi history`` and ``rules``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from virtsmith.cli.abi.sources import SOURCES, Wanted, dump_options, load_sources
from virtsmith.cli.commands import examples
from virtsmith.cli.findings import page_output
from virtsmith.cli.output import say
from virtsmith.cli.rules import Explained, rules_command
from virtsmith.errors import UsageError
from virtsmith.report.report import Page, Report


@examples(
    "virtsmith abi history recordings/*.replies qemu@11.1 --machine 'pc-q35-*'",
    "virtsmith abi history dumps --device 'virtio-*-pci.*queue*' --changed",
    "virtsmith abi history dumps --cpu 'Skylake*'",
)
@click.command()
@click.argument("sources", nargs=-1, required=True, metavar=f"{SOURCES}...")
@click.option(
    "-m", "--machine", metavar="GLOB", help="Machine types to follow.  [default: all, if nothing else is asked]"
)
@click.option("--cpu", metavar="GLOB", help="CPU models to follow.")
@click.option("--device", metavar="TYPE[.PROPERTY]", help="Defaults of device properties to follow; patterns are fine.")
@click.option("--changed", is_flag=True, help="Only what is not the same in all versions.")
@dump_options
@page_output
def history(
    sources: tuple[str, ...], *, machine: str | None, cpu: str | None, device: str | None, folder: Path | None,
    jobs: int | None, changed: bool, fresh: bool,
) -> Report:  # fmt: skip
    """Follow machine types, CPU models or defaults over any number of QEMU versions.

    Recordings of QEMU's answers (libvirt's *.replies files) do as well as QEMU itself; see `virtsmith abi diff --help`
    for what else can be named.
    """
    from virtsmith.abi.diff.history import Timeline
    from virtsmith.abi.diff.sets import ITSELF
    from virtsmith.abi.diff.tables import history_tables

    wanted = Wanted((), (), None, folder, jobs, fresh=fresh)
    timeline = Timeline.of(
        dump for each in load_sources(sources, wanted, binaries_only=True) if (dump := each.find(ITSELF)) is not None
    )
    if not timeline.versions:
        raise UsageError("none of these is a dump of a QEMU itself", hint="name a QEMU, a recording or binary.json")
    asked = {"machines": machine, "cpus": cpu} if machine or cpu or device else {"machines": "*"}
    lives = {section: timeline.lifetimes(section, pattern) for section, pattern in asked.items() if pattern}
    courses = timeline.courses(device) if device else []
    if changed:
        lives = {section: [one for one in found if one.changes] for section, found in lives.items()}
        courses = [one for one in courses if one.changes]
    if not courses and not any(lives.values()):
        say("nothing fits")

    def data() -> dict[str, Any]:
        found = {section: [one.to_dict() for one in lifetimes] for section, lifetimes in lives.items()}
        defaults = {"defaults": [one.to_dict() for one in courses]} if device else {}
        return {"versions": list(timeline.versions), **found, **defaults}

    page = Page("What came when, and went", history_tables(timeline, lives, courses))
    return Report("abi history", None, page=lambda: page, data=data)


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
        *(Explained(one.as_rule(), one.impact.value, {"impact": one.impact.value}) for one in load_rules().rules),
        *(Explained(rule) for rule in others),
    ]


rules = rules_command(
    "abi", explained, "Explain the rules of `virtsmith abi`: what each finds, why it matters, what to do.",
    "ABI-QUEUE-SIZE ABI-LINK-STATUS",
)  # fmt: skip

COMMANDS: tuple[click.Command, ...] = (history, rules)
