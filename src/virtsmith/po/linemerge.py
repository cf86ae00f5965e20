"""git's own merge by line, for versions of a catalogue that cannot be read as one."""

from __future__ import annotations

import tempfile
from pathlib import Path

from virtsmith.core.drafts import write_draft
from virtsmith.core.run import run

_MOST_CONFLICTS = 127
"""What `git merge-file` returns for this number of conflicts or more; higher values are errors."""


def merge_by_line(
    versions: tuple[bytes, bytes, bytes], labels: tuple[str, str, str], *, marker_size: int = 7, take: str = ""
) -> tuple[bytes, int]:
    """Merge (ours, base, theirs) as git does without a driver; return the result and the number of conflicts.

    Args:
        versions: ours, base, theirs.
        labels: their names in conflict markers.
        marker_size: the length of a marker.
        take: ``ours`` or ``theirs`` resolves conflicts in favour of that version.

    Raises:
        ProgramFailed: git cannot merge them, for example because one is binary.
    """
    with tempfile.TemporaryDirectory() as scratch:
        paths = [Path(scratch) / name for name in ("ours", "base", "theirs")]
        for path, data in zip(paths, versions, strict=True):
            write_draft(path, data)
        options = [f"--{take}"] if take else []
        options += [f"--marker-size={marker_size}"] + [part for label in labels for part in ("-L", label)]
        allowed = tuple(range(_MOST_CONFLICTS + 1))
        done = run(["git", "merge-file", "-p", *options, *paths], allow=allowed)
        return done.stdout, done.status
