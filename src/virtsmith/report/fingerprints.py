"""Fingerprints, which identify a finding even after other lines of its file have changed."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from libvirtxml.findings import Finding

from virtsmith.report.places import Places

_WINDOW = 100
_FACTOR = 37
_BITS = (1 << 64) - 1
_LEAVING = pow(_FACTOR, _WINDOW, 1 << 64)
"""The factor of a code unit when it leaves the window."""
_END = 0xFFFF
"""Marks the end of the text."""


def content_fingerprints(findings: Sequence[Finding], places: Places) -> list[str]:
    """Return a hash of rule, file, subject, message and number of occurrence for each finding.

    Line numbers are not part of it, so it does not change when a finding moves.
    """
    seen: Counter[str] = Counter()
    found = []
    for finding in findings:
        content = "\0".join((finding.rule, places.path(finding), finding.subject, finding.message))
        seen[content] += 1
        text = f"{content}\0{seen[content]}"
        found.append(hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32])
    return found


def partial_fingerprints(findings: Sequence[Finding], places: Places) -> list[dict[str, str]]:
    """Return SARIF's ``partialFingerprints`` for each finding; they are unique among the findings of a rule.

    ``primaryLocationLineHash``, which GitHub uses, is the fingerprint of the line if the finding has a line.
    """
    files: dict[Path | None, list[str]] = {}
    taken: set[tuple[str, str]] = set()
    found = []
    for finding, content in zip(findings, content_fingerprints(findings, places), strict=True):
        file = places.file(finding) if finding.where.line else None
        if file not in files:
            files[file] = _lines_of(file)
        lines, number = files[file], finding.where.line or 0
        line = lines[number - 1] if 0 < number <= len(lines) else ""
        if not line or (finding.rule, line) in taken:
            line = f"{content[:16]}:1"
        taken.add((finding.rule, line))
        found.append({"primaryLocationLineHash": line, "virtsmithFinding/v1": content})
    return found


def _lines_of(file: Path | None) -> list[str]:
    try:
        return line_fingerprints(file.read_bytes().decode(errors="replace")) if file else []
    except OSError:
        return []


def line_fingerprints(text: str) -> list[str]:
    """Return a fingerprint for each line of a text, as GitHub's code scanning upload action computes them.

    It is a hash of the next 100 UTF-16 code units from the start of the line, without blanks and tabs, and how often
    that hash has occurred so far. If it differed from GitHub's, the action would warn about every result.

    Example:
        >>> line_fingerprints("")
        ['c129715d7a2bc9a3:1']
    """
    lines = [_units(line) for line in re.split("\r\n|\r|\n", text)]
    stream = [unit for line in lines for unit in (*line, ord("\n"))]
    stream[-1:] = [_END, *[0] * _WINDOW]
    sums = list(accumulate(stream, lambda total, unit: (total * _FACTOR + unit) & _BITS, initial=0))
    seen: Counter[int] = Counter()
    found, start = [], 0
    for line in lines:
        value = (sums[start + _WINDOW] - sums[start] * _LEAVING) & _BITS
        seen[value] += 1
        found.append(f"{value:x}:{seen[value]}")
        start += len(line) + 1
    return found


def _units(line: str) -> list[int]:
    data = line.replace(" ", "").replace("\t", "").encode("utf-16-le", errors="surrogatepass")
    return [int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)]
