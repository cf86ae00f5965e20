"""``virtsmith xml diff``: the differences in meaning between two documents."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import INPUT, format_option
from virtsmith.cli.output import STDIO, input_name, read_input, screen_for, write_json, write_output, write_text
from virtsmith.errors import ExitCode, InputError, UsageError

if TYPE_CHECKING:
    from libvirtxml import Change, Element

_NOTHING = Path("/dev/null")
_HEX = re.compile(r"[0-9a-f]{4,64}|\.")


@examples(
    "virtsmith xml diff web.xml other.xml",
    "virtsmith xml diff --profile abi web.xml other.xml --format markdown",
    'git config diff.libvirt.command "virtsmith xml diff"',
)
@click.command()
@click.argument("files", nargs=-1, required=True, type=INPUT, metavar="OLD NEW")
@click.option(
    "--profile",
    type=click.Choice(["all", "config", "abi", "requested"]),
    default="all",
    show_default=True,
    help="config: without runtime and generated values. abi: what a guest sees, and what libvirt refuses in a running"
    " one. requested: OLD was given to libvirt, NEW is what it returned.",
)
@format_option("text", "json", "markdown")
def diff(files: tuple[Path, ...], profile: str, output_format: str, output: Path) -> ExitCode:
    """Show the differences in meaning between two libvirt documents; exit 1 if there are any.

    Numbers, sizes and sets are compared by value, members of lists by identity, order only where libvirt gives it a
    meaning; a missing value is equal to its documented default.

    Called by git as an external diff driver, it takes git's seven arguments and always exits 0.
    """
    from libvirtxml import diff as compare

    if len(files) in (7, 9) and _HEX.fullmatch(str(files[2])):
        return _diff_for_git(files, profile)
    if len(files) != 2:
        raise UsageError(f"two documents are required, got {len(files)}", hint="virtsmith xml diff OLD NEW")
    if files == (STDIO, STDIO):
        raise UsageError("only one of the two can be standard input")
    changes = compare(_read(files[0]), _read(files[1]), profile)
    if output_format == "json":
        write_json("xml-diff", {"profile": profile, "changes": [change.to_dict() for change in changes]}, output)
    else:
        _print(changes, output_format, output)
    return ExitCode.FINDINGS if changes else ExitCode.OK


def _read(path: Path) -> Element:
    from virtsmith.cli.xml.inputs import read_document

    return read_document(path)


def _print(changes: list[Change], output_format: str = "text", output: Path = STDIO) -> None:
    from libvirtxml import changes_as_markdown, changes_as_text

    if output_format == "markdown":
        write_output(changes_as_markdown(changes), output)
    else:
        write_text(changes_as_text(changes, colour=screen_for(output).colour), output)


def _diff_for_git(arguments: tuple[Path, ...], profile: str) -> ExitCode:
    """Answer git: ``path old-file old-hex old-mode new-file new-hex new-mode [new-path similarity]``.

    Files that cannot be compared as libvirt documents (new, deleted or broken ones) are compared by line.
    """
    from libvirtxml import diff as compare

    old, new = arguments[1], arguments[4]
    write_output(f"diff {arguments[0]}" + (f" -> {arguments[7]}" if len(arguments) == 9 else "") + "\n")
    if _NOTHING not in (old, new):
        try:
            changes = compare(_read(old), _read(new), profile)
        except (InputError, UsageError):
            pass
        else:
            _print(changes)
            if not changes:
                write_output("  no difference in meaning\n")
            return ExitCode.OK
    _print_lines(str(arguments[0]), old, new)
    return ExitCode.OK


def _print_lines(name: str, old: Path, new: Path) -> None:
    from difflib import unified_diff

    first, second = (read_input(item).decode(errors="replace").splitlines(keepends=True) for item in (old, new))
    names = [input_name(item) if item == _NOTHING else f"{side}/{name}" for side, item in (("a", old), ("b", new))]
    for line in unified_diff(first, second, names[0], names[1]):
        write_text(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")


COMMANDS: tuple[click.Command, ...] = (diff,)
