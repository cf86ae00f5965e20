"""``virtsmith abi diff``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.abi.requests import SOURCES, allow_option, request_options
from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output, say_findings
from virtsmith.cli.output import is_replaceable, progress, say, write_output
from virtsmith.errors import ExitCode, UsageError
from virtsmith.report.report import LaterFindings, Page, Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from virtsmith.abi import DumpRequest
    from virtsmith.abi.diff.allowances import Review
    from virtsmith.abi.dump.model import Comparison, Impact

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
    "-d",
    "--devices",
    multiple=True,
    metavar="SET",
    help="Only this set of devices; repeatable.  [default: all in directories; `default` for QEMUs]",
)
@click.option("--accel", type=click.Choice(["tcg", "kvm"]), help="Only this accelerator.  [default: tcg for QEMUs]")
@click.option(
    "--pairs",
    type=click.Choice(["chain", "first", "all"]),
    default="chain",
    show_default=True,
    help="If there are more than two: each with the next, the first with all others, or all in both directions.",
)
@click.option("--both-ways", is_flag=True, help="Also judge the opposite direction.")
@click.option(
    "--min-impact",
    type=click.Choice(_IMPACTS),
    default="reboot-visible",
    show_default=True,
    metavar="IMPACT",
    help=f"The lowest impact to show: {', '.join(_IMPACTS)}.",
)
@click.option("--all-impacts", is_flag=True, help="Show everything, including noise.")
@click.option(
    "--fail-on",
    type=click.Choice([*_IMPACTS, "never"]),
    default="reboot-visible",
    show_default=True,
    metavar="IMPACT",
    help="The lowest impact to exit with 1 for, or never. Anything that could not be judged also counts, unless never.",
)
@click.option(
    "--migrate",
    "with_loads",
    is_flag=True,
    help="Also save and load state between the QEMUs, in both states; cached results are used.",
)
@click.option(
    "--loads",
    "loads",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Loads to take into account, written by `abi migrate --json -o FILE`; repeatable.",
)
@allow_option
@click.option(
    "--write-allow",
    "draft",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Create such a file from the differences that are not allowed yet; somebody must fill in the reasons.",
)
@request_options
@findings_output
def diff(
    sources: tuple[str, ...],
    *,
    request: DumpRequest,
    pairs: str,
    min_impact: str,
    fail_on: str,
    loads: tuple[Path, ...],
    allow: tuple[Path, ...],
    draft: Path | None,
    both_ways: bool,
    all_impacts: bool,
    with_loads: bool,
) -> Report:
    """Compare what two or more QEMUs show of the same machine types; exit 1 if a guest can notice.

    QEMU is a version of the ark (qemu@10.0), the one on the search path (system), a program or a recording (*.replies);
    missing dumps of it are created. DUMP is a file; a version alone (10.0.2) means existing dumps. DIRECTORY holds the
    dumps of one binary, or of many, which are then compared in the order of their versions.

    The order matters: a guest goes from the first to the second. Every difference is judged by a numbered rule
    (`virtsmith abi rules`); a difference without a rule counts as visible to guests. The verdict never says
    "compatible": it names the methods that ran and what they leave open.
    """
    from virtsmith.abi import compare_qemus, load_allowances, read_loads
    from virtsmith.abi.dump.model import Impact

    if draft is not None and draft.exists() and is_replaceable(draft):
        raise UsageError(f"{draft} already exists", hint="write to another file, and move its entries")
    allowances, made = load_allowances(allow), [load for file in loads for load in read_loads(file)]
    with progress() as shown:
        review = compare_qemus(
            sources,
            request,
            pairs=pairs,
            both_ways=both_ways,
            migrate=with_loads,
            loads=made,
            allowances=allowances,
            progress=shown,
        )
    say_findings(review.findings)
    least = Impact.NOISE if all_impacts else Impact(min_impact)
    if draft is not None:
        _begin(review.comparisons, least, draft)
    return _report(review, least, fail_on, sources[-1])


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
    from virtsmith.abi.diff.verdict import is_failing
    from virtsmith.abi.dump.model import Impact

    return ExitCode.FINDINGS if fail_on != "never" and is_failing(comparisons, Impact(fail_on)) else ExitCode.OK


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
        "abi diff",
        LaterFindings(lambda: [*findings.to_findings(comparisons, least), *review.findings]),
        [*(rule.as_rule() for rule in load_rules().rules), *others],
        source,
        page,
        data=lambda: findings.to_data(comparisons, least, review.uses),
        cases=lambda: findings.to_cases(comparisons, least),
        exit_code=_exit_code(comparisons, fail_on),
    )


COMMANDS: tuple[click.Command, ...] = (diff,)
