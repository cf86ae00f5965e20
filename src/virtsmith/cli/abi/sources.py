"""The dumps that commands of ``abi`` are given: found on disk, or made of QEMUs and recordings on the way."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from virtsmith.cli.output import progress, say
from virtsmith.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from virtsmith.abi.diff.sets import Choice, DumpSet
    from virtsmith.abi.dump.model import Load

SOURCES = "QEMU|DUMP|FOLDER"
_VERSION = re.compile(r"\d+\.[\w.-]+")


dumps_option = click.option(
    "--dumps", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", envvar="VIRTSMITH_ABI",
    help="The folder of dumps.  [default: $VIRTSMITH_ABI, or abi in the user's data folder]",
)  # fmt: skip


def dump_options(command: Any) -> Any:
    """The options that say where dumps are, and how those are made that do not exist."""
    for option in (
        click.option("--fresh", is_flag=True, help="Make dumps of QEMUs again that exist."),
        dumps_option,
        click.option(
            "-j", "--jobs", type=click.IntRange(1, 64), help="Machines at once.  [default: one per processor]"
        ),
    ):  # fmt: skip
        command = option(command)
    return command


class Wanted:
    """Which dumps are wanted, and how to come by those that do not exist."""

    def __init__(
        self, machines: tuple[str, ...], devices: tuple[str, ...], accel: str | None, folder: Path | None,
        jobs: int | None, *, fresh: bool,
    ) -> None:  # fmt: skip
        from virtsmith.abi.diff.sets import Choice
        from virtsmith.abi.dump.store import open_store

        self.machines, self.devices, self.accel, self.jobs, self.fresh = machines, devices, accel, jobs, fresh
        self.store = open_store(folder)
        self.choice: Choice = Choice(machines, devices, (accel,) if accel else ())


def load_sources(sources: Sequence[str], wanted: Wanted, *, binaries_only: bool = False) -> list[DumpSet]:
    """Read the dumps that some words of the command line mean; QEMUs and recordings are dumped now."""
    from virtsmith.abi.diff.sets import load_sets

    found: list[DumpSet] = []
    for source in sources:
        path = Path(source)
        if path.is_dir() or path.suffix == ".json":
            found += load_sets(path, wanted.choice)
        elif _is_dumps(source):
            found += load_sets(wanted.store.find(source, None, "").parent, wanted.choice)
        else:
            found.append(_make(source, wanted, binaries_only=binaries_only))
    return found


def _make(source: str, wanted: Wanted, *, binaries_only: bool) -> DumpSet:
    from virtsmith.abi.diff.sets import Choice, load_sets
    from virtsmith.abi.dump.dumping import Order, make_dumps
    from virtsmith.abi.machine.devices import device_set
    from virtsmith.abi.sources.binary import find_emulator
    from virtsmith.core.parallel import open_executor

    emulator = find_emulator(source)
    sets = [] if binaries_only else [device_set(name) for name in wanted.devices or ("default",)]
    accel = wanted.accel or "tcg"
    order = Order(wanted.machines if sets else (), sets, accel, wanted.fresh)
    with open_executor(wanted.jobs) as executor, progress() as shown:
        for made in make_dumps([emulator], order, wanted.store, executor, shown):
            if made.error:
                say(f"warning: {made.machine or 'QEMU itself'} ({made.binary.version}): {made.error}")
    choice = Choice(wanted.machines, tuple(each.label for each in sets), (accel,))
    return load_sets(wanted.store.path / emulator.binary.key, choice)[0]


def make_loads(sources: Sequence[str], wanted: Wanted) -> list[Load]:
    """Real loads between those of the sources that can be started."""
    from virtsmith.abi.machine.devices import device_set
    from virtsmith.abi.migrate.matrix import Order, run_matrix
    from virtsmith.cli.abi.migrate import find_emulators
    from virtsmith.core.parallel import open_executor

    programs = tuple(source for source in sources if not _is_dumps(source) and not source.endswith(".replies"))
    if len(set(programs)) < 2:
        raise UsageError("--migrate needs two QEMUs that can be started", hint="name them like qemu@10.0, not as dumps")
    sets = [device_set(name) for name in wanted.devices or ("default",)]
    order = Order(wanted.machines, sets, (wanted.accel or "tcg",), fresh=wanted.fresh)
    with progress() as shown, open_executor(wanted.jobs) as executor:
        return run_matrix(find_emulators(programs), order, executor, shown).tried


def _is_dumps(source: str) -> bool:
    """Whether a word means dumps that exist, as against a QEMU to make them of."""
    path = Path(source)
    return path.is_dir() or path.suffix == ".json" or (bool(_VERSION.fullmatch(source)) and not path.exists())
