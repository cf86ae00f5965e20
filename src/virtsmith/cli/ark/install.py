"""Installing versions and looking after them: install, list, remove, clean, verify, doctor."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.options import format_option
from virtsmith.cli.output import progress, say, table_text, write_json, write_output
from virtsmith.errors import UsageError
from virtsmith.report.report import Page, Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from virtsmith.ark.doctor import Diagnosis
    from virtsmith.ark.install.installer import Installer, Plan
    from virtsmith.ark.layout import Installed
    from virtsmith.ark.wanted import Wanted
    from virtsmith.report.table import Table


@examples("virtsmith ark install qemu@7.2 libvirt@9.0", "virtsmith ark install --all --dry-run")
@click.command()
@click.argument("wanted", nargs=-1, metavar="APP[@VERSIONS]...")
@click.option(
    "--all", "every", is_flag=True, help="Every version that is meant, not the newest one; alone: all there are."
)
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be installed, and how big it is.")
@click.option("--again", is_flag=True, help="Lay out an installed version anew, and fetch again what is damaged.")
@click.option("--refresh", is_flag=True, help="Ask the archive for its indexes even if they were read today.")
@click.option("--mirror", metavar="URL", help="Address of the archive.")
@click.option(
    "--keyring", type=click.Path(path_type=Path, exists=True), help="The archive's keys.  [default: this machine's]"
)
@click.option("--trust", multiple=True, metavar="FINGERPRINT", help="Trust this key of an archive that is not known.")
@click.option("--target", "targets", multiple=True, metavar="NAME", help="Emulators to install: x86, arm, ppc, ...")
@click.option("--modules", is_flag=True, help="QEMU's optional modules too (block drivers, displays).")
@format_option("text", "json")
@click.pass_obj
def install(
    place: Path | None, wanted: tuple[str, ...], output_format: str, output: Path, *, every: bool, dry_run: bool,
    again: bool, refresh: bool, mirror: str | None, keyring: Path | None, trust: tuple[str, ...],
    targets: tuple[str, ...], modules: bool,
) -> None:  # fmt: skip
    """Install versions from the distribution's archive, without root and without its package manager.

    VERSIONS is 7.2 (any 7.2.x), a range such as 6..8 or '>=7,<10' (every version in it), or ARCHIVE:SUITE, as in
    debian:trixie.
    """
    from virtsmith.ark.archive.mirror import Mirror
    from virtsmith.ark.install.installer import Installer
    from virtsmith.ark.layout import APPS, Ark
    from virtsmith.ark.wanted import Wanted

    if not wanted and not every:
        raise UsageError("nothing to install", hint="name versions, as in qemu@7.2 libvirt@9.0, or say --all")
    ark = Ark.open(place)
    requests = [Wanted.parse(text) for text in wanted or APPS]
    with progress() as shown:
        reader = Mirror(
            ark.indexes,
            keyring=keyring,
            fingerprints=frozenset(trust) or None,
            refresh=refresh,
            warn=_warn,
            progress=shown,
        )
        installer = Installer(ark, reader, address=mirror, targets=targets, modules=modules, warn=_warn)
        plans = _distinct(
            plan for request in requests for plan in installer.plan(request, every=every or _is_range(request))
        )
        results = [] if dry_run else [_install_one(installer, plan, shown, again=again) for plan in plans]
    _show_plans(plans, output_format, output) if dry_run else _show_results(results, output_format, output)


def _is_range(wanted: Wanted) -> bool:
    return bool(wanted.versions) and any(mark in wanted.versions for mark in ("..", "<", ">", ","))


def _distinct(plans: Any) -> list[Plan]:
    return list({(plan.app, plan.id): plan for plan in plans}.values())


def _install_one(installer: Installer, plan: Plan, shown: Any, *, again: bool) -> tuple[Plan, Installed, float]:
    started = time.monotonic()
    done = installer.install(plan, shown, again=again)
    return plan, done, time.monotonic() - started


def _show_plans(plans: list[Plan], output_format: str, output: Path) -> None:
    from virtsmith.report.table import Table

    if output_format == "json":
        write_json("ark-plan", {"plans": [plan.to_dict() for plan in plans]}, output)
        return
    rows = [
        [plan.app, plan.id, plan.suite, f"{len(plan.missing)}/{len(plan.packages)}", _mb(plan.download_size),
         _mb(plan.disk_size), "installed" if plan.installed else ""]
        for plan in plans
    ]  # fmt: skip
    columns = ["app", "id", "suite", "packages", "download MB", "disk MB", ""]
    write_output(table_text(Table.make(columns, rows, right=columns[3:6]), output), output)


def _show_results(results: list[tuple[Plan, Installed, float]], output_format: str, output: Path) -> None:
    from virtsmith.report.table import Table

    if output_format == "json":
        rows: list[Any] = [
            {**done.to_dict(), "seconds": round(seconds, 3), "new": plan.installed is None}
            for plan, done, seconds in results
        ]
        write_json("ark-install", {"versions": rows}, output)
        return
    rows = [
        [done.name, done.id, done.origin, _mb(plan.download_size), _mb(done.size), f"{seconds:.1f}"]
        for plan, done, seconds in results
    ]
    columns = ["version", "id", "from", "downloaded MB", "size MB", "seconds"]
    write_output(table_text(Table.make(columns, rows, right=columns[3:]), output), output)


@examples("virtsmith ark list")
@click.command("list")
@click.argument("wanted", required=False, metavar="[APP[@VERSIONS]]")
@format_option("text", "json")
@click.pass_obj
def list_versions(place: Path | None, wanted: str | None, output_format: str, output: Path) -> None:
    """List what is installed."""
    from virtsmith.ark.layout import Ark
    from virtsmith.ark.wanted import Wanted, find_installed
    from virtsmith.report.table import Cell, Table, Tone

    ark = Ark.open(place)
    versions = find_installed(ark, Wanted.parse(wanted)) if wanted else ark.installed()
    if output_format == "json":
        data = {"ark": str(ark.path), "versions": [version.to_dict() for version in versions]}
        write_json("ark-list", data, output)
        return
    if not versions:
        say(f"{f'no {wanted}' if wanted else 'nothing'} is installed in {ark.path}")
        return
    rows = [
        [version.app, Cell(version.version or "?", Tone.BAD if version.problem else Tone.PLAIN, version.problem or ""),
         version.id, version.origin, _mb(version.size)]
        for version in versions
    ]  # fmt: skip
    columns = ["app", "version", "id", "from", "size MB"]
    write_output(table_text(Table.make(columns, rows, right=["size MB"]), output), output)
    say(f"in {ark.path}, as APP/ID")


@examples("virtsmith ark remove qemu@7.2")
@click.command()
@click.argument("wanted", nargs=-1, required=True, metavar="APP@VERSIONS...")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be removed.")
@click.pass_obj
def remove(place: Path | None, wanted: tuple[str, ...], *, dry_run: bool) -> None:
    """Remove versions. Their packages stay stored, for installing them again in no time, until 'ark clean'."""
    from virtsmith.ark.install import maintain
    from virtsmith.ark.layout import Ark
    from virtsmith.ark.wanted import Wanted, find_installed, require_installed

    ark = Ark.open(place)
    requests = [Wanted.parse(text) for text in wanted]
    for request in requests:
        require_installed(ark, request)
    for version in [version for request in requests for version in find_installed(ark, request)]:
        if not dry_run:
            maintain.remove_version(ark, version)
        say(f"{'would remove' if dry_run else 'removed'} {version.name} ({version.id})")


@examples("virtsmith ark clean")
@click.command()
@click.pass_obj
def clean(place: Path | None) -> None:
    """Delete stored packages that no version uses, and unfinished downloads."""
    from virtsmith.ark.install import maintain
    from virtsmith.ark.layout import Ark

    count, freed = maintain.clean_ark(Ark.open(place))
    say(f"deleted {count} packages, {_mb(freed)} MB")


@examples("virtsmith ark verify", "virtsmith ark verify qemu@7.2")
@click.command()
@click.argument("wanted", nargs=-1, metavar="[APP@VERSIONS]...")
@findings_output
@click.pass_obj
def verify(place: Path | None, wanted: tuple[str, ...]) -> Report:
    """Compare installed files with the digests recorded when their packages were verified."""
    from virtsmith.ark.install import maintain
    from virtsmith.ark.layout import Ark
    from virtsmith.ark.wanted import Wanted, find_installed, require_installed

    ark = Ark.open(place)
    requests = [Wanted.parse(text) for text in wanted]
    for request in requests:
        require_installed(ark, request)
    versions = [v for request in requests for v in find_installed(ark, request)] if requests else ark.installed()
    with progress() as shown:
        findings = maintain.verify_versions(ark, versions, shown)
    if not findings:
        say(f"as installed: {len(versions)} of {len(versions)}")
    return Report("ark verify", findings, maintain.RULES, source=str(ark.path))


@examples("virtsmith ark doctor")
@click.command()
@findings_output
@click.pass_obj
def doctor(place: Path | None) -> Report:
    """Find out what keeps the ark from working on this machine, and what mends it."""
    from virtsmith.ark import doctor as library
    from virtsmith.ark.layout import Ark

    ark = Ark.open(place)
    found = list(library.examine(ark))
    rows = [{"subject": d.subject, "health": d.health.value, "message": d.message, "fix": d.fix} for d in found]
    return Report(
        "ark doctor", [finding for d in found if (finding := d.to_finding())], library.RULES, str(ark.path),
        page=lambda: Page("Does the ark work here?", [_health_table(found)]), data=lambda: {"diagnoses": rows},
    )  # fmt: skip


def _health_table(found: Sequence[Diagnosis]) -> Table:
    from virtsmith.ark.doctor import Health
    from virtsmith.report.table import Cell, Table, Tone

    tones = {Health.OK: Tone.GOOD, Health.WEAK: Tone.WARN, Health.BROKEN: Tone.BAD}
    rows = [[Cell(d.health.value, tones[d.health]), d.subject, d.message, d.fix] for d in found]
    return Table.make(["", "subject", "state", "mend with"], rows)


def _warn(message: str) -> None:
    say(f"warning: {message}")


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f}"


COMMANDS: tuple[click.Command, ...] = (install, list_versions, remove, clean, verify, doctor)
