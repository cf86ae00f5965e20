"""Installing and maintaining versions: install, list, remove, clean, verify, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

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
    from virtsmith.ark.install.installer import InstallPlan
    from virtsmith.ark.install.versions import InstallResult
    from virtsmith.report.table import Table


@examples("virtsmith ark install qemu@7.2 libvirt@9.0", "virtsmith ark install --all --dry-run")
@click.command()
@click.argument("requests", nargs=-1, metavar="APP[@VERSIONS]...")
@click.option(
    "--all", "every", is_flag=True, help="Every matching version, not only the newest; without requests, every version."
)
@click.option("-n", "--dry-run", is_flag=True, help="Show what would be installed, and its size.")
@click.option("--again", is_flag=True, help="Reinstall installed versions, and download damaged packages again.")
@click.option("--refresh", is_flag=True, help="Read the archive's indexes again, whatever their age.")
@click.option("--mirror", metavar="URL", help="Address of the archive.")
@click.option(
    "--keyring", type=click.Path(path_type=Path, exists=True), help="The archive's keys.  [default: this machine's]"
)
@click.option("--trust", multiple=True, metavar="FINGERPRINT", help="Trust this key of an unknown archive.")
@click.option("--target", "targets", multiple=True, metavar="NAME", help="QEMU's targets: aarch64, s390x, user, ...")
@click.option(
    "--with",
    "parts",
    multiple=True,
    metavar="PART",
    help="What else belongs to a version: modules (of QEMU), firmware (UEFI), tpm, virtiofs.",
)
@format_option("text", "json")
@click.pass_obj
def install(
    place: Path | None,
    requests: tuple[str, ...],
    output_format: str,
    output: Path,
    *,
    every: bool,
    dry_run: bool,
    again: bool,
    refresh: bool,
    mirror: str | None,
    keyring: Path | None,
    trust: tuple[str, ...],
    targets: tuple[str, ...],
    parts: tuple[str, ...],
) -> None:
    """Install versions from the distribution's archive, without root and without its package manager.

    VERSIONS is 7.2 (any 7.2.x), a range such as 6..8 or '>=7,<10' (every version in it), or ARCHIVE:SUITE, as in
    debian:trixie.
    """
    from virtsmith.ark import Ark, InstallOptions, install_versions, plan_installs

    if not requests and not every:
        raise UsageError("nothing to install", hint="give versions, as in qemu@7.2 libvirt@9.0, or use --all")
    options = InstallOptions(every, mirror, keyring, trust, refresh, targets, parts)
    with progress() as shown:
        if dry_run:
            _show_plans(plan_installs(requests, options, ark=Ark.open(place), progress=shown), output_format, output)
            return
        results = install_versions(requests, options, ark=Ark.open(place), again=again, progress=shown)
    _show_results(results, output_format, output)


def _show_plans(plans: list[InstallPlan], output_format: str, output: Path) -> None:
    from virtsmith.report.table import Table

    if output_format == "json":
        write_json("ark-plan", {"plans": [plan.to_dict() for plan in plans]}, output)
        return
    rows = [
        [
            plan.app,
            plan.id,
            plan.suite,
            f"{len(plan.missing)}/{len(plan.packages)}",
            _mb(plan.download_size),
            _mb(plan.disk_size),
            "installed" if plan.installed else "",
        ]
        for plan in plans
    ]
    columns = ["app", "id", "suite", "packages", "download MB", "disk MB", ""]
    write_output(table_text(Table.make(columns, rows, right=columns[3:6]), output), output)


def _show_results(results: list[InstallResult], output_format: str, output: Path) -> None:
    from virtsmith.report.table import Table

    if output_format == "json":
        write_json("ark-install", {"versions": [result.to_dict() for result in results]}, output)
        return
    rows = [
        [
            result.version.name,
            result.version.id,
            result.version.origin,
            _mb(result.plan.download_size),
            _mb(result.version.size),
            f"{result.seconds:.1f}",
        ]
        for result in results
    ]
    columns = ["version", "id", "from", "downloaded MB", "size MB", "seconds"]
    write_output(table_text(Table.make(columns, rows, right=columns[3:]), output), output)


@examples("virtsmith ark list")
@click.command("list")
@click.argument("request", required=False, metavar="[APP[@VERSIONS]]")
@format_option("text", "json")
@click.pass_obj
def list_versions(place: Path | None, request: str | None, output_format: str, output: Path) -> None:
    """List installed versions."""
    from virtsmith.ark.layout import Ark
    from virtsmith.ark.requests import VersionRequest, find_installed
    from virtsmith.report.table import Cell, Table, Tone

    ark = Ark.open(place)
    versions = find_installed(ark, VersionRequest.parse(request)) if request else ark.installed()
    if output_format == "json":
        data = {"ark": str(ark.path), "versions": [version.to_dict() for version in versions]}
        write_json("ark-list", data, output)
        return
    if not versions:
        say(f"{f'no {request}' if request else 'nothing'} is installed in {ark.path}")
        return
    rows = [
        [
            version.app,
            Cell(version.version or "?", Tone.BAD if version.problem else Tone.PLAIN, version.problem or ""),
            version.id,
            version.origin,
            _mb(version.size),
        ]
        for version in versions
    ]
    columns = ["app", "version", "id", "from", "size MB"]
    write_output(table_text(Table.make(columns, rows, right=["size MB"]), output), output)
    say(f"in {ark.path}, as APP/ID")


@examples("virtsmith ark remove qemu@7.2")
@click.command()
@click.argument("requests", nargs=-1, required=True, metavar="APP@VERSIONS...")
@click.option("-n", "--dry-run", is_flag=True, help="Show what would be removed.")
@click.pass_obj
def remove(place: Path | None, requests: tuple[str, ...], *, dry_run: bool) -> None:
    """Remove versions. Their packages stay stored for quick reinstallation until 'ark clean'."""
    from virtsmith.ark import Ark, find_versions, remove_version

    ark = Ark.open(place)
    for version in find_versions(ark, requests):
        if not dry_run:
            remove_version(ark, version)
        say(f"{'would remove' if dry_run else 'removed'} {version.name} ({version.id})")


@examples("virtsmith ark clean")
@click.command()
@click.pass_obj
def clean(place: Path | None) -> None:
    """Delete stored packages that no version uses, and unfinished downloads."""
    from virtsmith.ark import Ark, clean_ark

    count, freed = clean_ark(Ark.open(place))
    say(f"deleted {count} packages, {_mb(freed)} MB")


@examples("virtsmith ark verify", "virtsmith ark verify qemu@7.2")
@click.command()
@click.argument("requests", nargs=-1, metavar="[APP@VERSIONS]...")
@findings_output
@click.pass_obj
def verify(place: Path | None, requests: tuple[str, ...]) -> Report:
    """Compare installed files with the digests recorded when their packages were verified."""
    from virtsmith.ark import Ark, find_versions, verify_versions
    from virtsmith.ark.install.maintain import RULES

    ark = Ark.open(place)
    versions = find_versions(ark, requests)
    with progress() as shown:
        findings = verify_versions(ark, versions, shown)
    if not findings:
        say(f"as installed: {len(versions)} of {len(versions)}")
    return Report("ark verify", findings, RULES, source=str(ark.path))


@examples("virtsmith ark doctor")
@click.command()
@findings_output
@click.pass_obj
def doctor(place: Path | None) -> Report:
    """Find out what keeps the ark from working on this machine, and how to fix it."""
    from virtsmith.ark import Ark, examine
    from virtsmith.ark.doctor import RULES

    ark = Ark.open(place)
    found = list(examine(ark))
    rows = [{"subject": d.subject, "health": d.health.value, "message": d.message, "fix": d.fix} for d in found]
    return Report(
        "ark doctor",
        [finding for d in found if (finding := d.to_finding())],
        RULES,
        str(ark.path),
        page=lambda: Page("Does the ark work here?", [_health_table(found)]),
        data=lambda: {"diagnoses": rows},
    )


def _health_table(found: Sequence[Diagnosis]) -> Table:
    from virtsmith.ark.doctor import Health
    from virtsmith.report.table import Cell, Table, Tone

    tones = {Health.OK: Tone.GOOD, Health.WEAK: Tone.WARN, Health.BROKEN: Tone.BAD}
    rows = [[Cell(d.health.value, tones[d.health]), d.subject, d.message, d.fix] for d in found]
    return Table.make(["", "subject", "state", "fix with"], rows)


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f}"


COMMANDS: tuple[click.Command, ...] = (install, list_versions, remove, clean, verify, doctor)
