"""``virtsmith host export``."""

from __future__ import annotations

from pathlib import Path

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.options import INPUT
from virtsmith.cli.output import input_name
from virtsmith.report.report import Report

PRODUCTS = ("kcli", "kubevirt", "nova", "nova-compute")
"""The names in `virtsmith.host.export.products`, which is only imported on use."""


@examples(
    "virtsmith host export numa3 --to kubevirt -o numa3.yaml",
    "virtsmith host export host.toml --to kcli",
    "virtsmith host export numa3-sriov --to nova-compute",
)
@click.command()
@click.argument("spec", type=INPUT)
@click.option("--to", "target", required=True, type=click.Choice(PRODUCTS), help="The product to write for.")
@findings_output
def export(spec: Path, *, target: str) -> Report:
    """Export a spec to a product that creates virtual machines: kcli, KubeVirt or OpenStack Nova.

    kcli is a plan, kubevirt the manifests of a virtual machine and of a hook that adds its topology, nova the commands
    for flavor, image, ports and instance; nova-compute is the configuration of Nova *on* the host, for devices that it
    can assign to instances. Exits with 1 if the product cannot express something, which standard error and the top of
    the result list.
    """
    from virtsmith.cli.host.inputs import load_plan
    from virtsmith.host import export_host
    from virtsmith.host.notes import EXPORTS, rules_of

    result = export_host(load_plan(spec), target)
    return Report("host export", result.findings, rules_of(*EXPORTS), input_name(spec), document=result.text)


COMMANDS: tuple[click.Command, ...] = (export,)
