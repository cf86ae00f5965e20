"""``virtsmith abi history`` and ``rules``."""

from __future__ import annotations

from pathlib import Path

import click

from virtsmith.cli.abi.sources import SOURCES, Wanted, dump_options, load_sources, tables_as_text
from virtsmith.cli.commands import examples
from virtsmith.cli.options import format_option, output_option
from virtsmith.cli.output import say, write_json, write_output
from virtsmith.errors import UsageError


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
@format_option("text", "json", "markdown", "html")
@output_option
def history(
    sources: tuple[str, ...], *, machine: str | None, cpu: str | None, device: str | None, folder: Path | None,
    jobs: int | None, output_format: str, output: Path, changed: bool, fresh: bool,
) -> None:  # fmt: skip
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
    if output_format == "json":
        data = {section: [one.to_dict() for one in found] for section, found in lives.items()}
        data |= {"defaults": [one.to_dict() for one in courses]} if device else {}
        write_json("abi-history", {"versions": list(timeline.versions), **data}, output)
        return
    shown = history_tables(timeline, lives, courses)
    if output_format == "html":
        from virtsmith.report import html

        write_output(html.render_page("What came when, and went", shown), output)
        return
    write_output(tables_as_text(shown, [], output_format, output), output)


@examples("virtsmith abi rules", "virtsmith abi rules ABI-QUEUE-SIZE ABI-LINK-STATUS")
@click.command()
@click.argument("wanted", nargs=-1, metavar="[RULE]...")
@format_option("text", "json", "markdown")
def rules(wanted: tuple[str, ...], output_format: str) -> None:
    """Explain the rules of `abi diff` and `abi machines`: what each finds, why it matters, what to do."""
    from virtsmith.abi.diff.allowances import EXPIRED_RULE, UNUSED_RULE
    from virtsmith.abi.diff.findings import UNJUDGED_RULE
    from virtsmith.abi.diff.rule_file import load_rules
    from virtsmith.abi.diff.tables import catalogue
    from virtsmith.abi.machines import RULES

    names = {name.upper() for name in wanted}
    chosen = [rule for rule in load_rules().rules if not names or rule.id in names]
    about = {"machine types": RULES, "comparisons": (UNJUDGED_RULE, EXPIRED_RULE, UNUSED_RULE)}
    others = {title: [rule for rule in found if not names or rule.id in names] for title, found in about.items()}
    if not chosen and not any(others.values()):
        raise UsageError(f"no such rule: {', '.join(wanted)}", hint="virtsmith abi rules lists them all")
    told = [
        *((one.id, one.impact.value, one.title, one.reason, one.fix) for one in chosen),
        *((one.id, one.severity.value, one.title, one.why, one.fix) for found in others.values() for one in found),
    ]
    if output_format == "json":
        keys = ("id", "impact", "title", "why", "fix")
        write_json("abi-rules", {"rules": [dict(zip(keys, each, strict=True)) for each in told]})
    elif output_format == "markdown":
        write_output(catalogue(chosen, others))
    else:
        blocks = [f"{name} ({impact}): {title}\n  why: {why}\n  fix: {fix}\n" for name, impact, title, why, fix in told]
        write_output("\n".join(blocks))


COMMANDS: tuple[click.Command, ...] = (history, rules)
