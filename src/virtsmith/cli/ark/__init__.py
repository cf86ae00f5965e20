"""``virtsmith ark``: QEMU and libvirt versions side by side."""

from __future__ import annotations

from pathlib import Path

import click

from virtsmith.cli.commands import Commands, ToolGroup

MODULES: Commands = {
    "bisect": {"bisect": "virtsmith.ark.bisect_versions"},
    "build": {
        "catalogue": "virtsmith.ark.ReleaseCatalogue",
        "spec": "virtsmith.ark.make_spec",
        "srpm": "virtsmith.ark.make_source_package",
        "build": "virtsmith.ark.build_version",
    },
    "check": {"check": "virtsmith.ark.check_domain"},
    "install": {
        "install": "virtsmith.ark.install_versions",
        "list": "virtsmith.ark.Ark.installed",
        "remove": "virtsmith.ark.remove_version",
        "clean": "virtsmith.ark.clean_ark",
        "verify": "virtsmith.ark.verify_versions",
        "doctor": "virtsmith.ark.examine",
    },
    "migrate": {"migrate": "virtsmith.ark.migrate_domain"},
    "rules": {"rules": "virtsmith.ark.install.maintain.RULES"},
    "targets": {
        "targets": "virtsmith.ark.Targets",
        "minimum": "virtsmith.ark.plan_minimum",
    },
    "use": {
        "run": "virtsmith.ark.command_line",
        "shell": "virtsmith.ark.variables",
        "env": "virtsmith.ark.variables",
        "daemon": "virtsmith.ark.daemon.start",
    },
}
"""The commands of each module, each with its library function."""


@click.group(cls=ToolGroup, package=__name__, commands=MODULES)
@click.option(
    "--ark",
    "place",
    type=click.Path(path_type=Path),
    envvar="VIRTSMITH_ARK",
    metavar="DIR",
    help="The ark's directory.  [default: $VIRTSMITH_ARK, or the user's data directory]",
)
@click.pass_context
def group(context: click.Context, place: Path | None) -> None:
    """QEMU and libvirt versions side by side."""
    context.obj = place
