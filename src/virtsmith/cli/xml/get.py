"""``virtsmith xml get``: read values from a document."""

from __future__ import annotations

from pathlib import Path

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import INPUT, format_option
from virtsmith.cli.output import input_name, say, write_json, write_output
from virtsmith.errors import ExitCode


@examples(
    "virtsmith xml get web.xml 'devices.disks[*].source.file'",
    "virtsmith xml get web.xml \"/domain/devices/disk[target/@dev='vda']/source/@file\"",
    "virsh dumpxml web | virtsmith xml get - 'devices.interfaces[source.network=default].mac.address'",
)
@click.command()
@click.argument("file", type=INPUT)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@format_option("text", "json")
def get(file: Path, paths: tuple[str, ...], output_format: str, output: Path) -> ExitCode:
    """Print the values at each PATH of a document, one per line; elements as XML.

    A PATH is dotted (devices.disks[0].target.dev) or an XPath (/domain/devices/disk[1]/target/@dev). Exits with 1 if
    the document has nothing at one of them.
    """
    from libvirtxml import NothingThereError, PathValue
    from libvirtxml import get as look_up

    from virtsmith.cli.xml.inputs import read_document

    document = read_document(file)
    found: list[tuple[str, list[PathValue]]] = []
    for path in paths:
        try:
            found.append((path, look_up(document, path)))
        except NothingThereError as error:
            found.append((path, []))
            say(f"{input_name(file)}: {error.message}" + (f" ({error.hint})" if error.hint else ""))
    if output_format == "json":
        values = [{"path": path, "values": [item.data for item in some]} for path, some in found]
        write_json("xml-get", {"file": input_name(file), "found": values}, output)
    else:
        write_output("".join(f"{item.text}\n" for _, some in found for item in some), output)
    return ExitCode.OK if all(some for _, some in found) else ExitCode.FINDINGS


COMMANDS: tuple[click.Command, ...] = (get,)
