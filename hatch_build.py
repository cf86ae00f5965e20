"""What the wheel holds beside the code: manual pages and shell completions, made by our code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildHook(BuildHookInterface[Any]):
    """Writes build/shared, which git ignores; the same sources give the same bytes."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make everything before the files of the wheel are collected."""
        if version != "standard":  # an editable installation needs no manual
            return
        root = Path(self.root)
        sources = [str(root / "src"), str(root / "library" / "src")]
        sys.path[:0] = sources
        try:
            from virtsmith.cli.app import cli  # noqa: PLC0415 - it is on the path only now
            from virtsmith.cli.manual import write_shared_files  # noqa: PLC0415

            build_data["shared_data"].update(write_shared_files(cli, root / "build" / "shared"))
        finally:
            del sys.path[: len(sources)]
