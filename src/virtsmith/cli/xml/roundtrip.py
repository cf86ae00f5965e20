"""``virtsmith xml roundtrip``: prove that reading and writing loses nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import format_option
from virtsmith.cli.output import say, steps, write_json, write_output
from virtsmith.errors import ExitCode, InputError

if TYPE_CHECKING:
    from libvirtxml import RoundTrip


@examples("virtsmith xml roundtrip web.xml", "virtsmith xml roundtrip --verbose documents/")
@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-v", "--verbose", is_flag=True, help="Name every file that was skipped.")
@format_option("text", "json")
def roundtrip(paths: tuple[Path, ...], output_format: str, *, verbose: bool) -> ExitCode:
    """Read every document below the PATHS, write it, and compare strictly.

    Compared are elements, attributes, exact values, text, namespaces and prefixes, the order of children, comments.
    Exits with 1 if anything differs.
    """
    from libvirtxml import find_documents, round_trip

    missing = [path for path in paths if not path.exists()]
    if missing:
        raise InputError("cannot read: no such file or directory", source=str(missing[0]))
    documents = list(find_documents(paths))
    if not documents:
        raise InputError("no documents found", source=str(paths[0]), hint="they are files that end in .xml")
    with steps("round trips", documents) as left:
        results = [round_trip(path) for path in left]
    if output_format == "json":
        write_json("xml-roundtrip", _as_data(results))
    else:
        _print(results, verbose=verbose)
    return ExitCode.FINDINGS if any(one.differences for one in results) else ExitCode.OK


def _as_data(results: list[RoundTrip]) -> dict[str, Any]:
    read = [one for one in results if not one.skipped]
    return {
        "documents": len(read),
        "identical": sum(not one.differences for one in read),
        "types": Counter(one.type for one in read if one.type),
        "differences": _rows(results, "differences"),
        "unknown": _rows(results, "unknown"),
        "private": _rows(results, "private"),
        "skipped": [{"file": str(one.file), "reason": one.skipped} for one in results if one.skipped],
    }


def _rows(results: list[RoundTrip], what: str) -> list[dict[str, str]]:
    return [
        {"file": str(one.file), "path": item.path, "message": item.message}
        for one in results
        for item in getattr(one, what)
    ]


def _print(results: list[RoundTrip], *, verbose: bool) -> None:
    read = [one for one in results if not one.skipped]
    lines = [f"{one.file}: {difference}" for one in read for difference in one.differences]
    unknown = [f"  {one.file}: {problem}" for one in read for problem in one.unknown]
    if unknown:
        lines += ["unknown content, kept as it is:", *unknown]
    private = sum(len(one.private) for one in read)
    if private:
        files = sum(bool(one.private) for one in read)
        lines.append(f"private data of libvirtd in documents, kept as it is: {private} parts in {files} files")
    skipped = [one for one in results if one.skipped]
    if skipped:
        lines.append("skipped:")
        lines += _table(Counter(one.skipped for one in skipped))
    if verbose:
        lines += [f"  {one.file}: {one.skipped}" for one in skipped]
    if read:
        lines.append("documents:")
        lines += _table(Counter(one.type or "unreadable" for one in read))
    write_output("".join(f"{line}\n" for line in lines))
    different = sum(bool(one.differences) for one in read)
    say(
        f"{len(read)} documents, {len(read) - different} identical, {different} different, {len(skipped)} files skipped"
    )


def _table(counts: Counter[str]) -> list[str]:
    return [f"  {count:>6}  {name}" for name, count in counts.most_common()]


COMMANDS: tuple[click.Command, ...] = (roundtrip,)
