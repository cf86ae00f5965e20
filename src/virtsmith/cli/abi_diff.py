"""``virtsmith abi diff``, ``history`` and ``rules``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import format_option, output_option
from virtsmith.cli.output import STDIO, colour_wanted, progress, say, write_json, write_output
from virtsmith.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from virtsmith.abi.diff.sets import Choice, DumpSet
    from virtsmith.abi.model import Comparison, Impact
    from virtsmith.report.table import Table

_IMPACTS = ("break", "guest-visible", "reboot-visible", "representation", "one-sided", "noise")
_SOURCES = "QEMU|DUMP|FOLDER"
_VERSION = re.compile(r"\d+\.[\w.-]+")
_HIDDEN_HINT = "--all-impacts shows them"


def dump_options(command: Any) -> Any:
    """The options that say where dumps are, and how those are made that do not exist."""
    for option in (
        click.option("--fresh", is_flag=True, help="Make dumps of QEMUs again that exist."),
        click.option(
            "--dumps", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
            envvar="VIRTSMITH_ABI",
            help="The folder of dumps.  [default: $VIRTSMITH_ABI, or abi in the user's data folder]",
        ),
        click.option(
            "-j", "--jobs", type=click.IntRange(1, 64), help="Machines at once.  [default: one per processor]"
        ),
    ):  # fmt: skip
        command = option(command)
    return command


@examples(
    "virtsmith abi diff qemu@10.0.13 qemu@11.1 --machine 'pc-q35-*' --both-ways",
    "virtsmith abi diff 10.0.2 10.0.13 11.1.3 --devices virtio",
    "virtsmith abi diff dumps --format html -o report.html",
    "virtsmith abi diff qemu@10.0 ./qemu-system-x86_64 --fail-on break --format sarif -o abi.sarif",
)
@click.command()
@click.argument("sources", nargs=-1, required=True, metavar=f"{_SOURCES}...")
@click.option(
    "-m", "--machine", "machines", multiple=True, metavar="GLOB", help="Only these machine types; repeatable."
)
@click.option(
    "-d", "--devices", multiple=True, metavar="SET",
    help="Only this set of devices; repeatable.  [default: all in folders; `default` for QEMUs]",
)  # fmt: skip
@click.option("--accel", type=click.Choice(["tcg", "kvm"]), help="Only this accelerator.  [default: tcg for QEMUs]")
@click.option(
    "--pairs", type=click.Choice(["chain", "first", "all"]), default="chain", show_default=True,
    help="Of more than two: each with the next, the first with all others, or all, both ways.",
)  # fmt: skip
@click.option("--both-ways", is_flag=True, help="Judge the way back as well.")
@click.option(
    "--min-impact", type=click.Choice(_IMPACTS), default="reboot-visible", show_default=True, metavar="IMPACT",
    help=f"The least impact that is shown: {', '.join(_IMPACTS)}.",
)  # fmt: skip
@click.option("--all-impacts", is_flag=True, help="Show everything, noise included.")
@click.option(
    "--fail-on", type=click.Choice([*_IMPACTS, "never"]), default="reboot-visible", show_default=True, metavar="IMPACT",
    help="The least impact for which to exit with 1, or never. What could not be judged counts too, but for never.",
)  # fmt: skip
@dump_options
@format_option("text", "json", "markdown", "sarif", "junit", "html")
@output_option
def diff(
    sources: tuple[str, ...], *, machines: tuple[str, ...], devices: tuple[str, ...], accel: str | None, pairs: str,
    min_impact: str, fail_on: str, folder: Path | None, jobs: int | None, output_format: str, output: Path,
    both_ways: bool, all_impacts: bool, fresh: bool,
) -> ExitCode:  # fmt: skip
    """Compare what two or more QEMUs show of the same machine types; exit 1 if a guest can notice.

    QEMU is a version of the ark (qemu@10.0), the one on the search path (system), a program or a recording (*.replies);
    dumps of it are made if they do not exist. DUMP is a file; a version alone (10.0.2) means dumps that exist. FOLDER
    holds the dumps of one binary, or of many, which are then compared in the order of their versions.

    The order matters: a guest goes from the first to the second. Every difference is judged by a numbered rule
    (`virtsmith abi rules`); what no rule knows counts as visible to guests. Nothing here says "compatible": the verdict
    names the methods that ran and what they leave open.
    """
    from virtsmith.abi.model import Impact

    wanted = Wanted(machines, devices, accel, folder, jobs, fresh=fresh)
    sets = load_sources(sources, wanted)
    if len(sets) < 2:
        raise UsageError("one QEMU cannot be compared", hint=f"name two of {_SOURCES}")
    comparisons = _compare(sets, wanted.choice, pairs, both_ways=both_ways)
    if not _anything(comparisons, chosen=bool(machines or devices)):
        raise UsageError("these QEMUs have no dump of the same machine type, devices and accelerator in common")
    least = Impact.NOISE if all_impacts else Impact(min_impact)
    _show(comparisons, least, output_format, output)
    return _exit_code(comparisons, fail_on)


class Wanted:
    """Which dumps are wanted, and how to come by those that do not exist."""

    def __init__(
        self, machines: tuple[str, ...], devices: tuple[str, ...], accel: str | None, folder: Path | None,
        jobs: int | None, *, fresh: bool,
    ) -> None:  # fmt: skip
        from virtsmith.abi.diff.sets import Choice
        from virtsmith.abi.store import open_store

        self.machines, self.devices, self.accel, self.jobs, self.fresh = machines, devices, accel, jobs, fresh
        self.store = open_store(folder)
        self.choice: Choice = Choice(machines, devices, (accel,) if accel else ())


def load_sources(sources: Sequence[str], wanted: Wanted, *, binaries_only: bool = False) -> list[DumpSet]:
    """Read the dumps that some words of the command line mean; QEMUs and recordings are dumped now."""
    from virtsmith.abi.diff.sets import load_sets

    found: list[DumpSet] = []
    for source in sources:
        path = Path(source)
        if path.is_dir() or path.suffix == ".json":
            found += load_sets(path, wanted.choice)
        elif _VERSION.fullmatch(source) and not path.exists():
            found += load_sets(wanted.store.find(source, None, "").parent, wanted.choice)
        else:
            found.append(_make(source, wanted, binaries_only=binaries_only))
    return found


def _make(source: str, wanted: Wanted, *, binaries_only: bool) -> DumpSet:
    from virtsmith.abi.binary import find_emulator
    from virtsmith.abi.devices import device_set
    from virtsmith.abi.diff.sets import Choice, load_sets
    from virtsmith.abi.dumping import Order, make_dumps
    from virtsmith.abi.jobs import open_executor

    emulator = find_emulator(source)
    sets = [] if binaries_only else [device_set(name) for name in wanted.devices or ("default",)]
    accel = wanted.accel or "tcg"
    order = Order(wanted.machines if sets else (), sets, accel, wanted.fresh)
    with open_executor(wanted.jobs) as executor, progress() as shown:
        for made in make_dumps([emulator], order, wanted.store, executor, shown):
            if made.error:
                say(f"warning: {made.machine or 'QEMU itself'} ({made.binary.version}): {made.error}")
    choice = Choice(wanted.machines, tuple(each.label for each in sets), (accel,))
    return load_sets(wanted.store.path / emulator.binary.key, choice)[0]


def _compare(sets: list[DumpSet], choice: Choice, pairs: str, *, both_ways: bool) -> list[Comparison]:
    from virtsmith.abi.diff.sets import compare_sets, iter_pairs

    chosen = list(iter_pairs(sets, pairs))
    if both_ways and pairs != "all":
        chosen += [(b, a) for a, b in chosen]
    with progress() as shown:
        return compare_sets(chosen, choice, progress=shown)


def _anything(comparisons: Sequence[Comparison], *, chosen: bool) -> bool:
    """Whether something was compared that was asked for; what QEMUs say of themselves is not, if a type was named."""
    if any(each.machine is not None for each in comparisons):
        return True
    return any(each.differences for each in comparisons) if chosen else any(each.compared for each in comparisons)


def _exit_code(comparisons: Sequence[Comparison], fail_on: str) -> ExitCode:
    from virtsmith.abi.diff.tables import at_least
    from virtsmith.abi.diff.verdict import Word, judge
    from virtsmith.abi.model import Impact

    if fail_on == "never":
        return ExitCode.OK
    for each in comparisons:
        if at_least(each.differences, Impact(fail_on)) or judge(each).word in (Word.BREAKS, Word.UNJUDGED):
            return ExitCode.FINDINGS
    return ExitCode.OK


def _show(comparisons: Sequence[Comparison], least: Impact, output_format: str, output: Path) -> None:
    from virtsmith.abi.diff import findings, tables
    from virtsmith.abi.diff.rule_file import load_rules
    from virtsmith.report import html, junit, sarif

    match output_format:
        case "json":
            write_json("abi-diff", findings.to_data(comparisons, least), output)
        case "sarif":
            rules = [*(rule.as_rule() for rule in load_rules().rules), findings.UNJUDGED_RULE]
            write_output(sarif.render_findings(findings.to_findings(comparisons, least), rules), output)
        case "junit":
            write_output(junit.render_cases("virtsmith abi diff", findings.to_cases(comparisons, least)), output)
        case "html":
            facts = {f"verdict {number}": line for number, line in enumerate(tables.verdict_lines(comparisons), 1)}
            page = html.render_page("Is it the same machine?", tables.all_tables(comparisons, least), facts)
            write_output(page, output)
        case _:
            lines = tables.verdict_lines(comparisons)
            hidden = tables.counts_line(comparisons, least)
            lines += [f"not shown: {hidden} ({_HIDDEN_HINT})"] if hidden else []
            write_output(_as_text(tables.all_tables(comparisons, least), lines, output_format, output), output)


def _as_text(shown: Sequence[Table], lines: Sequence[str], output_format: str, output: Path) -> str:
    from virtsmith.abi.diff import tables
    from virtsmith.report import markdown, text

    if output_format == "markdown":
        return "\n".join([*(markdown.render_table(each) for each in shown), *(f"- {line}" for line in lines), ""])
    colour = output == STDIO and colour_wanted()
    parts = [text.render_table(each, colour=colour) if each.title != tables.RULES else _blocks(each) for each in shown]
    return "\n".join([*parts, *lines, ""])


def _blocks(explained: Table) -> str:
    """Rules one below the other: their sentences are too long for a table on a terminal."""
    rows = [[cell.text for cell in row] for row in explained.rows]
    return "".join(f"{name}: {title}\n  why: {why}\n  fix: {fix}\n" for name, title, why, fix in rows)


@examples(
    "virtsmith abi history recordings/*.replies qemu@11.1 --machine 'pc-q35-*'",
    "virtsmith abi history dumps --device 'virtio-*-pci.*queue*' --changed",
    "virtsmith abi history dumps --cpu 'Skylake*'",
)
@click.command()
@click.argument("sources", nargs=-1, required=True, metavar=f"{_SOURCES}...")
@click.option(
    "-m", "--machine", metavar="GLOB", help="Machine types to follow.  [default: all, if nothing else is asked]"
)
@click.option("--cpu", metavar="GLOB", help="CPU models to follow.")
@click.option("--device", metavar="TYPE[.PROPERTY]", help="Defaults of device properties to follow; patterns are fine.")
@click.option("--changed", is_flag=True, help="Only what is not the same in all versions.")
@dump_options
@format_option("text", "json", "markdown", "html")
@output_option
def history(
    sources: tuple[str, ...], *, machine: str | None, cpu: str | None, device: str | None, folder: Path | None,
    jobs: int | None, output_format: str, output: Path, changed: bool, fresh: bool,
) -> None:  # fmt: skip
    """Follow machine types, CPU models or defaults over any number of QEMU versions.

    Recordings of QEMU's answers (libvirt's *.replies files) do as well as QEMU itself; see `virtsmith abi diff --help`
    for what else can be named.
    """
    from virtsmith.abi.diff.history import Timeline
    from virtsmith.abi.diff.sets import ITSELF
    from virtsmith.abi.diff.tables import history_tables

    wanted = Wanted((), (), None, folder, jobs, fresh=fresh)
    timeline = Timeline.of(
        dump for each in load_sources(sources, wanted, binaries_only=True) if (dump := each.find(ITSELF)) is not None
    )
    if not timeline.versions:
        raise UsageError("none of these is a dump of a QEMU itself", hint="name a QEMU, a recording or binary.json")
    asked = {"machines": machine, "cpus": cpu} if machine or cpu or device else {"machines": "*"}
    lives = {section: timeline.lifetimes(section, pattern) for section, pattern in asked.items() if pattern}
    courses = timeline.courses(device) if device else []
    if changed:
        lives = {section: [one for one in found if one.changes] for section, found in lives.items()}
        courses = [one for one in courses if one.changes]
    if not courses and not any(lives.values()):
        say("nothing fits")
    if output_format == "json":
        data = {section: [one.to_dict() for one in found] for section, found in lives.items()}
        data |= {"defaults": [one.to_dict() for one in courses]} if device else {}
        write_json("abi-history", {"versions": list(timeline.versions), **data}, output)
        return
    shown = history_tables(timeline, lives, courses)
    if output_format == "html":
        from virtsmith.report import html

        write_output(html.render_page("What came when, and went", shown), output)
        return
    write_output(_as_text(shown, [], output_format, output), output)


@examples("virtsmith abi rules", "virtsmith abi rules ABI-QUEUE-SIZE ABI-LINK-STATUS")
@click.command()
@click.argument("wanted", nargs=-1, metavar="[RULE]...")
@format_option("text", "json", "markdown")
def rules(wanted: tuple[str, ...], output_format: str) -> None:
    """Explain the rules by which differences are judged: what each finds, why it matters, what to do."""
    from virtsmith.abi.diff.rule_file import load_rules
    from virtsmith.abi.diff.tables import catalogue

    chosen = [rule for rule in load_rules().rules if not wanted or rule.id in {name.upper() for name in wanted}]
    if not chosen:
        raise UsageError(f"no such rule: {', '.join(wanted)}", hint="virtsmith abi rules lists them all")
    if output_format == "json":
        items = [
            {"id": rule.id, "impact": rule.impact.value, "title": rule.title, "why": rule.reason, "fix": rule.fix}
            for rule in chosen
        ]
        write_json("abi-rules", {"rules": items})
    elif output_format == "markdown":
        write_output(catalogue(chosen))
    else:
        blocks = [f"{one.id} ({one.impact}): {one.title}\n  why: {one.reason}\n  fix: {one.fix}\n" for one in chosen]
        write_output("\n".join(blocks))


COMMANDS: tuple[click.Command, ...] = (diff, history, rules)
