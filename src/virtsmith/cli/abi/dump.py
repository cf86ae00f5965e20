"""``virtsmith abi dump`` and ``virtsmith abi show``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.abi.requests import dumps_option, request_options
from virtsmith.cli.commands import examples
from virtsmith.cli.options import format_option
from virtsmith.cli.output import progress, read_input, say, table_text, write_json, write_output
from virtsmith.core.terminal import one_line
from virtsmith.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from virtsmith.abi import DumpRequest
    from virtsmith.abi.dump.dumping import DumpResult
    from virtsmith.abi.dump.model import Dump
    from virtsmith.abi.dump.store import DumpStore


@examples(
    "virtsmith abi dump qemu@10.0 qemu@11.1",
    "virtsmith abi dump system --machine 'pc-q35-*' --devices virtio --dumps abi-dumps",
    "virtsmith abi dump recordings/caps_8.2.0_x86_64.replies",
    "virtsmith abi dump --list-devices",
)
@click.command()
@click.argument("qemus", nargs=-1, metavar="QEMU...")
@click.option(
    "-m",
    "--machine",
    "machines",
    multiple=True,
    metavar="GLOB",
    help="Machine types to dump; repeatable.  [default: all]",
)
@click.option(
    "-d",
    "--devices",
    multiple=True,
    metavar="SET",
    default=["default"],
    show_default=True,
    help="Devices to plug in, by the name of a set; repeatable.",
)
@click.option("--list-devices", is_flag=True, help="List the contents of the device sets and exit.")
@click.option(
    "--accel",
    type=click.Choice(["tcg", "kvm"]),
    default="tcg",
    show_default=True,
    help="Accelerator. Dumps with different accelerators cannot be compared.",
)
@click.option("--record", is_flag=True, help="Record the QMP commands and QEMU's answers beside its dumps.")
@click.option("--scheduler", metavar="ADDRESS", help="Run on a Dask cluster, such as tcp://host:8786.")
@request_options
@format_option("text", "json")
def dump(
    qemus: tuple[str, ...],
    *,
    request: DumpRequest,
    scheduler: str | None,
    output_format: str,
    output: Path,
    list_devices: bool,
    record: bool,
) -> int:
    """Dump what a QEMU shows to guests: one file for QEMU itself, and one for each of its machine types.

    QEMU is a version of the ark (qemu@10.0), the one on the search path (system), a program, or one of libvirt's
    recordings (*.replies), which cover QEMU itself only. Existing dumps are kept, so an interrupted run continues where
    it stopped. Keep the directory: machine types are removed, and then only their dumps remain.
    """
    from virtsmith.abi import dump_qemus

    if list_devices:
        return _list_devices(output_format, output)
    if not qemus:
        raise click.UsageError("Missing argument 'QEMU...'.")
    with progress() as shown:
        made = dump_qemus(qemus, request, record=record, scheduler=scheduler, progress=shown)
    _show_made(made, request.store, output_format, output)
    return ExitCode.EXTERNAL if any(item.error for item in made) else ExitCode.OK


@examples(
    "virtsmith abi show",
    "virtsmith abi show 7.2 --section machines",
    "virtsmith abi show 7.2 --machine pc-q35-7.2 --section virtio --section pci",
)
@click.command()
@click.argument("what", required=False, metavar="[DUMP]")
@click.option("-m", "--machine", metavar="TYPE", help="The dump of this machine type instead of QEMU's own.")
@click.option(
    "-d",
    "--devices",
    "devices",
    metavar="SET",
    default="default",
    show_default=True,
    help="The device set, if there are dumps with several.",
)
@click.option("--section", "sections", multiple=True, metavar="NAME", help="Only these sections; repeatable.")
@dumps_option
@format_option("text", "json")
def show(
    what: str | None,
    *,
    machine: str | None,
    devices: str,
    sections: tuple[str, ...],
    directory: Path | None,
    output_format: str,
    output: Path,
) -> None:
    """Print a dump, one fact per line, or list the existing dumps.

    DUMP is a file (- for standard input), or a binary of the directory by its version or a prefix of its name.
    """
    from virtsmith.abi import find_dump, open_store
    from virtsmith.abi.dump.store import parse_dump

    store = open_store(directory)
    if what is None:
        _list_dumps(store, output_format, output)
    elif what == "-":
        _show_dump(parse_dump(read_input(Path(what)), "<stdin>"), sections, output_format, output)
    else:
        _show_dump(find_dump(what, machine, devices, store=store), sections, output_format, output)


def _list_devices(output_format: str, output: Path) -> int:
    from virtsmith.abi.machine.devices import device_sets
    from virtsmith.report.table import Table

    if output_format == "json":
        write_json(
            "abi-devices",
            {
                "sets": {
                    set_.name: {
                        "label": set_.label,
                        "about": set_.about,
                        "devices": {device.id: device.type for device in set_.devices},
                    }
                    for set_ in device_sets().values()
                }
            },
            output,
        )
        return ExitCode.OK
    rows = [[set_.name, len(set_.devices), set_.about] for set_ in device_sets().values()]
    table = Table.make(["set", "devices", "about"], rows, right=["devices"])
    write_output(table_text(table, output), output)
    return ExitCode.OK


def _show_made(made: Sequence[DumpResult], store: DumpStore, output_format: str, output: Path) -> None:
    if output_format == "json":
        write_json("abi-dumps", {"directory": str(store.path), "dumps": [result.to_dict() for result in made]}, output)
        return
    from virtsmith.abi.dump.dumping import summarise

    write_output(table_text(summarise(made), output), output)
    say(f"dumps are in {store.path}")


def _list_dumps(store: DumpStore, output_format: str, output: Path) -> None:
    from virtsmith.report.table import Table

    rows = store.list()
    if output_format == "json":
        write_json("abi-directory", {"directory": str(store.path), "binaries": rows}, output)
        return
    if not rows:
        say(f"there are no dumps in {store.path}; create some with virtsmith abi dump")
        return
    columns = ["binary", "source", "package", "machine types", "dumps"]
    names = ["key", "source", "package", "machines", "dumps"]
    table = Table.make(columns, [[row[name] for name in names] for row in rows], right=["machine types", "dumps"])
    write_output(table_text(table, output), output)


def _show_dump(found: Dump, sections: Sequence[str], output_format: str, output: Path) -> None:
    from dataclasses import replace

    from virtsmith.abi.dump.model import iter_leaves
    from virtsmith.abi.dump.store import dump_text
    from virtsmith.errors import UsageError

    missing = [name for name in sections if name not in found.sections]
    if missing:
        raise UsageError(f"no section {missing[0]}", hint=f"sections: {', '.join(sorted(found.sections))}")
    chosen = {name: part for name, part in found.sections.items() if not sections or name in sections}
    if output_format == "json":
        write_output(dump_text(replace(found, sections=chosen)), output)
        return
    lines = []
    for name, part in sorted(chosen.items()):
        lines.append(f"{name}: {part.status.value}{f' ({part.detail})' if part.detail else ''}")
        lines += [f"  {'/'.join(path)} = {value}" for path, value in iter_leaves(part.data)]
    write_output("".join(f"{one_line(line)}\n" for line in lines), output)


COMMANDS: tuple[click.Command, ...] = (dump, show)
