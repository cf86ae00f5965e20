"""Machine types of QEMUs and distributions given by name, and the consequences for domains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from libvirtxml.files import find_files, read_bytes

from virtsmith.abi.diff.gather import NO_REQUEST, DumpRequest, gather_dumps
from virtsmith.abi.diff.sets import ITSELF
from virtsmith.abi.dump.model import natural_key
from virtsmith.abi.machines import Advice, advise
from virtsmith.ark.catalogue.targets import Targets
from virtsmith.ark.layout import Ark
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import InputError, UsageError
from virtsmith.qemu.domain_machine import read_machine
from virtsmith.qemu.machine_history import History, MachineTypeHistory, find_series, load_history
from virtsmith.qemu.machines import MachineTypes, is_versioned, parse_types

EVERY_INSTALLED = "ark"
"""The name for all QEMUs of the ark."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is not read from a file: its name and its text."""

    name: str
    data: bytes


def find_machine_types(
    sources: Iterable[str] = (),
    targets: Sequence[str] = (),
    request: DumpRequest = NO_REQUEST,
    *,
    progress: Progress = SILENT,
) -> list[MachineTypes]:
    """Return the machine types of QEMUs, each QEMU once; builds of a version with other machine types are numbered.

    Args:
        sources: as for `virtsmith.abi.gather_dumps`; ``ark`` means all installed QEMUs.
        targets: distributions, as for `virtsmith.ark.Targets.choose`; the upstream history has their QEMU's types.
        request: where dumps are, and how to make missing ones.
        progress: receives the progress, and the distributions whose QEMU is unknown.

    Raises:
        UsageError: a target does not exist, or a dump does not list machine types.
        VirtsmithError: as `virtsmith.abi.gather_dumps`.
    """
    found = [types for _, types in _ask(sources, request, progress)]
    for target in Targets().choose(targets) if targets else ():
        types = target.machine_types()
        if types is None:
            progress.warn(f"the QEMU of {target.name} is unknown; left out")
        else:
            found.append(types)
    return _named_apart(found)


def newest_machine_types() -> MachineTypes:
    """Return the machine types of the newest QEMU release in the upstream history."""
    history = load_history()
    newest = history.releases[-1]
    return replace(history.at(newest), version=f"QEMU {newest}", own=False, partial=True)


def record_machine_types(
    sources: Sequence[str], request: DumpRequest = NO_REQUEST, *, progress: Progress = SILENT
) -> History:
    """Return the history of machine types in some QEMUs, which `virtsmith.qemu.machine_history.dump_history` writes.

    Raises:
        UsageError: there are no sources, or one does not list machine types.
        VirtsmithError: as `virtsmith.abi.gather_dumps`.
    """
    if not sources:
        raise UsageError("there is no QEMU to record", hint="name QEMUs, dumps, or a directory of recordings")
    asked = _ask(sources, request, progress)
    return History.of([replace(types, version=series) for series, types in asked if series])


def list_machine_types(pattern: str = "*", qemus: Sequence[MachineTypes] = ()) -> list[MachineTypeHistory]:
    """Return the upstream history of machine types that match a pattern: its own, and those of some QEMUs."""
    history = load_history()
    names = {*history.names, *(name for qemu in qemus for name in qemu.names)}
    chosen = (name for name in names if fnmatchcase(name, pattern))
    ordered = sorted(chosen, key=lambda name: (is_versioned(name), natural_key(name)))
    return [history.life(name) or MachineTypeHistory(name) for name in ordered]


def advise_domains(
    documents: Iterable[Path | Document], qemus: Sequence[MachineTypes] = (), *, progress: Progress = SILENT
) -> list[Advice]:
    """Check the machine types of domains on some QEMUs, by default on the newest known release.

    Args:
        documents: domains, or directories, in which files that are not domains are skipped.
        qemus: from `find_machine_types`.
        progress: receives the progress, and the number of skipped files in a directory.

    Raises:
        InputError: a file cannot be read or is not a domain, or a directory contains none.
    """
    qemus = list(qemus) or [newest_machine_types()]
    found: list[Advice] = []
    for document in documents:
        if isinstance(document, Path) and document.is_dir():
            found += _advise_directory(document, qemus, progress)
        else:
            found.append(_advise(document, qemus))
    return found


def _advise(document: Path | Document, qemus: Sequence[MachineTypes]) -> Advice:
    if isinstance(document, Path):
        document = Document(str(document), read_bytes(document, with_memory=False))
    name, data = document.name, document.data
    try:
        domain = read_machine(data)
    except InputError as error:
        raise error.with_source(name) from error
    if domain is None:
        raise InputError("not a domain", source=name)
    return advise(domain, name, qemus)


def _advise_directory(directory: Path, qemus: Sequence[MachineTypes], progress: Progress) -> Iterator[Advice]:
    files = list(find_files(directory, ".xml"))
    skipped = 0
    progress.start(f"reading {directory}", len(files))
    for file in files:
        try:
            yield _advise(file, qemus)
        except InputError:
            skipped += 1
        progress.step()
    progress.done()
    if skipped == len(files):
        raise InputError("no domains found", source=str(directory), hint="they are files that end in .xml")
    if skipped:
        progress.warn(f"{directory}: {skipped} files are not domains, or cannot be read")


def _ask(sources: Iterable[str], request: DumpRequest, progress: Progress) -> Iterator[tuple[str, MachineTypes]]:
    """Yield the machine types of QEMUs, dumps and recordings, each with its release series."""
    for dump_set in gather_dumps(_spelled_out(sources), request, binaries_only=True, progress=progress):
        dump = dump_set.find(ITSELF)
        part = dump.sections.get("machines") if dump else None
        if part is None or not part.known or not isinstance(part.data, dict):
            raise UsageError(f"the machine types are unknown of QEMU {dump_set.binary.version}")
        facts: dict[str, Any] = part.data
        types = parse_types(
            f"QEMU {dump_set.binary.version}", ({"name": name, **described} for name, described in facts.items())
        )
        yield find_series(dump_set.binary.version, dump_set.binary.package), types


def _spelled_out(sources: Iterable[str]) -> Iterator[str]:
    """Yield the sources, with ``ark`` replaced by what is installed, and directories by the recordings in them."""
    for source in sources:
        recordings = sorted(Path(source).glob("*.replies")) if Path(source).is_dir() else []
        if source == EVERY_INSTALLED:
            yield from (f"qemu@{version.id}" for version in Ark.open().installed("qemu"))
        elif recordings:
            yield from map(str, recordings)
        else:
            yield source


def _named_apart(found: Sequence[MachineTypes]) -> list[MachineTypes]:
    named: dict[str, MachineTypes] = {}
    for types in found:
        number, name = 1, types.version
        while name in named and replace(named[name], version=types.version) != types:
            number += 1
            name = f"{types.version} #{number}"
        named[name] = replace(types, version=name)
    return list(named.values())
