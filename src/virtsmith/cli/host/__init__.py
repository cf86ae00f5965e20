"""``virtsmith host``: virtual hosts, from design to proof."""

from __future__ import annotations

import click

from virtsmith.cli.commands import ToolGroup

MODULES: dict[str, tuple[str, ...]] = {
    "design": ("init", "build", "argv", "virt-install", "show", "provision"),
    "export": ("export",),
    "lint": ("lint", "rules"),
    "run": ("up", "down", "list", "console"),
    "twin": ("twin",),
    "verify": ("verify",),
}
"""The commands of each module."""


@click.group(cls=ToolGroup, package=__name__, commands=MODULES)
def group() -> None:
    """Virtual hosts with NUMA, PCI and IOMMU topologies: designed, linted, booted, proven inside the guest."""
