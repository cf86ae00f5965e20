"""Locations of findings for code hosting sites: relative to the repository, as a path or a URI."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from libvirtxml.findings import Finding, Location

from virtsmith.report.report import Report

_UNRESERVED = "/-._~!$&'()*+,;=@"
"""Characters not quoted in the path of a URI. A colon is quoted: in a relative reference it would end a scheme."""


def find_root(start: Path) -> Path:
    """Return the root of the repository that contains a directory, or the directory itself."""
    start = start.resolve()
    return next((path for path in (start, *start.parents) if (path / ".git").exists()), start)


class Places:
    """Locations of the findings of a report, relative to the repository that contains the working directory.

    Code hosting sites resolve paths from there, whichever directory the command ran in.
    """

    def __init__(self, report: Report) -> None:
        self._root = find_root(Path.cwd())
        self._source = report.source or report.name

    def file(self, finding: Finding) -> Path | None:
        """Return the resolved path of a finding's file; None if it is not in a file (standard input, a version)."""
        path = Path(self._named(finding.where))
        return path.resolve() if path.exists() else None

    def path(self, finding: Finding) -> str:
        """Return the path from the root, or absolute if outside; the source's name if it is not a file."""
        file = self.file(finding)
        if file is None:
            return self._named(finding.where).strip("<>").lstrip("/")
        return str(file.relative_to(self._root) if file.is_relative_to(self._root) else file)

    def uri(self, finding: Finding) -> str:
        """Return the path as a URI reference: relative, or ``file://``."""
        path = self.path(finding)
        quoted = quote(os.fsencode(path), safe=_UNRESERVED)
        return f"file://{quoted}" if path.startswith("/") else quoted

    def _named(self, where: Location) -> str:
        return where.file or self._source
