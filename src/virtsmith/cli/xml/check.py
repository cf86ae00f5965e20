"""``virtsmith xml check`` and ``since``: which libvirt releases accept a document, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import FOLDER, INPUT, format_option, target_option
from virtsmith.cli.output import input_name, naming, read_input, say, waiting, write_json, write_output
from virtsmith.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from libvirtxml.acceptance import Acceptance, Refusal


@examples(
    "virtsmith xml check web.xml --libvirt 6.0..12.8",
    "virtsmith xml check web.xml --target debian-12 --target ubuntu-24.04",
    "virsh dumpxml web | virtsmith xml check - --min",
)
@click.command()
@click.argument("file", type=INPUT)
@click.option("--libvirt", "wanted", metavar="RANGE", help="A release or range: 6.0, 6.0..12.8, 6.0..; else all known.")
@target_option
@click.option(
    "--min",
    "minimum",
    is_flag=True,
    help="Print the oldest release that accepts FILE, and no more; with --target, of each distribution.",
)
@click.option(
    "--schemas", type=FOLDER, help="Ask real schemas: a folder of libvirt's *.rng, or of such folders named by release."
)
@format_option("text", "json")
def check(
    file: Path, wanted: str | None, targets: tuple[str, ...], schemas: Path | None, output_format: str, *, minimum: bool
) -> ExitCode:  # fmt: skip
    """Tell which libvirt releases accept FILE, and what the others refuse.

    With --target the answer is for distributions, and tells of machine types that their QEMU has not got, too;
    `virtsmith ark targets` lists them.

    Exits with 0 if all that was asked for accepts it, with 1 if something refuses it or is not known. With --min, 0 if
    any accepts it.
    """
    from libvirtxml.acceptance import check as find_acceptance

    if targets and (wanted or schemas):
        raise UsageError("--target does not go with --libvirt or --schemas", hint="write --target libvirt=8.0,qemu=6.2")
    data = read_input(file)
    with naming(file), waiting("asking the schemas") if schemas else nullcontext():
        if targets:
            return _check_targets(data, file, targets, output_format, minimum=minimum)
        found = find_acceptance(data, wanted, schemas=schemas)
    if output_format == "json":
        write_json("xml-check", {"file": input_name(file), **_as_data(found)})
    elif minimum:
        _print_oldest(found)
    else:
        _print(found, input_name(file))
    fine = found.oldest is not None if minimum else found.accepted
    return ExitCode.OK if fine else ExitCode.FINDINGS


def _check_targets(
    data: bytes, file: Path, words: Sequence[str], output_format: str, *, minimum: bool
) -> ExitCode:  # fmt: skip
    from virtsmith.ark.catalogue.targets import Targets
    from virtsmith.ark.check.targets import judge
    from virtsmith.cli.xml import targets as xml_targets

    acceptance, found = judge(data, Targets().choose(words))
    if output_format == "json":
        told = {"file": input_name(file), **_as_data(acceptance), "targets": xml_targets.as_data(found)}
        write_json("xml-check", told)
    elif minimum:
        xml_targets.print_oldest(found)
    else:
        xml_targets.print_verdicts(found, acceptance, input_name(file))
    fine = [one.verdict == "accepted" for one in found]
    return ExitCode.OK if (any(fine) if minimum else all(fine)) else ExitCode.FINDINGS


@examples(
    "virtsmith xml since /domain/devices/tpm/backend/@type=external",
    "virtsmith xml since devices.tpms.backend.type=external",
    "virtsmith xml since \"/domain/devices/disk[@type='network']/source/@query\" --target all",
)
@click.command()
@click.argument("path")
@target_option
@format_option("text", "json")
def since(path: str, targets: tuple[str, ...], output_format: str) -> None:
    """Tell since when libvirt has what PATH means: an element, attribute, value or variant.

    A PATH is an XPath (/domain/devices/tpm/@model) or dotted (devices.tpms.model); =VALUE may follow.

    With --target, tell the first release of each distribution that has it, too.
    """
    from libvirtxml.acceptance import since as find_since

    found = find_since(path)
    chosen = []
    if targets:
        from virtsmith.ark.catalogue.targets import Targets

        chosen = Targets().choose(targets)
    if output_format == "json":
        about: dict[str, Any] = {
            "path": path, "since": found.first or None, "until": found.last, "releases": list(found.releases),
        }  # fmt: skip
        if chosen:
            from virtsmith.cli.xml.targets import firsts_as_data

            about["distributions"] = firsts_as_data(found, chosen)
        write_json("xml-since", about)
        return
    if not found.releases:
        raise UsageError(f"no known libvirt release has {path}")
    write_output(f"{found}\n")
    if chosen:
        from virtsmith.cli.xml.targets import print_firsts

        print_firsts(found, chosen)


def _print_oldest(found: Acceptance) -> None:
    if found.oldest is None:
        say("no release that was asked for accepts it")
        for one in found.refusals[:10]:
            say(f"  {one}")
        return
    write_output(f"{found.oldest}\n")
    for gap in found.gaps:
        if gap.before == found.oldest and gap.verdict == "unknown":
            say(f"releases {gap} are not known: one of them may accept it too")
    names = list(found.verdicts)
    later = [name for name in names[names.index(found.oldest) :] if found.verdicts[name] != "accepted"]
    if later:
        say(f"but later ones refuse it: {_ranges(later, names)}")


def _print(found: Acceptance, name: str) -> None:
    for one in found.refusals:
        write_output(f"{name}{f':{one.line}' if one.line else ''}: {_without_line(one)}\n")
    for verdict in ("accepted", "refused"):
        which = [release for release, one in found.verdicts.items() if one == verdict]
        if which:
            write_output(f"{verdict} by {_ranges(which, list(found.verdicts))}\n")
    for gap in found.gaps:
        if gap.verdict == "unknown":
            write_output(f"not known {gap}\n")
        elif not found.verdicts:
            write_output(f"{gap.verdict} {gap}\n")


def _without_line(one: Refusal) -> str:
    text = str(one)
    return text.partition(": ")[2] if one.line else text


def _ranges(names: list[str], among: list[str]) -> str:
    """Releases as ranges over a list of them: ``1.2.0 to 2.1.0, 7.0.0``."""
    chosen = set(names)
    runs: list[list[str]] = []
    before = ""
    for name in among:
        if name in chosen:
            if runs and before in chosen:
                runs[-1].append(name)
            else:
                runs.append([name])
        before = name
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def _as_data(found: Acceptance) -> dict[str, Any]:
    return {
        "accepted": found.accepted,
        "oldest": found.oldest,
        "releases": {name: verdict.value for name, verdict in found.verdicts.items()},
        "gaps": [{"after": gap.after, "before": gap.before, "verdict": gap.verdict.value} for gap in found.gaps],
        "refusals": [
            {
                "path": one.path, "line": one.line, "kind": one.kind.value, "value": one.value, "message": one.reason,
                "since": one.accepted.first or None, "until": one.accepted.last, "refused": list(one.refused),
            }
            for one in found.refusals
        ],
    }  # fmt: skip


COMMANDS: tuple[click.Command, ...] = (check, since)
