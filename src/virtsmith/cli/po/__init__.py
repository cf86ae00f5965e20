"""``virtsmith po``: catalogues between sources, git, translators and programs."""

from __future__ import annotations

import gc

import click

from virtsmith.cli.commands import ToolGroup

MODULES: dict[str, tuple[str, ...]] = {
    "catalogues": ("minimize", "expand", "compile", "install", "convert", "extract"),
    "git": ("merge", "resolve", "clean", "textconv", "git-setup"),
    "platforms": ("push", "pull", "lock", "unlock", "remote-stats"),
    "reports": ("check", "stats", "diff", "savings", "rules"),
}
"""The commands of each module."""


@click.group(cls=ToolGroup, package=__name__, commands=MODULES)
def group() -> None:
    """Keep gettext catalogues minimal and canonical.

    Catalogues are given as files or as folders of them; without any, those of the project are meant (the folder po/,
    or what [tool.virtsmith.po] in pyproject.toml says).
    """
    gc.disable()  # rows by the ten thousand and no cycles: looking for garbage would only cost time
