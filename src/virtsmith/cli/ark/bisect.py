"""``virtsmith ark bisect``: which release broke it?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import INPUT, format_option
from virtsmith.cli.output import input_name, progress, read_input, say, table_text, write_json, write_output
from virtsmith.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from virtsmith.ark.bisect.outcome import Bisection
    from virtsmith.ark.bisect.trial import Trial

_STEPS = ("capabilities", "define", "to-native", "start", "save", "restore", "migrate")
_STANDARD_ERROR = 2


@examples(
    "virtsmith ark bisect qemu --good 7.2 --bad 11.1 -- ./test.sh",
    "virtsmith ark bisect libvirt --good 9.0 --bad 12.8 --pairs 7.2 --domain web.xml --step define",
)
@click.command()
@click.argument("app", type=click.Choice(["qemu", "libvirt"]))
@click.option("--good", required=True, metavar="VERSION", help="With it the test succeeds; older than --bad.")
@click.option("--bad", required=True, metavar="VERSION", help="With it the test fails.")
@click.option("--domain", "document", type=INPUT, metavar="DOMAIN.xml", help="The test: a step of ark check.")
@click.option("--step", type=click.Choice(_STEPS), default="start", show_default=True, help="The step of --domain.")
@click.option("--pytest", "node", metavar="NODE", help="The test: FILE::TEST, which uses the ark's fixtures.")
@click.option(
    "--pairs",
    default="",
    metavar="VERSIONS",
    help="Installed versions of the other application to try each with: all, min,max, >=7, 9.0.  [default: the newest,"
    " where the test needs one]",
)
@click.option(
    "--accel", type=click.Choice(["auto", "tcg", "kvm"]), default="auto", show_default=True, help="For --domain."
)
@click.option("--log", type=click.Path(path_type=Path), metavar="FILE", help="Where results are kept.")
@click.option("--fresh", is_flag=True, help="Ignore the log of an earlier run.")
@click.option("--target", metavar="NAME", help="QEMU's target: aarch64, s390x, ...  [default: this machine's]")
@click.option("--mirror", metavar="URL", help="Address of the archive.")
@click.option("--keyring", type=click.Path(path_type=Path, exists=True), help="The archive's keys.")
@click.option("--trust", multiple=True, metavar="FINGERPRINT", help="Trust this key of an unknown archive.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND [ARGUMENT]...]")
@format_option("text", "json")
@click.pass_obj
def bisect(
    place: Path | None,
    /,
    *,
    app: str,
    good: str,
    bad: str,
    document: Path | None,
    step: str,
    node: str | None,
    pairs: str,
    accel: str,
    log: Path | None,
    target: str | None,
    mirror: str | None,
    keyring: Path | None,
    trust: tuple[str, ...],
    words: tuple[str, ...],
    output_format: str,
    output: Path,
    fresh: bool,
) -> int:
    """Find the first version with which a test fails, with as few installs as possible.

    COMMAND is run with $QEMU (the emulator) and, where a libvirt takes part, $VIRTSMITH_URI (a daemon of its own). Its
    exit status means what it does to git bisect run: 0 good, 125 cannot be judged, 1 to 127 bad, 128 and more end the
    bisection. Each result is recorded, so that the same command goes on where one that was killed stopped. Exits with
    1 if versions that cannot be judged are left between the last good one and the first bad one.
    """
    from virtsmith.ark import Ark, InstallOptions, bisect_versions

    ark = Ark.open(place)
    options = InstallOptions(
        address=mirror, keyring=keyring, trust=trust, targets=(target,) if target and app == "qemu" else ()
    )
    trial = _choose_trial(words, target or "", node, ark.path, document, step=step, accel=accel)
    with progress() as shown:
        found = bisect_versions(
            app,
            good.removeprefix(f"{app}@"),
            bad.removeprefix(f"{app}@"),
            trial,
            pairs=pairs,
            log=log,
            fresh=fresh,
            options=options,
            ark=ark,
            report=say,
            progress=shown,
        )
    if output_format == "json":
        write_json("ark-bisect", found.to_dict(), output)
    else:
        _show(found, output)
    return ExitCode.OK if found.is_unique else ExitCode.FINDINGS


def _choose_trial(
    words: tuple[str, ...], target: str, node: str | None, ark: Path, document: Path | None, *, step: str, accel: str
) -> Trial:
    from virtsmith.ark.bisect.trial import CommandTrial, DomainTrial, PytestTrial

    if sum(map(bool, (document, node, words))) != 1:
        raise UsageError("exactly one test is needed", hint="give a command after --, --domain FILE, or --pytest NODE")
    if node:
        return PytestTrial(node, ark, _STANDARD_ERROR)
    if document:
        from virtsmith.ark.check.domain import CheckedDomain

        return DomainTrial.make(CheckedDomain.parse(read_input(document), input_name(document)), step, accel)
    return CommandTrial(words, target, _STANDARD_ERROR)


def _show(found: Bisection, output: Path) -> None:
    from virtsmith.report.table import Cell, Table, Tone

    edges = [
        [name, f"{found.app} {edge.version}", edge.date, edge.id, edge.origin or ("" if edge.is_given else "installed")]
        for name, edge in (("last good", found.good), ("first bad", found.bad))
    ]
    tones = {"good": Tone.GOOD, "bad": Tone.BAD, "skipped": Tone.WARN}
    tried = [
        [attempt.id, Cell(attempt.mark.value, tones[attempt.mark.value]), f"{attempt.seconds:.1f}", attempt.reason]
        for attempt in found.attempts
    ]
    unknown = [
        [kind, item.version, item.date, item.reason]
        for kind, items in (("skipped", found.skipped), ("not to be had", found.unavailable))
        for item in items
    ]
    tables = [
        Table.make(["", "version", "date", "package", "from"], edges),
        Table.make(["tried", "result", "seconds", "reason"], tried, right=["seconds"]),
        *([Table.make(["between them", "version", "date", "reason"], unknown)] if unknown else []),
    ]
    lines = [*found.notes, *([f"git log {found.tags}"] if found.tags else [])]
    text = "\n".join(table_text(table, output) for table in tables)
    write_output(text + "\n" + "".join(f"{line}\n" for line in lines), output)


COMMANDS: tuple[click.Command, ...] = (bisect,)
