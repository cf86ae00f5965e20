"""``virtsmith xml``: show, convert, format and check libvirt XML."""

from __future__ import annotations

import json
import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from libvirtxml.findings import Severity

from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.options import FOLDER, INPUT, format_option, output_option
from virtsmith.cli.output import STDIO, input_name, naming, read_input, say, steps, write_json, write_output
from virtsmith.cli.xml.inputs import read_document
from virtsmith.core.terminal import one_line
from virtsmith.errors import ExitCode, UsageError
from virtsmith.report.report import Report

if TYPE_CHECKING:
    from libvirtxml.findings import Finding


@examples("virtsmith xml show web.xml", "virsh dumpxml web | virtsmith xml show -")
@click.command()
@click.argument("file", type=INPUT)
@format_option("text", "json")
def show(file: Path, output_format: str, output: Path) -> None:
    """Show what a document says, in a few lines."""
    from libvirtxml import outline

    element = read_document(file)
    unknown, problems = element.unknown(), element.problems()
    if output_format == "json":
        data = {"document": element.to_dict(), "unknown": list(map(str, unknown)), "problems": list(map(str, problems))}
        write_json("xml-show", data, output)
        return
    lines = list(outline(element))
    for title, found in (("not in the model", unknown), ("not allowed by libvirt's schema", problems)):
        if found:
            lines += ["", f"{title}:", *(f"  {one}" for one in found)]
    write_output("".join(f"{one_line(line)}\n" for line in lines), output)


@examples("virtsmith xml convert web.xml --to yaml", "virsh dumpxml web | virtsmith xml convert - --to json")
@click.command()
@click.argument("file", type=INPUT)
@click.option(
    "--to", "target", type=click.Choice(["json", "yaml", "xml", "python"]), required=True, help="The form to write."
)
@click.option(
    "--from", "source", type=click.Choice(["xml", "json", "yaml"]), help="The form of FILE; else it is guessed."
)
@output_option
def convert(file: Path, target: str, source: str | None, output: Path) -> None:
    """Write a document as JSON, YAML, XML or Python, without losing anything."""
    from libvirtxml import to_script

    element = read_document(file, source)
    writers: dict[str, Any] = {
        "json": element.to_json, "yaml": element.to_yaml, "xml": element.to_xml, "python": lambda: to_script(element),
    }  # fmt: skip
    write_output(writers[target](), output)


@examples("virtsmith xml format web.xml", "virtsmith xml format --check *.xml")
@click.command("format")
@click.argument("files", nargs=-1, required=True, type=INPUT)
@click.option("-i", "--in-place", is_flag=True, help="Write each file again instead of printing it.")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if a file is not in libvirt's layout.")
def format_(files: tuple[Path, ...], *, in_place: bool, check: bool) -> ExitCode:
    """Lay documents out as libvirt does: indentation, quotes; nothing else is changed."""
    from libvirtxml import check_same_content, format_xml

    if in_place and check:
        raise UsageError("--in-place and --check exclude each other")
    if in_place and STDIO in files:
        raise UsageError("--in-place needs files, not standard input")
    texts: dict[Path, tuple[bytes, bytes]] = {}
    with steps("formatting", files) as paths:
        for path in paths:
            with naming(path):
                data = read_input(path)
                texts[path] = data, format_xml(data)
    changed = False
    for path, (data, formatted) in texts.items():
        if not in_place and not check:
            write_output(formatted)
            continue
        if data == formatted:
            continue
        changed = True
        if in_place:
            with naming(path):
                write_output(formatted, path, check=partial(check_same_content, data))
        say(f"{'formatted' if in_place else 'not formatted'}: {input_name(path)}")
    return ExitCode.FINDINGS if check and changed else ExitCode.OK


@examples("virtsmith xml validate web.xml", "virtsmith xml validate --schemas /usr/share/libvirt/schemas web.xml")
@click.command()
@click.argument("files", nargs=-1, required=True, type=INPUT)
@click.option("--schemas", type=FOLDER, help="Folder of RELAX NG schemas; by default those of the installed libvirt.")
@findings_output
def validate(files: tuple[Path, ...], schemas: Path | None) -> Report:
    """Check documents against libvirt's schemas, and say what would be right.

    Without schemas they are checked against the model, which knows all releases but not all rules of combination.
    """
    from dataclasses import replace

    from libvirtxml import find_schemas
    from libvirtxml import validate as check

    from virtsmith.cli.xml.rules import VALIDATION_RULES

    folder = schemas or find_schemas()
    found: list[Finding] = []
    with steps("checking", files) as paths:
        for path in paths:
            with naming(path):
                findings = check(read_input(path), folder)
            findings = sorted(findings, key=lambda one: one.where.line or math.inf)
            found.extend(replace(one, where=replace(one.where, file=input_name(path))) for one in findings)
    errors = [one for one in found if one.severity is not Severity.NOTE]
    notes = [one for one in found if one.severity is Severity.NOTE]
    bad = len({one.where.file for one in errors})
    return Report(
        "xml validate", found, VALIDATION_RULES,
        text=lambda _: "".join(f"{_in_short(one)}\n" for one in errors),
        remarks=[
            *(f"note: {_in_short(one)}" for one in notes),
            f"{len(files)} checked, {len(files) - bad} valid, {bad} not valid",
        ],
        data=lambda: {"valid": not errors},
    )  # fmt: skip


def _in_short(finding: Finding) -> str:
    return one_line(f"{finding.where}: {finding.subject}: {finding.message}")


@examples("virtsmith xml schema domain -o domain.schema.json", "virtsmith xml schema --lenient disk")
@click.command()
@click.argument("name", metavar="TYPE")
@click.option("--lenient", is_flag=True, help="Let all values pass, not only those that libvirt allows.")
@output_option
def schema(name: str, output: Path, *, lenient: bool) -> None:
    """Print the JSON Schema of a TYPE: a document (domain), a class (DiskFile) or an element (disk)."""
    from libvirtxml import find_type, json_schema

    data = json_schema(find_type(name), strict=not lenient)
    write_output(json.dumps(data, indent=2, ensure_ascii=False) + "\n", output)


COMMANDS: tuple[click.Command, ...] = (show, convert, format_, validate, schema)
