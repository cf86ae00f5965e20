"""What libvirt's schemas say about releases that are not installed: the part of a matrix that was not run."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from itertools import groupby

from libvirtxml.acceptance import Acceptance, ReleaseVerdict, check, releases
from libvirtxml.errors import LibvirtXMLError
from libvirtxml.versions import Version

from virtsmith.ark.check.report import UntestedVersion
from virtsmith.ark.requests import selects

_SPECIAL = {"all", "min", "max"}


def find_prospects(document: bytes, selection: str, installed: Iterable[str]) -> list[UntestedVersion]:
    """Look up the selected releases that are not installed in the schemas' facts, grouped by answer.

    ``min`` and ``max`` refer to installed versions and add none; ``all`` adds every release in the facts.
    """
    have = {Version.parse(version) for version in installed}
    acceptance = check(document)
    asked = [name for name in releases() if _is_selected(selection, name) and Version.parse(name) not in have]
    result = []
    for message, names in groupby(asked, lambda name: _message(acceptance, name)):
        run = list(names)
        result.append(UntestedVersion(f"libvirt {run[0]}" + (f"..{run[-1]}" if len(run) > 1 else ""), message))
    return result


def find_schema_reason(document: bytes, release: str) -> str:
    """Return which part of a document the schema of a release refuses; empty if the facts do not know."""
    with suppress(LibvirtXMLError):
        refusals = check(document, f"{release}..{release}").refusals
        return "; ".join(str(refusal) for refusal in refusals if release in refusal.refused)
    return ""


def _is_selected(selection: str, release: str) -> bool:
    words = {word.strip() for word in selection.split(",") if word.strip()}
    if "all" in words or not words:
        return True
    compared = ",".join(sorted(words - _SPECIAL))
    return bool(compared) and selects(compared, release)


def _message(acceptance: Acceptance, release: str) -> str:
    verdict = acceptance.verdicts.get(release)
    if verdict is ReleaseVerdict.ACCEPTED:
        return "schema accepts; not run"
    refusal = next((item for item in acceptance.refusals if release in item.refused), None)
    return f"schema refuses: {refusal}" if refusal else "not in the known schemas"
