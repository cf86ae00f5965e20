"""``virtsmith abi diff``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.abi.allow import allow_option, read_allowances, reviewed
from virtsmith.cli.abi.sources import SOURCES, Wanted, dump_options, load_sources, make_loads
from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.output import progress, say, write_output
from virtsmith.errors import ExitCode, UsageError
from virtsmith.report.report import Page, Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from virtsmith.abi.diff.allowances import Review
    from virtsmith.abi.diff.sets import Choice, DumpSet
    from virtsmith.abi.dump.model import Comparison, Impact, Load

_IMPACTS = ("break", "guest-visible", "reboot-visible", "representation", "one-sided", "noise")
_HIDDEN_HINT = "--all-impacts shows them"


@examples(
    "virtsmith abi diff qemu@10.0.13 qemu@11.1 --machine 'pc-q35-*' --both-ways",
    "virtsmith abi diff 10.0.2 10.0.13 11.1.3 --devices virtio",
    "virtsmith abi diff qemu@10.0.13 qemu@11.1 --machine pc-q35-7.2 --migrate",
    "virtsmith abi diff dumps --format html -o report.html",
    "virtsmith abi diff 10.0.13 11.1.3 --allow abi-allow.toml",
    "virtsmith abi diff qemu@10.0 ./qemu-system-x86_64 --fail-on break --format sarif -o abi.sarif",
)
@click.command()
@click.argument("sources", nargs=-1, required=True, metavar=f"{SOURCES}...")
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
@click.option(
    "--migrate", "with_loads", is_flag=True,
    help="Make real loads between the QEMUs as well, both states; remembered ones are not made again.",
)  # fmt: skip
@click.option(
    "--loads", "loads", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Real loads to judge by too: what `abi migrate --json -o FILE` wrote; repeatable.",
)  # fmt: skip
@allow_option
@click.option(
    "--write-allow", "begun", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Begin such a file with what is shown now and not allowed yet; a person must fill in the reasons.",
)  # fmt: skip
@dump_options
@findings_output
def diff(
    sources: tuple[str, ...], *, machines: tuple[str, ...], devices: tuple[str, ...], accel: str | None, pairs: str,
    min_impact: str, fail_on: str, folder: Path | None, jobs: int | None, loads: tuple[Path, ...],
    allow: tuple[Path, ...], begun: Path | None, both_ways: bool, all_impacts: bool, with_loads: bool, fresh: bool,
) -> Report:  # fmt: skip
    """Compare what two or more QEMUs show of the same machine types; exit 1 if a guest can notice.

    QEMU is a version of the ark (qemu@10.0), the one on the search path (system), a program or a recording (*.replies);
    dumps of it are made if they do not exist. DUMP is a file; a version alone (10.0.2) means dumps that exist. FOLDER
    holds the dumps of one binary, or of many, which are then compared in the order of their versions.

    The order matters: a guest goes from the first to the second. Every difference is judged by a numbered rule
    (`virtsmith abi rules`); what no rule knows counts as visible to guests. Nothing here says "compatible": the verdict
    names the methods that ran and what they leave open.
    """
    from virtsmith.abi.dump.model import Impact
    from virtsmith.abi.migrate.results import read_loads

    allowances = read_allowances(allow)
    if begun is not None and begun.exists():
        raise UsageError(f"{begun} exists already", hint="write to another file, and move its entries over")
    made = [load for file in loads for load in read_loads(file)]
    wanted = Wanted(machines, devices, accel, folder, jobs, fresh=fresh)
    sets = load_sources(sources, wanted)
    if len(sets) < 2:
        raise UsageError("one QEMU cannot be compared", hint=f"name two of {SOURCES}")
    made += make_loads(sources, wanted) if with_loads else []
    comparisons = _compare(sets, wanted.choice, pairs, made, both_ways=both_ways)
    if not _anything(comparisons, chosen=bool(machines or devices)):
        raise UsageError("these QEMUs have no dump of the same machine type, devices and accelerator in common")
    least = Impact.NOISE if all_impacts else Impact(min_impact)
    review = reviewed(comparisons, allowances)
    if begun is not None:
        _begin(review.comparisons, least, begun)
    return _report(review, least, fail_on, sources[-1])


def _compare(
    sets: list[DumpSet], choice: Choice, pairs: str, loads: Sequence[Load], *, both_ways: bool
) -> list[Comparison]:  # fmt: skip
    from virtsmith.abi.diff.sets import compare_sets, iter_pairs

    chosen = list(iter_pairs(sets, pairs))
    if both_ways and pairs != "all":
        chosen += [(b, a) for a, b in chosen]
    with progress() as shown:
        return compare_sets(chosen, choice, loads, shown)


def _anything(comparisons: Sequence[Comparison], *, chosen: bool) -> bool:
    """Whether something that was asked for was compared; binaries do not count where a machine type was chosen."""
    if any(each.machine is not None for each in comparisons):
        return True
    return any(each.differences for each in comparisons) if chosen else any(each.compared for each in comparisons)


def _begin(comparisons: Sequence[Comparison], least: Impact, target: Path) -> None:
    from virtsmith.abi.diff.allow_file import draft

    text = draft(comparisons, least)
    write_output(text, target)
    count = text.splitlines().count("[[allow]]")
    say(
        f"wrote {target}: "
        + (f"{count} entries, each of which needs a reason" if count else "nothing is left to allow")
    )


def _exit_code(comparisons: Sequence[Comparison], fail_on: str) -> ExitCode:
    from virtsmith.abi.diff.compare import at_least
    from virtsmith.abi.diff.verdict import Word, judge
    from virtsmith.abi.dump.model import Impact

    if fail_on == "never":
        return ExitCode.OK
    for each in comparisons:
        if at_least(each.standing, Impact(fail_on)) or judge(each).word in (Word.BREAKS, Word.UNJUDGED):
            return ExitCode.FINDINGS
    return ExitCode.OK


def _report(review: Review, least: Impact, fail_on: str, source: str) -> Report:
    from virtsmith.abi.diff import allowances, findings, tables
    from virtsmith.abi.diff.rule_file import load_rules

    comparisons = review.comparisons
    others = [findings.UNJUDGED_RULE, allowances.EXPIRED_RULE, allowances.UNUSED_RULE]

    def page() -> Page:
        lines = tables.verdict_lines(comparisons)
        hidden = tables.counts_line(comparisons, least)
        lines += [f"not shown: {hidden} ({_HIDDEN_HINT})"] if hidden else []
        return Page("Is it the same machine?", tables.all_tables(comparisons, least), lines)

    return Report(
        "abi diff", [*findings.to_findings(comparisons, least), *review.findings],
        [*(rule.as_rule() for rule in load_rules().rules), *others], source, page,
        data=lambda: findings.to_data(comparisons, least, review.uses),
        cases=lambda: findings.to_cases(comparisons, least),
        exit_code=_exit_code(comparisons, fail_on),
    )  # fmt: skip


COMMANDS: tuple[click.Command, ...] = (diff,)
