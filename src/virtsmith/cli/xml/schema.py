"""``virtsmith xml schema``: the JSON Schema of documents and their parts."""

from __future__ import annotations

import json
from pathlib import Path

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import output_option
from virtsmith.cli.output import write_output


@examples("virtsmith xml schema domain -o domain.schema.json", "virtsmith xml schema --lenient disk")
@click.command()
@click.argument("name", metavar="TYPE")
@click.option("--lenient", is_flag=True, help="Accept all values, not only those that libvirt allows.")
@output_option
def schema(name: str, output: Path, *, lenient: bool) -> None:
    """Print the JSON Schema of a TYPE: a document (domain), a class (DiskFile) or an element (disk)."""
    from libvirtxml import find_type, json_schema

    data = json_schema(find_type(name), strict=not lenient)
    write_output(json.dumps(data, indent=2, ensure_ascii=False) + "\n", output)


COMMANDS: tuple[click.Command, ...] = (schema,)
