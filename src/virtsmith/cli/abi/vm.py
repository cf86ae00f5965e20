"""``virtsmith abi vm``: the question for one VM."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.abi.requests import STATES, allow_option, dumps_option, state_options
from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output, say_findings
from virtsmith.cli.options import INPUT
from virtsmith.cli.output import input_name, progress
from virtsmith.errors import ExitCode
from virtsmith.report.report import Lines, Page, Report

if TYPE_CHECKING:
    from virtsmith.abi.vm.check import VmReport


@examples(
    "virtsmith abi vm web.xml --from debian-12 --to debian-13",
    "virtsmith abi vm web.xml --from qemu@10.0 --to qemu@11.1",
    "virsh dumpxml web | virtsmith abi vm - --from system --to qemu@11.1 --json",
    "virtsmith abi vm web.xml --from qemu@10.0 --to qemu@11.1 --allow abi-allow.toml",
)
@click.command()
@click.argument("document", type=INPUT, metavar="DOMAIN.xml")
@click.option(
    "--from",
    "source",
    required=True,
    metavar="SIDE",
    help="What the VM runs on: debian-12, libvirt@9.0+qemu@7.2, qemu@7.2.",
)
@click.option("--to", "target", required=True, metavar="SIDE", help="What to migrate to.")
@state_options
@click.option("--accel", type=click.Choice(["tcg", "kvm"]), default="tcg", show_default=True, help="Accelerator.")
@dumps_option
@allow_option
@click.option("-j", "--jobs", type=click.IntRange(1, 256), help="Trials at once.  [default: one per processor]")
@findings_output
def vm(
    document: Path,
    *,
    source: str,
    target: str,
    state: str,
    accel: str,
    directory: Path | None,
    allow: tuple[Path, ...],
    jobs: int | None,
) -> Report:
    """Can this VM migrate from one host to another? The state of its hardware is saved, loaded and compared.

    Where both sides have a libvirt (a distribution, or a libvirt and a QEMU), the document itself is also moved from
    one private libvirt to the other, saved and restored and live, and each layer has its verdict.
    If it does not load, the devices at fault are determined, and changes that may avoid the failure are tried: those
    listed as helping have been loaded. Disks, networks and screens are replaced by empty ones. Exits with 1 if the
    VM's state does not load, whatever is allowed, or if a guest can notice the migration.
    """
    from virtsmith.abi import check_vm, load_allowances
    from virtsmith.cli.xml.inputs import read_domain

    allowances = load_allowances(allow)
    domain = read_domain(document)
    with progress() as shown:
        report = check_vm(
            domain,
            source,
            target,
            states=STATES[state],
            accel=accel,
            directory=directory,
            jobs=jobs,
            name=input_name(document),
            allowances=allowances,
            progress=shown,
        )
    say_findings(report.allowance_findings)
    return vm_report(report, domain.name or input_name(document), input_name(document))


def vm_report(report: VmReport, name: str, source: str) -> Report:
    """The answer for a VM in sentences and tables, and obstacles to migration as findings."""
    from virtsmith.abi.diff.findings import UNJUDGED_RULE
    from virtsmith.abi.diff.rule_file import load_rules
    from virtsmith.abi.migrate.findings import RULES
    from virtsmith.abi.vm.findings import RULES as VM_RULES
    from virtsmith.abi.vm.findings import vm_findings
    from virtsmith.abi.vm.report import headline, sentences, tables

    def page() -> Page:
        hardware = report.hardware
        answer = Lines([headline(report, name), *sentences(report)])
        left_out = [str(part) for part in hardware.left_out] if hardware is not None else []
        more = [Lines(left_out, "Not tried")] if left_out else []
        more += [Lines(report.stack.stand_ins, "Stand-ins")] if report.stack and report.stack.stand_ins else []
        more += [Lines(hardware.notes, "Replaced or assumed")] if hardware is not None and hardware.notes else []
        return Page(f"Can {name} move?", [answer, *tables(report), *more])

    return Report(
        "abi vm",
        vm_findings(report),
        [*(rule.as_rule() for rule in load_rules().rules), *RULES, UNJUDGED_RULE, *VM_RULES],
        source,
        page,
        data=lambda: {"vm": name, "answer": headline(report, name), **report.to_dict()},
        exit_code=ExitCode.OK if report.is_fine else ExitCode.FINDINGS,
    )


COMMANDS: tuple[click.Command, ...] = (vm,)
