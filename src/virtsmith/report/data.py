"""JSON output: one object that names its schema, ``virtsmith.NAME/1``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from virtsmith.report.report import Report, Screen


def render_report(report: Report, _screen: Screen = Screen()) -> str:  # noqa: B008 - it is frozen
    """Return the data and findings of a report."""
    data = dict(report.data()) if report.data else {}
    if report.findings is not None:
        data["findings"] = [finding.to_dict() for finding in report.findings]
    return tagged(report.name, data)


def tagged(name: str, data: Mapping[str, Any]) -> str:
    """Return data as JSON that names its schema, with sorted keys."""
    return dump({"schema": f"virtsmith.{name}/1", **data}, sort_keys=True)


def dump(data: Any, *, sort_keys: bool = False) -> str:
    """Return data as indented JSON; bytes of file names that are not UTF-8 are escaped."""
    text = json.dumps(data, indent=2, sort_keys=sort_keys, ensure_ascii=False)
    return text.encode(errors="backslashreplace").decode() + "\n"
