"""A project's choices about the rules, read from ``[tool.virtsmith.po]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from libvirtxml.findings import Severity

from virtsmith.po.check.levels import CheckChoices

if TYPE_CHECKING:
    from virtsmith.core.config import ConfigTable

_LEVELS: Mapping[str, Severity | None] = {"off": None, **{str(severity): severity for severity in Severity}}


def read_choices(settings: ConfigTable) -> CheckChoices:
    """The choices of a project: its table ``levels``, and ``accelerator``.

    Raises:
        ConfigError: there is no such rule or level.
    """
    table, accelerator = settings.table("levels"), settings.text("accelerator") or CheckChoices().accelerator
    levels = {}
    if table is not None:
        from virtsmith.po.check.rules import RULES  # noqa: PLC0415 - slow to import, and few projects choose levels

        for name in list(table):
            if name not in RULES:
                raise table.error(name, f"no rule named {name}", "`virtsmith po rules` lists them")
            levels[name] = _LEVELS[table.text(name, choices=_LEVELS) or "off"]
    return CheckChoices(levels, accelerator)
