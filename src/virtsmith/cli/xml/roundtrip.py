"""``virtsmith xml roundtrip``: prove that reading and writing loses nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from libvirtxml.findings import Finding, Location
from libvirtxml.rules import DIFFERENCE_RULE, PRIVATE_RULE, ROUND_TRIP_RULES, UNKNOWN_RULE

from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.output import steps
from virtsmith.core.terminal import one_line
from virtsmith.errors import InputError
from virtsmith.report.report import Report

if TYPE_CHECKING:
    from libvirtxml import RoundTrip


@examples("virtsmith xml roundtrip web.xml", "virtsmith xml roundtrip --verbose documents/")
@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-v", "--verbose", is_flag=True, help="Name every file that was skipped.")
@findings_output
def roundtrip(paths: tuple[Path, ...], *, verbose: bool) -> Report:
    """Read every document below the PATHS, write it, and compare strictly.

    The comparison covers elements, attributes, exact values, text, namespaces, prefixes, order of children, comments.
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
    different = sum(bool(result.differences) for result in results)
    read = sum(not result.skipped for result in results)
    skipped = len(results) - read
    return Report(
        "xml roundtrip",
        [*_findings(results)],
        ROUND_TRIP_RULES,
        text=lambda _: _text(results, verbose=verbose),
        remarks=[f"{read} documents, {read - different} identical, {different} different, {skipped} files skipped"],
        data=lambda: _as_data(results),
    )


def _findings(results: list[RoundTrip]) -> Iterator[Finding]:
    rules = {"differences": DIFFERENCE_RULE, "unknown": UNKNOWN_RULE, "private": PRIVATE_RULE}
    for result in results:
        for what, rule in rules.items():
            for item in getattr(result, what):
                where = Location(str(result.file))
                yield Finding(rule.id, rule.severity, item.path, item.message, where=where)


def _as_data(results: list[RoundTrip]) -> dict[str, Any]:
    read = [result for result in results if not result.skipped]
    return {
        "documents": len(read),
        "identical": sum(not item.differences for item in read),
        "types": Counter(item.type for item in read if item.type),
        "differences": _rows(results, "differences"),
        "unknown": _rows(results, "unknown"),
        "private": _rows(results, "private"),
        "skipped": [{"file": str(result.file), "reason": result.skipped} for result in results if result.skipped],
    }


def _rows(results: list[RoundTrip], what: str) -> list[dict[str, str]]:
    return [
        {"file": str(result.file), "path": item.path, "message": item.message}
        for result in results
        for item in getattr(result, what)
    ]


def _text(results: list[RoundTrip], *, verbose: bool) -> str:
    read = [result for result in results if not result.skipped]
    lines = [f"{item.file}: {difference}" for item in read for difference in item.differences]
    unknown = [f"  {item.file}: {problem}" for item in read for problem in item.unknown]
    if unknown:
        lines += ["unknown content, kept unchanged:", *unknown]
    private = sum(len(item.private) for item in read)
    if private:
        files = sum(bool(item.private) for item in read)
        lines.append(f"private data of libvirtd in documents, kept unchanged: {private} parts in {files} files")
    skipped = [result for result in results if result.skipped]
    if skipped:
        lines.append("skipped:")
        lines += _table(Counter(item.skipped for item in skipped))
    if verbose:
        lines += [f"  {item.file}: {item.skipped}" for item in skipped]
    if read:
        lines.append("documents:")
        lines += _table(Counter(item.type or "unreadable" for item in read))
    return "".join(f"{one_line(line)}\n" for line in lines)


def _table(counts: Counter[str]) -> list[str]:
    return [f"  {count:>6}  {name}" for name, count in counts.most_common()]


COMMANDS: tuple[click.Command, ...] = (roundtrip,)
