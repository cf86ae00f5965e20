"""``virtsmith host export``."""

from __future__ import annotations

from pathlib import Path

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.options import INPUT
from virtsmith.cli.output import input_name
from virtsmith.report.report import Report

_TITLES = {
    "kcli": "Plan for kcli", "kubevirt": "Manifests for KubeVirt", "nova": "Commands for OpenStack Nova",
    "nova-compute": "Configuration of Nova on the host",
}  # fmt: skip


@examples(
    "virtsmith host export numa3 --to kubevirt -o numa3.yaml",
    "virtsmith host export host.toml --to kcli",
    "virtsmith host export numa3-sriov --to nova-compute",
)
@click.command()
@click.argument("spec", type=INPUT)
@click.option("--to", "target", required=True, type=click.Choice(list(_TITLES)), help="The product to write for.")
@findings_output
def export(spec: Path, *, target: str) -> Report:
    """Write a spec for a product that makes virtual machines itself: kcli, KubeVirt or OpenStack Nova.

    kcli is a plan, kubevirt the manifests of a virtual machine and of a hook that gives it its topology, nova the
    commands for flavor, image, ports and instance; nova-compute is the configuration of Nova *on* the host, for what it
    can hand to instances. Exits with 1 if the product cannot express something: standard error and the head of the
    result say what.
    """
    from virtsmith.cli.host.inputs import load_plan
    from virtsmith.host.export.kcli import export_kcli
    from virtsmith.host.export.kubevirt import export_kubevirt
    from virtsmith.host.export.nova import export_nova, export_nova_compute
    from virtsmith.host.notes import EXPORTS, rules_of

    make = {"kcli": export_kcli, "kubevirt": export_kubevirt, "nova": export_nova, "nova-compute": export_nova_compute}
    plan = load_plan(spec)
    result = make[target](plan)
    text = result.text(f"{_TITLES[target]}: the virtual host {plan.spec.name}.")
    return Report("host export", result.findings, rules_of(*EXPORTS), input_name(spec), document=text)


COMMANDS: tuple[click.Command, ...] = (export,)
