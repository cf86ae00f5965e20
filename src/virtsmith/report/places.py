"""Where findings are, for tools that look the place up: relative to the repository, as a path or as a URI."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from libvirtxml.findings import Finding, Location

from virtsmith.report.report import Report

_UNRESERVED = "/-._~!$&'()*+,;=@"
"""What stays as it is in a path of a URI; a colon does not, since it would end a scheme in a relative one."""


def find_root(start: Path) -> Path:
    """The repository that a directory is in, or the directory itself."""
    start = start.resolve()
    return next((path for path in (start, *start.parents) if (path / ".git").exists()), start)


class Places:
    """Places of the findings of one report, relative to the repository that the working directory is in.

    Code hosting sites look files up from there, whichever directory the command ran in.
    """

    def __init__(self, report: Report) -> None:
        self._root = find_root(Path.cwd())
        self._source = report.source or report.name

    def file(self, finding: Finding) -> Path | None:
        """The file that a finding is in, links resolved; None if it is in no file (standard input, a version)."""
        path = Path(self._named(finding.where))
        return path.resolve() if path.exists() else None

    def path(self, finding: Finding) -> str:
        """The path from the root, absolute outside of it; a name for what is not a file."""
        file = self.file(finding)
        if file is None:
            return self._named(finding.where).strip("<>").lstrip("/")
        return str(file.relative_to(self._root) if file.is_relative_to(self._root) else file)

    def uri(self, finding: Finding) -> str:
        """The same as a URI reference: relative, or ``file://``."""
        path = self.path(finding)
        quoted = quote(os.fsencode(path), safe=_UNRESERVED)
        return f"file://{quoted}" if path.startswith("/") else quoted

    def _named(self, where: Location) -> str:
        return where.file or self._source
