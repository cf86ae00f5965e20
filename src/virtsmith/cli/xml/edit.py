"""``virtsmith xml edit``: change a document and leave the rest of its text alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import INPUT
from virtsmith.cli.output import STDIO, input_name, is_replaceable, naming, read_input, say, write_output
from virtsmith.errors import UsageError

if TYPE_CHECKING:
    from libvirtxml import Edit


@examples(
    "virtsmith xml edit web.xml --set memory=8GiB --diff",
    "virtsmith xml edit web.xml -i --set 'devices.disks[target.dev=vda].driver.cache=none'",
    "virtsmith xml edit web.xml --add 'devices.interfaces={type: bridge, source: {bridge: br0}}'",
    "virtsmith xml edit web.xml --remove 'devices.disks[target.dev=vda]'",
)
@click.command()
@click.argument("file", type=INPUT)
@click.option(
    "--set", "sets", multiple=True, metavar="PATH=VALUE", help="Set a value; missing elements on the way are created."
)
@click.option("--add", "adds", multiple=True, metavar="PATH=VALUE", help="Add a member to a list, or a missing part.")
@click.option("--remove", "removes", multiple=True, metavar="PATH", help="Remove a value, an element or list members.")
@click.option("-i", "--in-place", is_flag=True, help="Rewrite FILE instead of printing the result.")
@click.option("--diff", "as_diff", is_flag=True, help="Print the change as a unified diff; change nothing.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, allow_dash=True), metavar="FILE", help="Write the result to FILE."
)
def edit(  # noqa: PLR0917 - click passes them by name
    file: Path,
    sets: tuple[str, ...],
    adds: tuple[str, ...],
    removes: tuple[str, ...],
    in_place: bool,
    as_diff: bool,
    output: Path | None,
) -> None:
    """Change a libvirt document; every other byte stays as it is.

    A PATH is dotted (devices.disks[0].target.dev) or an XPath (/domain/devices/disk[1]/target/@dev). Removals are done
    first, then --set, then --add. All succeed, or nothing is written.
    """
    from libvirtxml import apply
    from libvirtxml import edit as start

    if sum([in_place, as_diff, output is not None]) > 1:
        raise UsageError("--in-place, --diff and --output exclude each other")
    if in_place and not is_replaceable(file):
        raise UsageError(f"--in-place needs a file, not {'standard input' if file == STDIO else file}")
    with naming(file):
        change: Edit[Any] = start(read_input(file))
    change.name = input_name(file)
    pairs = ([_split(set_, "--set") for set_ in sets], [_split(add, "--add") for add in adds])
    apply(change.document, remove=removes, set=pairs[0], add=pairs[1])
    change.finish()
    if as_diff:
        write_output(change.unified_diff("document.xml" if file == STDIO else change.name))
    elif not in_place:
        write_output(change.data, output or STDIO, check=change.check)
    elif change.changed:
        write_output(change.data, file, check=change.check)
    else:
        say(f"nothing to change: {change.name}")


def _split(option: str, name: str) -> tuple[str, str]:
    from libvirtxml import split_assignment

    path, value = split_assignment(option)
    if value is None:
        raise UsageError(f"{name} needs PATH=VALUE, got {option!r}")
    return path, value


COMMANDS: tuple[click.Command, ...] = (edit,)
