"""The judge of what is kept: a libvirt that defines documents, and shows what it stored."""

from __future__ import annotations

from pathlib import Path

from benchmarks.agreement._judge import LineJudge


class Judge(LineJudge):
    """Answers a document with the definition that is stored; None if it refuses it."""

    program = Path(__file__).with_name("_keep.py")
