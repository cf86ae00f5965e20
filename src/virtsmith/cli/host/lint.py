"""``virtsmith host lint`` and ``rules``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.options import INPUT
from virtsmith.cli.output import STDIO, input_name, say, steps, write_output
from virtsmith.cli.rules import Explained, rules_command
from virtsmith.errors import UsageError
from virtsmith.report.report import Report

if TYPE_CHECKING:
    from libvirtxml.findings import Finding
    from libvirtxml.versions import Version

    from virtsmith.host.lint.rule import LintRule


@examples("virtsmith host lint web.xml", "virsh dumpxml web | virtsmith host lint - --qemu 9.0 --format sarif")
@click.command()
@click.argument("domains", nargs=-1, required=True, type=INPUT, metavar="DOMAIN.xml...")
@click.option(
    "--qemu", metavar="[qemu@]VERSION|PATH", help="The QEMU that will run it: some rules depend on its version."
)
@click.option(
    "--libvirt",
    metavar="VERSION[..VERSION]",
    help="The libvirt that will define it, or several: what they all do by themselves is not reported.",
)
@click.option("--fix", is_flag=True, help="Apply safe fixes in place, then report what remains.")
@click.option(
    "-n",
    "--dry-run",
    is_flag=True,
    help="With --fix: change no file; write the fixed document to -o.",
)
@findings_output
def lint(domains: tuple[Path, ...], qemu: str | None, libvirt: str | None, *, fix: bool, dry_run: bool) -> Report:
    """Check the topology of any domain XML against numbered rules.

    Exits with 1 if an error or a warning was found. `virtsmith host rules` explains the rules.
    """
    from virtsmith.cli.host.inputs import edit_domain
    from virtsmith.host.lint.rule import LintContext
    from virtsmith.host.lint.run import RULES, fix_domain, lint_domain

    if dry_run and not fix:
        raise UsageError("--dry-run needs --fix")
    beside = dry_run or (fix and STDIO in domains)
    if beside and len(domains) != 1:
        raise UsageError("only one fixed document can be written", hint="leave out --dry-run and standard input")
    context = LintContext(_version(qemu) if qemu else None, _oldest(libvirt) if libvirt else None)
    findings: list[Finding] = []
    fixed: list[str] = []
    document = None
    with steps("linting", domains) as paths:
        for path in paths:
            change = edit_domain(path)
            if fix and (applied := fix_domain(change.document, context)):
                change.finish()
                if not beside:
                    write_output(change.data, path, check=change.check)
                fixed.append(f"{input_name(path)}: fixed {', '.join(applied)}")
            document = change.data if beside else None
            findings += lint_domain(change.document, context, text=change.data, source=input_name(path))
    for line in fixed:
        say(line)
    return Report("host lint", findings, [rule.rule for rule in RULES.values()], document=document)


def _version(qemu: str) -> Version:
    from libvirtxml.versions import Version

    from virtsmith.qemu.version import qemu_release

    if "/" in qemu or qemu.startswith("qemu-"):
        return qemu_release(qemu).number
    return Version.parse(qemu.removeprefix("qemu@"))


def _oldest(libvirt: str) -> Version:
    """The first of a range of releases."""
    from libvirtxml.versions import Version

    return Version.parse(libvirt.partition("..")[0].removeprefix("libvirt@"))


def explained() -> list[Explained]:
    """Every rule that a finding of ``virtsmith host`` can name."""
    from virtsmith.host.lint.run import RULES
    from virtsmith.host.notes import EXPORTS, rules_of
    from virtsmith.host.verify.rules import RULES as VERIFY_RULES

    others = [*VERIFY_RULES, *rules_of("twin", *EXPORTS)]
    return [
        *map(_explained, RULES.values()),
        *(Explained(rule, data={"fixable": False}, listed=False) for rule in others),
    ]


def _explained(rule: LintRule) -> Explained:
    fixable = rule.repair is not None
    weight = f"{rule.rule.severity.value}{', --fix' if fixable else ''}"
    return Explained(rule.rule, weight, {"fixable": fixable})


rules = rules_command(
    "host",
    explained,
    "Explain the rules of `host lint`: what each requires, why, and how to fix what violates it.\n\nThose of"
    " `host verify`, `twin` and `export` are explained if they are given, as in verify/nodes.",
    "VH001",
)

COMMANDS: tuple[click.Command, ...] = (lint, rules)
