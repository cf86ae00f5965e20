"""What the wheel holds beside the code: compiled catalogues, manual pages, shell completions; all made by our code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildHook(BuildHookInterface[Any]):
    """Writes src/virtsmith/locale and build/shared, which git ignores; the same sources give the same bytes."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make everything before the files of the wheel are collected."""
        root = Path(self.root)
        sys.path.insert(0, str(root / "src"))
        try:
            self._compile_catalogues(root)
            if version == "standard":  # an editable installation needs no manual
                self._write_manual(root, build_data)
        finally:
            sys.path.remove(str(root / "src"))

    def _compile_catalogues(self, root: Path) -> None:
        from virtsmith.po.install import install_catalogues  # noqa: PLC0415 - it is on the path only now
        from virtsmith.po.project import load_project  # noqa: PLC0415

        project = load_project(root)
        install_catalogues(project.languages(), project.domain, localedir=str(root / "src" / "virtsmith" / "locale"))

    def _write_manual(self, root: Path, build_data: dict[str, Any]) -> None:
        from virtsmith.cli.app import cli  # noqa: PLC0415
        from virtsmith.cli.manual import write_shared_files  # noqa: PLC0415

        build_data["shared_data"].update(write_shared_files(cli, root / "build" / "shared"))
