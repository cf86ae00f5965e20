"""``virtsmith host lint`` and ``rules``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from libvirtxml.findings import worth_failing

from virtsmith.cli.commands import examples
from virtsmith.cli.options import INPUT, format_option
from virtsmith.cli.output import STDIO, colour_wanted, input_name, say, steps, write_json, write_output
from virtsmith.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from libvirtxml.versions import Version


@examples("virtsmith host lint web.xml", "virsh dumpxml web | virtsmith host lint - --qemu 9.0 --format sarif")
@click.command()
@click.argument("domains", nargs=-1, required=True, type=INPUT, metavar="DOMAIN.xml...")
@click.option(
    "--qemu", metavar="[qemu@]VERSION|PATH", help="The QEMU that is to run it: some rules depend on its version."
)
@click.option("--fix", is_flag=True, help="Mend in place what can be mended safely, then report what remains.")
@click.option("-n", "--dry-run", is_flag=True, help="With --fix: write the mended document to standard output instead.")
@format_option("text", "json", "sarif", "junit")
def lint(domains: tuple[Path, ...], qemu: str | None, output_format: str, *, fix: bool, dry_run: bool) -> int:
    """Check the topology of any domain XML against numbered rules.

    Exits with 1 if an error or a warning was found. `virtsmith host rules` explains the rules.
    """
    from virtsmith.cli.host.inputs import edit_domain
    from virtsmith.host.lint.rule import Context
    from virtsmith.host.lint.run import RULES, lint_domain, mend_domain

    if dry_run and (not fix or len(domains) != 1):
        raise UsageError("--dry-run goes with --fix and one document")
    context = Context(_version(qemu) if qemu else None)
    findings = []
    mended: list[str] = []
    with steps("linting", domains) as paths:
        for path in paths:
            change = edit_domain(path)
            if fix and (applied := mend_domain(change.document, context)):
                change.finish()
                write_output(change.data, STDIO if dry_run else path, check=change.check)
                mended.append(f"{input_name(path)}: mended {', '.join(applied)}")
            findings += lint_domain(change.document, context, text=change.data, source=input_name(path))
    for line in mended:
        say(line)
    if output_format == "json":
        write_json("host-lint", {"findings": [each.to_dict() for each in findings]})
    elif not dry_run:
        from virtsmith.report import junit, sarif
        from virtsmith.report import text as plain

        rendered = {
            "text": lambda: plain.render_findings(findings, colour=colour_wanted()),
            "sarif": lambda: sarif.render_findings(findings, [each.rule for each in RULES]),
            "junit": lambda: junit.render_findings("virtsmith host lint", findings),
        }
        write_output(rendered[output_format]())
    return ExitCode.FINDINGS if worth_failing(findings) else ExitCode.OK


def _version(qemu: str) -> Version:
    from libvirtxml.versions import Version

    from virtsmith.qemu.version import qemu_release

    if "/" in qemu or qemu.startswith("qemu-"):
        return qemu_release(qemu).number
    return Version.parse(qemu.removeprefix("qemu@"))


@examples("virtsmith host rules")
@click.command()
@click.argument("wanted", nargs=-1, metavar="[RULE]...")
@format_option("text", "json")
def rules(wanted: tuple[str, ...], output_format: str) -> None:
    """Explain the lint rules: what each demands, why, and how to mend a breach."""
    from virtsmith.host.lint.run import RULES

    chosen = [each for each in RULES if not wanted or each.rule.id in {name.upper() for name in wanted}]
    if not chosen:
        raise UsageError(f"no such rule: {', '.join(wanted)}", hint="virtsmith host rules lists them all")
    if output_format == "json":
        items = [
            {
                "id": each.rule.id, "title": each.rule.title, "why": each.rule.why, "fix": each.rule.fix,
                "severity": each.rule.severity.value, "mendable": each.repair is not None,
            }
            for each in chosen
        ]  # fmt: skip
        write_json("host-rules", {"rules": items})
        return
    blocks = [
        f"{each.rule.id} ({each.rule.severity.value}{', --fix' if each.repair else ''}): {each.rule.title}\n"
        f"  why: {each.rule.why}\n  fix: {each.rule.fix}\n"
        for each in chosen
    ]
    write_output("\n".join(blocks))


COMMANDS: tuple[click.Command, ...] = (lint, rules)
