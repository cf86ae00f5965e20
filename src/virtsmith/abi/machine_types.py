"""Machine types of QEMUs and distributions that are named in words, and what becomes of domains on them."""

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
"""The word that means all QEMUs of the ark."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is not read from a file: what to call it, and its text."""

    name: str
    data: bytes


def find_machine_types(
    sources: Iterable[str] = (),
    targets: Sequence[str] = (),
    request: DumpRequest = NO_REQUEST,
    *,
    progress: Progress = SILENT,
) -> list[MachineTypes]:
    """The machine types of QEMUs, each QEMU once; builds of one version with other machine types get a number.

    Args:
        sources: as for `virtsmith.abi.gather_dumps`; ``ark`` means all installed QEMUs.
        targets: distributions, as `virtsmith.ark.Targets.choose` takes them; upstream's history tells of their QEMU.
        request: where dumps are, and how those are made that do not exist.
        progress: is told what is done, and of which distribution the QEMU is not known.

    Raises:
        UsageError: a target does not exist, or a dump does not list machine types.
        VirtsmithError: as `virtsmith.abi.gather_dumps`.
    """
    found = [types for _, types in _ask(sources, request, progress)]
    for target in Targets().choose(targets) if targets else ():
        types = target.machine_types()
        if types is None:
            progress.warn(f"the QEMU of {target.name} is not known; left out")
        else:
            found.append(types)
    return _named_apart(found)


def newest_machine_types() -> MachineTypes:
    """The machine types of the newest QEMU release that upstream's history knows."""
    history = load_history()
    newest = history.releases[-1]
    return replace(history.at(newest), version=f"QEMU {newest}", own=False, partial=True)


def record_machine_types(
    sources: Sequence[str], request: DumpRequest = NO_REQUEST, *, progress: Progress = SILENT
) -> History:
    """The history that QEMUs tell of their machine types, as `virtsmith.qemu.machine_history.dump_history` writes it.

    Raises:
        UsageError: there are no sources, or one does not list machine types.
        VirtsmithError: as `virtsmith.abi.gather_dumps`.
    """
    if not sources:
        raise UsageError("there is no QEMU to record", hint="name QEMUs, dumps, or a directory of recordings")
    asked = _ask(sources, request, progress)
    return History.of([replace(types, version=series) for series, types in asked if series])


def list_machine_types(pattern: str = "*", qemus: Sequence[MachineTypes] = ()) -> list[MachineTypeHistory]:
    """What upstream's history knows of machine types that fit a pattern: all of its own, and those of some QEMUs."""
    history = load_history()
    names = {*history.names, *(name for qemu in qemus for name in qemu.names)}
    chosen = (name for name in names if fnmatchcase(name, pattern))
    ordered = sorted(chosen, key=lambda name: (is_versioned(name), natural_key(name)))
    return [history.life(name) or MachineTypeHistory(name) for name in ordered]


def advise_domains(
    documents: Iterable[Path | Document], qemus: Sequence[MachineTypes] = (), *, progress: Progress = SILENT
) -> list[Advice]:
    """Say what becomes of domains' machine types on some QEMUs; by default on the newest that is known.

    Args:
        documents: domains; in directories every domain is looked at, and what is not one is passed over.
        qemus: from `find_machine_types`.
        progress: is told what is done, and how many files of a directory were passed over.

    Raises:
        InputError: a file cannot be read or is not a domain, or a directory holds none.
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
    name, data = (str(document), read_bytes(document)) if isinstance(document, Path) else (document.name, document.data)
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
    """What QEMUs, dumps and recordings say of their machine types, each with the release series it stands for."""
    for element in gather_dumps(_spelled_out(sources), request, binaries_only=True, progress=progress):
        dump = element.find(ITSELF)
        part = dump.sections.get("machines") if dump else None
        if part is None or not part.known or not isinstance(part.data, dict):
            raise UsageError(f"nothing tells the machine types of QEMU {element.binary.version}")
        facts: dict[str, Any] = part.data
        types = parse_types(f"QEMU {element.binary.version}", ({"name": name, **told} for name, told in facts.items()))
        yield find_series(element.binary.version, element.binary.package), types


def _spelled_out(sources: Iterable[str]) -> Iterator[str]:
    """The sources, with what is installed in place of ``ark``, and recordings in place of their directory."""
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
