"""``virtsmith xml convert`` and ``format``: the same document in another format or layout."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import INPUT, output_option
from virtsmith.cli.output import STDIO, input_name, is_replaceable, naming, read_input, say, steps, write_output
from virtsmith.errors import ExitCode, UsageError


@examples("virtsmith xml convert web.xml --to yaml", "virsh dumpxml web | virtsmith xml convert - --to json")
@click.command()
@click.argument("file", type=INPUT)
@click.option(
    "--to", "target", type=click.Choice(["json", "yaml", "xml", "python"]), required=True, help="The format to write."
)
@click.option(
    "--from",
    "source",
    type=click.Choice(["xml", "json", "yaml"]),
    help="The format of FILE; by default it is detected.",
)
@output_option
def convert(file: Path, target: str, source: str | None, output: Path) -> None:
    """Write a document as JSON, YAML, XML or Python, losslessly."""
    from libvirtxml import convert as convert_document

    write_output(convert_document(read_input(file, with_memory=False), target, source, name=input_name(file)), output)


@examples("virtsmith xml format web.xml", "virtsmith xml format --check *.xml")
@click.command("format")
@click.argument("files", nargs=-1, required=True, type=INPUT)
@click.option("-i", "--in-place", is_flag=True, help="Rewrite each file instead of printing it.")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if a file is not in libvirt's layout.")
def format_(files: tuple[Path, ...], *, in_place: bool, check: bool) -> ExitCode:
    """Format documents in libvirt's layout: indentation and quotes; nothing else is changed."""
    from libvirtxml import check_same_content, format_xml

    if in_place and check:
        raise UsageError("--in-place and --check exclude each other")
    if in_place and (others := [path for path in files if not is_replaceable(path)]):
        raise UsageError(f"--in-place needs files, not {'standard input' if STDIO in others else others[0]}")
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


COMMANDS: tuple[click.Command, ...] = (convert, format_)
