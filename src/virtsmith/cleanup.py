"""What killed runs have left, of all tools.

A run that is killed is cleaned up after by its supervisor, or by the next run that starts a program (see
`virtsmith.core.ownership`). What remains is found here: by those who will not wait for that, and where both were
killed, as when memory runs out.
"""

from __future__ import annotations

from pathlib import Path

from virtsmith.ark.layout import Ark
from virtsmith.core import ownership
from virtsmith.core.leftovers import Leftover
from virtsmith.host.run.running import find_abandoned_hosts

__all__ = ["Leftover", "find_leftovers", "remove_leftovers"]


def find_leftovers(ark: Ark | None = None) -> list[Leftover]:
    """What runs of this user that were killed have left; what belongs to a living run is not touched.

    Found are the processes, scratch directories and libvirt domains of dead runs in this user's temporary directory,
    hosts that died or whose start was killed, and drafts and downloads on which nobody works any more.

    Args:
        ark: where to look for drafts and downloads; the user's by default.
    """
    found = [*ownership.find_leftovers(), *find_abandoned_hosts(), *(ark or Ark.open()).find_unfinished()]
    scratch = [leftover.path for leftover in found if leftover.kind == "run"]
    return [leftover for leftover in found if not _is_below(leftover.path, scratch)]


def remove_leftovers(found: list[Leftover]) -> list[Leftover]:
    """Remove what `find_leftovers` has found, and return what could not be removed."""
    for leftover in found:
        leftover.remove()
    return [leftover for leftover in found if leftover.path.exists()]


def _is_below(path: Path, places: list[Path]) -> bool:
    return any(place in path.parents for place in places)
