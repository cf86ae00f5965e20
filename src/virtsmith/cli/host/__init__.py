"""``virtsmith host``: virtual hosts, from design to verification."""

from __future__ import annotations

import click

from virtsmith.cli.commands import Commands, ToolGroup

MODULES: Commands = {
    "design": {
        "init": "virtsmith.host.example_text",
        "build": "virtsmith.host.build_domain",
        "argv": "virtsmith.host.qemu_argv",
        "virt-install": "virtsmith.host.virt_install_argv",
        "show": "virtsmith.host.show_text",
        "provision": "virtsmith.host.provision_script",
    },
    "export": {"export": "virtsmith.host.export_host"},
    "lint": {
        "lint": "virtsmith.host.lint_domain",
        "rules": "virtsmith.host.lint.run.RULES",
    },
    "run": {
        "up": "virtsmith.host.start_host",
        "down": "virtsmith.host.end_host",
        "list": "virtsmith.host.list_hosts",
        "console": "virtsmith.host.find_host",
    },
    "twin": {"twin": "virtsmith.host.make_twin"},
    "verify": {"verify": "virtsmith.host.verify_host"},
}
"""The commands of each module, each with its library function."""


@click.group(cls=ToolGroup, package=__name__, commands=MODULES)
def group() -> None:
    """Virtual hosts with NUMA, PCI and IOMMU topologies: designed, linted, booted, verified inside the guest."""
