"""``virtsmith xml show``: a summary of a document."""

from __future__ import annotations

from pathlib import Path

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import INPUT, format_option
from virtsmith.cli.output import write_json, write_output
from virtsmith.cli.xml.inputs import read_document
from virtsmith.core.terminal import one_line


@examples("virtsmith xml show web.xml", "virsh dumpxml web | virtsmith xml show -")
@click.command()
@click.argument("file", type=INPUT)
@format_option("text", "json")
def show(file: Path, output_format: str, output: Path) -> None:
    """Show a summary of a document."""
    from libvirtxml import outline

    element = read_document(file)
    unknown, problems = element.unknown(), element.problems()
    if output_format == "json":
        data = {"document": element.to_dict(), "unknown": list(map(str, unknown)), "problems": list(map(str, problems))}
        write_json("xml-show", data, output)
        return
    lines = list(outline(element))
    forbidden = "not allowed by libvirt's schema, or not defined by libvirt"
    for title, found in (("not in the model", unknown), (forbidden, problems)):
        if found:
            lines += ["", f"{title}:", *(f"  {item}" for item in found)]
    write_output("".join(f"{one_line(line)}\n" for line in lines), output)


COMMANDS: tuple[click.Command, ...] = (show,)
