"""gettext's own check, for the format languages that only it knows."""

from __future__ import annotations

import os
import re

from libvirtxml.findings import Finding

from virtsmith.core.run import find_program, run
from virtsmith.po.check.rules import finding

_MESSAGE = re.compile(r"^[^:]*:(\d+): (.*(?:format|argument).*)$", re.MULTILINE)


def check_with_msgfmt(data: bytes, source: str | None, known: list[Finding]) -> list[Finding]:
    """Add what ``msgfmt -c`` says about format strings, in place of our note that we cannot; unchanged without it."""
    if find_program("msgfmt") is None:
        return known
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": ""}
    done = run(["msgfmt", "--check-format", "-o", "/dev/null", "-"], stdin=data, env=environment, allow=())
    kept = [item for item in known if item.rule != "PO205"]
    seen = {item.where.line for item in kept if item.rule == "PO202"}
    for line, text in _MESSAGE.findall(done.stderr_text):
        if int(line) not in seen:
            kept.append(finding("PO202", "format", text, source, int(line)))
    return kept
