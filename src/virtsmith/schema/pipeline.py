"""Runs the steps: schemas to facts (`import_releases`), facts to the model (`generate`)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from libvirtxml.files import read_text, write_atomic, write_if_changed
from libvirtxml.versions import Version

from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import InputError
from virtsmith.schema import facts as facts_file
from virtsmith.schema.build import Builder
from virtsmith.schema.carry import carry_over
from virtsmith.schema.dates_table import dates_table
from virtsmith.schema.emit import emit
from virtsmith.schema.facts import SchemaFacts, widen_for
from virtsmith.schema.forced import force_unions, natural_decisions
from virtsmith.schema.lock import Lock
from virtsmith.schema.merge import mark_release
from virtsmith.schema.naming import name_everything
from virtsmith.schema.places import complete
from virtsmith.schema.sizes import split_sizes
from virtsmith.schema.world import World

PACKAGE = Path(str(resources.files("virtsmith")))
DATA = PACKAGE / "schema" / "data"
MODEL = Path(str(resources.files("libvirtxml"))) / "model"


def load_facts(data: Path = DATA) -> SchemaFacts:
    """Return the checked-in facts; empty if there are none yet."""
    path = data / "facts.json"
    return facts_file.load(read_text(path), source=str(path)) if path.exists() else SchemaFacts()


def import_releases(sources: dict[str, Path], data: Path = DATA, progress: Progress = SILENT) -> SchemaFacts:
    """Add releases (version to directory of schemas) to the facts and write them.

    The newest of all releases determines the structure, whether it is new or not. Releases imported together give the
    most exact dates: a newest release added to facts is dated by these, not by older schemas
    (`virtsmith.schema.carry`).

    Raises:
        InputError: a directory contains no readable schemas, or a release is already in the facts.
    """
    decisions = natural_decisions(Lock.load(data / "lock.json").unions)
    result = load_facts(data)
    progress.start("importing releases", len(sources))
    for version in sorted(sources, key=Version.parse, reverse=True):
        result = add_release(result, version, World(sources[version]), decisions)
        progress.step(detail=version)
    progress.done()
    write_atomic(data / "facts.json", facts_file.dump(result))
    return result


def add_release(facts: SchemaFacts, version: str, world: World, decisions: dict[str, str]) -> SchemaFacts:
    """Return the facts with one more release.

    Raises:
        InputError: the release is already in the facts.
    """
    str(Version.parse(version))
    bit = widen_for(facts, version)
    if bit != 1 << len(facts.releases) - 1:
        mark_release(facts, world, bit, decisions)
        return facts
    lead = SchemaFacts(facts.releases)
    Builder(lead, world, bit, decisions).add_roots()
    carry_over(lead, facts)
    return lead


def generated_files(data: Path = DATA) -> dict[Path, str]:
    """Return all generated files with their text: the model's modules and the lock.

    Raises:
        InputError: names clash; see `virtsmith.schema.naming`.
    """
    lock = Lock.load(data / "lock.json")
    facts = load_facts(data)
    if not facts.releases:
        raise InputError("there are no facts yet", source=str(data / "facts.json"), hint="virtsmith schema import DIR")
    dates = dates_table(facts)
    force_unions(facts)
    split_sizes(facts)
    names = name_everything(facts, lock.names)
    lock.add(facts, names)
    files = {MODEL / name: text for name, text in emit(facts, names, load_order(data)).items()}
    return files | {MODEL / "dates.json": dates, data / "lock.json": lock.dump()}


def load_order(data: Path = DATA) -> dict[str, list[str]]:
    """Return the order in which libvirt writes children, by type id."""
    path = data / "order.json"
    order: dict[str, list[str]] = json.loads(read_text(path)) if path.exists() else {}
    return complete(order)


def generate(data: Path = DATA) -> list[Path]:
    """Write the generated files; return those that changed, and stale ones that were deleted."""
    files = generated_files(data)
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
    changed = [path for path, text in files.items() if write_if_changed(path, text)]
    for path in stale_files(files):
        path.unlink()
        changed.append(path)
    return changed


def find_drift(data: Path = DATA) -> list[Path]:
    """Return the generated files that differ from what the facts, overlay and lock give."""
    files = generated_files(data)
    differing = [path for path, text in files.items() if not path.is_file() or path.read_text() != text]
    return [*differing, *stale_files(files)]


def stale_files(files: Iterable[Path]) -> list[Path]:
    """Return the model's files that are no longer generated."""
    return [path for path in sorted(MODEL.rglob("*.py")) if path not in set(files)]
