"""``virtsmith xml``: show, convert, format and check libvirt XML."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from virtsmith.cli.commands import ToolGroup, examples
from virtsmith.cli.options import FOLDER, INPUT, format_option, output_option
from virtsmith.cli.output import STDIO, input_name, naming, read_input, say, steps, write_json, write_output
from virtsmith.cli.xml_check import check, since
from virtsmith.cli.xml_diff import diff
from virtsmith.cli.xml_edit import edit
from virtsmith.cli.xml_get import get
from virtsmith.cli.xml_roundtrip import roundtrip
from virtsmith.errors import ExitCode, InputError, UsageError

if TYPE_CHECKING:
    from virtsmith.core.findings import Finding
    from virtsmith.libvirtxml import Element

_SUFFIXES = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".xml": "xml"}


@click.group(cls=ToolGroup)
def group() -> None:
    """Libvirt XML: show it, convert it, format it, check it, prove that nothing is lost."""


group.add_command(diff)
group.add_command(edit)
group.add_command(get)
group.add_command(roundtrip)
group.add_command(check)
group.add_command(since)


def read_document(path: Path, form: str | None = None) -> Element:
    """Read a document from XML, JSON or YAML; the form is guessed from the name and the first character."""
    from virtsmith import libvirtxml

    data = read_input(path)
    form = form or _guess_form(path, data)
    try:
        if form == "json":
            element = libvirtxml.from_json(data)
        elif form == "yaml":
            element = libvirtxml.from_yaml(data)
        else:
            return libvirtxml.parse_any(data)
    except InputError as error:
        raise type(error)(
            error.reason, source=input_name(path), line=error.line, column=error.column, hint=error.hint
        ) from error
    assert isinstance(element, libvirtxml.Element)  # noqa: S101 - what the readers promise
    return element


def _guess_form(path: Path, data: bytes) -> str:
    if known := _SUFFIXES.get(path.suffix.lower()):
        return known
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"{":
        return "json"
    return "yaml" if start in (b"$", b"-", b"'", b'"') else "xml"


@examples("virtsmith xml show web.xml", "virsh dumpxml web | virtsmith xml show -")
@group.command()
@click.argument("file", type=INPUT)
@format_option("text", "json")
def show(file: Path, output_format: str) -> None:
    """Show what a document says, in a few lines."""
    from virtsmith.libvirtxml._data import to_dict
    from virtsmith.libvirtxml._outline import outline

    element = read_document(file)
    unknown, problems = element.unknown(), element.problems()
    if output_format == "json":
        data = {"document": to_dict(element), "unknown": list(map(str, unknown)), "problems": list(map(str, problems))}
        write_json("xml-show", data)
        return
    write_output("".join(f"{line}\n" for line in outline(element)))
    for title, found in (("not in the model", unknown), ("not allowed by libvirt's schema", problems)):
        if found:
            write_output("".join([f"\n{title}:\n", *(f"  {one}\n" for one in found)]))


@examples("virtsmith xml convert web.xml --to yaml", "virsh dumpxml web | virtsmith xml convert - --to json")
@group.command()
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
    from virtsmith.libvirtxml._python import to_script

    element = read_document(file, source)
    writers: dict[str, Any] = {
        "json": element.to_json, "yaml": element.to_yaml, "xml": element.to_xml, "python": lambda: to_script(element),
    }  # fmt: skip
    write_output(writers[target](), output)


@examples("virtsmith xml format web.xml", "virtsmith xml format --check *.xml")
@group.command("format")
@click.argument("files", nargs=-1, required=True, type=INPUT)
@click.option("-i", "--in-place", is_flag=True, help="Write each file again instead of printing it.")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if a file is not in libvirt's layout.")
def format_(files: tuple[Path, ...], *, in_place: bool, check: bool) -> ExitCode:
    """Lay documents out as libvirt does: indentation, quotes; nothing else is changed."""
    if in_place and check:
        raise UsageError("--in-place and --check exclude each other")
    if in_place and STDIO in files:
        raise UsageError("--in-place needs files, not standard input")
    with steps("formatting", files) as paths:
        texts = {path: read_document(path, "xml").to_xml() for path in paths}
    changed = False
    for path, text in texts.items():
        if not in_place and not check:
            write_output(text)
            continue
        if path != STDIO and path.read_bytes() == text.encode():
            continue
        changed = True
        if in_place:
            write_output(text, path)
        say(f"{'formatted' if in_place else 'not formatted'}: {input_name(path)}")
    return ExitCode.FINDINGS if check and changed else ExitCode.OK


@examples("virtsmith xml validate web.xml", "virtsmith xml validate --schemas /usr/share/libvirt/schemas web.xml")
@group.command()
@click.argument("files", nargs=-1, required=True, type=INPUT)
@click.option("--schemas", type=FOLDER, help="Folder of RELAX NG schemas; by default those of the installed libvirt.")
@format_option("text", "json")
def validate(files: tuple[Path, ...], schemas: Path | None, output_format: str) -> ExitCode:
    """Check documents against libvirt's schemas, and say what would be right.

    Without schemas they are checked against the model, which knows all releases but not all rules of combination.
    """
    from dataclasses import replace

    from virtsmith.core.findings import worth_failing
    from virtsmith.libvirtxml._validate import find_schemas
    from virtsmith.libvirtxml._validate import validate as check

    folder = schemas or find_schemas()
    found: list[Finding] = []
    with steps("checking", files) as paths:
        for path in paths:
            with naming(path):
                findings = check(read_input(path), folder)
            findings = sorted(findings, key=lambda one: one.where.line or math.inf)
            found.extend(replace(one, where=replace(one.where, file=input_name(path))) for one in findings)
    failed = worth_failing(found)
    if output_format == "json":
        write_json("xml-validate", {"findings": [one.to_dict() for one in found], "valid": not failed})
    else:
        _print_findings(found, len(files))
    return ExitCode.FINDINGS if failed else ExitCode.OK


def _print_findings(found: list[Finding], count: int) -> None:
    for one in found:
        where = f"{one.where}: " if one.where.file else ""
        text = f"{where}{one.subject}: {one.message}"
        if one.severity == "note":
            say(f"note: {text}")
        else:
            write_output(f"{text}\n")
    errors = [one for one in found if one.severity != "note"]
    bad = len({one.where.file for one in errors})
    say(f"{count} checked, {count - bad} valid, {bad} not valid")


@examples("virtsmith xml schema domain -o domain.schema.json", "virtsmith xml schema --lenient disk")
@group.command()
@click.argument("name", metavar="TYPE")
@click.option("--lenient", is_flag=True, help="Let all values pass, not only those that libvirt allows.")
@output_option
def schema(name: str, output: Path, *, lenient: bool) -> None:
    """Print the JSON Schema of a TYPE: a document (domain), a class (DiskFile) or an element (disk)."""
    from virtsmith.libvirtxml._fragments import find_type
    from virtsmith.libvirtxml._jsonschema import json_schema

    data = json_schema(find_type(name), strict=not lenient)
    write_output(json.dumps(data, indent=2, ensure_ascii=False) + "\n", output)
