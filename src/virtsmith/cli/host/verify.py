"""``virtsmith host verify``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.host.boot_options import boot_options
from virtsmith.cli.host.facts import read_facts, running_options
from virtsmith.cli.options import INPUT
from virtsmith.cli.output import input_name, progress, read_text
from virtsmith.errors import UsageError
from virtsmith.report.report import Report

if TYPE_CHECKING:
    from virtsmith.host.verify.verdict import Verification


def _check_options(*, facts_given: bool, boot_required: bool, document: Path | None, libvirt: str | None) -> None:
    if facts_given and boot_required:
        raise UsageError("--nested and --traffic boot the host: they cannot be combined with facts from elsewhere")
    if document and not libvirt:
        raise UsageError("--domain needs a libvirt to boot it", hint="use --libvirt qemu:///system")


@examples(
    "virtsmith host verify host.toml",
    "virtsmith host verify numa3-sriov --nested vf",
    "virtsmith host verify host.toml --ssh root@192.0.2.7",
)
@click.command()
@click.argument("spec", type=INPUT)
@click.option(
    "--facts",
    "sources",
    multiple=True,
    type=INPUT,
    metavar="FILE",
    help="Compare these instead of a boot: facts of the probe, or output of numactl --hardware, lspci -t, "
    "lscpu -J, lstopo, dmesg, virsh capabilities, nodedev-dumpxml or nodedev-list. Repeatable.",
)
@running_options
@click.option(
    "--nested",
    is_flag=False,
    flag_value="auto",
    type=click.Choice(["auto", "pf", "vf"]),
    help="Also assign a function (physical, virtual, or either) to a nested guest, and check its traffic.",
)
@click.option("--nested-qemu", metavar="PATH", help="QEMU program to run in the host.  [default: the one on PATH]")
@click.option("--traffic", is_flag=True, help="Every card must get an address from its network.")
@click.option("--kvm", "check_kvm", is_flag=True, help="Load the guest's KVM modules and require /dev/kvm.")
@click.option(
    "--domain",
    "document",
    type=INPUT,
    metavar="DOMAIN.xml",
    help="Boot this domain instead of the spec's own and compare it; needs --libvirt.",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIRECTORY",
    help="Store console, firmware log, frame and errors here.",
)
@boot_options
@findings_output
def verify(
    spec: Path,
    sources: tuple[Path, ...],
    *,
    ssh: str | None,
    agent: Path | None,
    name: str | None,
    nested: str | None,
    nested_qemu: str | None,
    traffic: bool,
    check_kvm: bool,
    keep: Path | None,
    document: Path | None,
    **boot: Any,
) -> Report:
    """Boot a host with a probe inside (or take given facts) and compare what the guest shows with the design.

    Exits with 0 as designed, 1 differs, 4 not supported by this QEMU, 10 the emulator died, 11 hung, 12 facts damaged,
    13 the guest failed, 14 refused at the start.
    """
    from dataclasses import replace

    from virtsmith.cli.host.inputs import load_domain, load_plan
    from virtsmith.host import find_boot_options, gather_facts, verify_host

    plan = load_plan(spec)
    facts_given, boot_required = bool(sources or ssh or agent or name), bool(nested or traffic)
    _check_options(facts_given=facts_given, boot_required=boot_required, document=document, libvirt=boot["libvirt"])
    options = None
    with progress() as shown:
        facts = gather_facts(read_facts(sources), ssh=ssh, agent=agent, host=name)
        if not facts:
            options = find_boot_options(
                **boot, architecture=plan.spec.architecture, progress=shown, keep=keep, check_kvm=check_kvm
            )
        if options and document:
            options = replace(options, document=load_domain(document, read_text(document)))
        how: Any = {"nested": nested, "nested_qemu": nested_qemu, "traffic": traffic, "check_kvm": check_kvm}
        result = verify_host(plan, options, facts=facts, **how, progress=shown)
    return verification_report(result, input_name(spec))


def verification_report(result: Verification, source: str) -> Report:
    """The verdict, with differences from the design as findings."""
    from virtsmith.host.verify.rules import RULES
    from virtsmith.host.views.verdict import verification_cases, verification_findings, verification_text

    return Report(
        "host verify",
        verification_findings(result),
        RULES,
        source,
        text=lambda screen: verification_text(result, colour=screen.colour),
        data=result.to_dict,
        cases=lambda: verification_cases(result),
        exit_code=result.verdict.exit_code,
    )


COMMANDS: tuple[click.Command, ...] = (verify,)
