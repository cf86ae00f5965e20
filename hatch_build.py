"""Compiles the catalogues in po/ into the wheel, with the tool that this project is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogueBuildHook(BuildHookInterface[Any]):
    """Writes src/virtsmith/locale, which git ignores; the same catalogues give the same bytes."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Compile before the files of the wheel are collected."""
        root = Path(self.root)
        sys.path.insert(0, str(root / "src"))
        try:
            from virtsmith.po.install import install_catalogues  # noqa: PLC0415 - it is on the path only now
            from virtsmith.po.project import load_project  # noqa: PLC0415

            project = load_project(root)
            target = root / "src" / "virtsmith" / "locale"
            install_catalogues(project.languages(), project.domain, localedir=str(target))
        finally:
            sys.path.remove(str(root / "src"))
