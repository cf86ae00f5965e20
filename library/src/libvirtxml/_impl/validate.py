"""Validation of documents: against libvirt's RELAX NG schemas, and by the rules of what it defines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from libvirtxml._impl.definition.problems import definition_problems
from libvirtxml._impl.schema_validation import examine
from libvirtxml.findings import Finding


def validate(source: Any, schemas: Path | None = None) -> list[Finding]:
    """Check a document.

    What libvirt defines is asked in any case: its parser refuses what no schema forbids.

    Args:
        source: as for `parse`.
        schemas: a directory of RELAX NG schemas of some libvirt release. Without it the document is checked against the
            model alone, and a note in the result says that rules of combination were not checked.

    Raises:
        XMLError: the document cannot be read, or is none of libvirt's.
        MissingError: the directory has no schema for it.
    """
    document = examine(source, schemas)
    known = [(item.subject, item.message) for item in document.findings]
    problems = definition_problems(document.element, known)
    return [document.in_file(found) for found in (*document.findings, *map(document.finding_of, problems))]
