"""``virtsmith po``: catalogues between sources, git, translators and programs."""

from __future__ import annotations

import gc

import click

from virtsmith.cli.commands import Commands, ToolGroup

MODULES: Commands = {
    "catalogues": {
        "minimize": "virtsmith.po.minimize_files",
        "expand": "virtsmith.po.expand_files",
        "compile": "virtsmith.po.compile_files",
        "install": "virtsmith.po.install_domains",
        "convert": "virtsmith.po.convert_files",
        "extract": "virtsmith.po.extract_project",
    },
    "builds": {
        "build-files": "virtsmith.po.write_build_file",
        "merge-desktop": "virtsmith.po.merge_desktop",
    },
    "git": {
        "merge": "virtsmith.po.merge_in_project",
        "resolve": "virtsmith.po.resolve_conflict",
        "clean": "virtsmith.po.minimize.minimize",
        "textconv": "virtsmith.po.readable",
        "git-setup": "virtsmith.po.git.set_up",
    },
    "platforms": {
        "push": "virtsmith.po.push",
        "pull": "virtsmith.po.pull",
        "lock": "virtsmith.po.select_platform",
        "unlock": "virtsmith.po.select_platform",
        "remote-stats": "virtsmith.po.select_platform",
    },
    "reports": {
        "check": "virtsmith.po.check_files",
        "stats": "virtsmith.po.measure_project",
        "diff": "virtsmith.po.compare_versions",
        "savings": "virtsmith.po.measure_sizes",
        "rules": "virtsmith.po.check.rules.RULES",
    },
}
"""The commands of each module, each with its library function."""


@click.group(cls=ToolGroup, package=__name__, commands=MODULES)
def group() -> None:
    """Keep gettext catalogues minimal and canonical.

    Catalogues are given as files or directories; the default are those of the project (in the directory po/, or as
    [tool.virtsmith.po] in pyproject.toml says).
    """
    gc.disable()  # tens of thousands of rows without cycles: garbage collection would only cost time
