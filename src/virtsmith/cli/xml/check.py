"""``virtsmith xml check`` and ``since``: what libvirt releases make of a document, and since when they have a thing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.options import DIRECTORY, INPUT, format_option, target_option
from virtsmith.cli.output import input_name, naming, progress, read_input, table_text, waiting, write_json, write_text
from virtsmith.cli.xml.acceptance import acceptance_report
from virtsmith.errors import UsageError
from virtsmith.report.report import Report

if TYPE_CHECKING:
    from libvirtxml.containers import Container


@examples(
    "virtsmith xml check web.xml --libvirt 6.0..12.8",
    "virtsmith xml check web.xml --target debian-12 --target ubuntu-24.04",
    "virsh dumpxml web | virtsmith xml check - --min",
    "virtsmith xml check web.xml --libvirt 9..12 --really",
)
@click.command()
@click.argument("file", type=INPUT)
@click.option(
    "--libvirt",
    "selection",
    metavar="RANGE",
    help="A release or range: 6.0, 6.0..12.8, 6.0...  [default: all known releases]",
)
@target_option
@click.option(
    "--min",
    "minimum",
    is_flag=True,
    help="Print only the oldest release whose schema accepts FILE; with --target, that of each distribution.",
)
@click.option(
    "--schemas",
    type=DIRECTORY,
    help="Use real schemas: a directory of libvirt's *.rng, or of such directories named by release.",
)
@click.option(
    "--really",
    is_flag=True,
    help="Also define FILE in the installed libvirts of the ark, and show what each keeps, drops and changes.",
)
@findings_output
def check(
    file: Path, selection: str | None, targets: tuple[str, ...], schemas: Path | None, *, minimum: bool, really: bool
) -> Report:
    """Show which libvirt releases' schemas accept FILE, what the others refuse, and whether libvirt defines it.

    These are three questions. `schema accepts` is what `virsh define --validate` asks. `libvirt defines`: its parser
    refuses and overlooks other things; this is judged for domains, networks, pools, volumes, secrets, filters and
    interfaces, by rules of what libvirt's parser and its drivers refuse. `libvirt keeps`: of a domain that it defines
    it may silently drop or change parts, which are named; --really tries it in the libvirts of the ark (of those in
    --libvirt's range), without starting anything: `virsh define`, then `virsh dumpxml`, compared.

    With --target the answer is for distributions, and includes machine types that their QEMU does not have;
    `virtsmith ark targets` lists them.

    Exits with 0 if the schemas of all requested releases or targets accept it, with 1 if one refuses it or is not
    known, if a target lacks the machine type, or if libvirt does not define it. With --min, one release whose schema
    accepts it is enough.
    """
    if really and (targets or minimum or schemas):
        raise UsageError("--really excludes --target, --min and --schemas", hint="run it a second time for these")
    if targets and (selection or schemas):
        raise UsageError("--target excludes --libvirt and --schemas", hint="write --target libvirt=8.0,qemu=6.2")
    data = read_input(file, with_memory=False)
    with naming(file), waiting("checking with the schemas") if schemas else nullcontext():
        if targets:
            return _for_targets(data, targets, input_name(file), minimum=minimum)
        report = _for_releases(data, selection, schemas, input_name(file), minimum=minimum)
    return _with_definitions(report, data, selection) if really else report


def _for_targets(data: bytes, targets: tuple[str, ...], name: str, *, minimum: bool) -> Report:
    from libvirtxml.containers import open_container
    from libvirtxml.definition import find_objections

    from virtsmith.ark import Targets
    from virtsmith.ark.check.targets import judge
    from virtsmith.cli.xml.targets import targets_report

    verdicts = judge(data, Targets().choose(targets))
    objections = in_file(find_objections(data), open_container(data))
    return targets_report(*verdicts, name, minimum=minimum, objections=objections)


def _for_releases(data: bytes, selection: str | None, schemas: Path | None, name: str, *, minimum: bool) -> Report:
    from libvirtxml.acceptance import check as find_acceptance
    from libvirtxml.containers import open_container
    from libvirtxml.definition import find_losses, find_objections

    found = find_acceptance(data, selection, schemas=schemas)
    release = next(iter(found.verdicts)) if len(found.verdicts) == 1 else ""
    objections = find_objections(data, release)
    losses = None if objections else find_losses(data, "" if schemas else release)
    held = open_container(data)
    return acceptance_report(
        found,
        name,
        minimum=minimum,
        objections=in_file(objections, held),
        losses=in_file(losses, held),
        run_time=[held.place(path) if held else path for path in find_run_time(data)],
    )


def in_file(found: Sequence[Any] | None, held: Container | None) -> Sequence[Any] | None:
    """What was found in a document, with its paths in the file that holds it."""
    return found if found is None or held is None else [replace(item, path=held.place(item.path)) for item in found]


def find_run_time(data: bytes) -> list[str]:
    """What belongs to one run, in the document of a running domain."""
    from libvirtxml import parse_any
    from libvirtxml.live import run_time_parts

    return run_time_parts(parse_any(data)) if b"<domain" in data else []


def _with_definitions(report: Report, data: bytes, selection: str | None) -> Report:
    from virtsmith.ark.check.define import define_everywhere
    from virtsmith.cli.xml.kept import with_definitions

    with progress() as shown:
        found = define_everywhere(data, libvirts=selection or "all", name=report.source, progress=shown)
    return with_definitions(report, found)


@examples(
    "virtsmith xml since /domain/devices/tpm/backend/@type=external",
    "virtsmith xml since devices.tpms.backend.type=external",
    "virtsmith xml since \"/domain/devices/disk[@type='network']/source/@query\" --target all",
)
@click.command()
@click.argument("path")
@target_option
@format_option("text", "json")
def since(path: str, targets: tuple[str, ...], output_format: str, output: Path) -> None:
    """Show since which release libvirt has PATH: an element, attribute, value or variant.

    A PATH is an XPath (/domain/devices/tpm/@model) or dotted (devices.tpms.model); =VALUE may follow.

    With --target, also show the first release of each distribution that has it.
    """
    from libvirtxml.acceptance import since as find_since

    from virtsmith.ark import Targets
    from virtsmith.cli.xml.targets import firsts_as_data, firsts_table

    found = find_since(path)
    chosen = Targets().choose(targets) if targets else []
    if output_format == "json":
        about = {"path": path, "since": found.first or None, "until": found.last, "releases": list(found.releases)}
        distributions = {"distributions": firsts_as_data(found, chosen)} if chosen else {}
        write_json("xml-since", {**about, **distributions}, output)
        return
    if not found.releases:
        raise UsageError(f"no known libvirt release has {path}")
    firsts = table_text(firsts_table(found, chosen), output) if chosen else ""
    write_text(f"{found}\n{firsts}", output)


COMMANDS: tuple[click.Command, ...] = (check, since)
