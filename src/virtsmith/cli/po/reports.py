"""The reporting commands of ``virtsmith po``: check, stats, diff, savings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.options import INPUT, format_option
from virtsmith.cli.output import (
    STDIO,
    input_name,
    progress,
    read_input,
    say,
    table_text,
    write_json,
    write_output,
    write_text,
)
from virtsmith.cli.po.inputs import beside, files_only, profile_option, say_dropped, say_removed, yes_option
from virtsmith.cli.rules import Explained, rules_command
from virtsmith.errors import ExitCode, UsageError
from virtsmith.report.report import Report

if TYPE_CHECKING:
    from libvirtxml.findings import Finding

    from virtsmith.po.project import Project
    from virtsmith.po.savings import Noise, Sizes
    from virtsmith.po.stats import ProjectStatistics
    from virtsmith.report.table import Table


@examples("virtsmith po check", "virtsmith po check --fix")
@click.command()
@click.argument("catalogues", nargs=-1, type=INPUT)
@profile_option
@click.option("--fix", is_flag=True, help="Fix the stored form and LINGUAS.")
@click.option("--drop-stale", is_flag=True, help="With --fix: remove translations of messages that no longer exist.")
@yes_option
@findings_output
def check(catalogues: tuple[Path, ...], profile: str | None, *, fix: bool, drop_stale: bool, yes: bool) -> Report:
    """Check catalogues: syntax, stored form, format strings, plural forms, header, languages, template.

    The form is checked if a project, --profile or the name .mini.po requires one. --fix removes translations only with
    --drop-stale, and stops if the template lost more than a few percent.
    """
    if drop_stale and not fix:
        raise UsageError("--drop-stale needs --fix")
    from virtsmith.po import find_projects
    from virtsmith.po.check.rules import RULES

    projects = find_projects(beside(catalogues))
    findings: list[Finding] = []
    for project in projects:
        findings += _check_project(project, catalogues, profile, fix=fix, drop_stale=drop_stale, yes=yes)
    return Report("po check", findings, RULES.values(), source=str(projects[0].directory))


def _check_project(
    project: Project, catalogues: tuple[Path, ...], profile: str | None, *, fix: bool, drop_stale: bool, yes: bool
) -> list[Finding]:
    from virtsmith.po import check_files, check_project, choose_profile, find_catalogues
    from virtsmith.po.check.files import check_data
    from virtsmith.po.check.project import fix_files, fix_project

    chosen = choose_profile(project, profile) if profile or project.configured else None
    if len(catalogues) == 1 and catalogues[0] == STDIO:
        return check_data(read_input(catalogues[0]), input_name(catalogues[0]), profile=chosen, choices=project.checks)
    whole = not catalogues or (len(catalogues) == 1 and catalogues[0].is_dir())
    paths = find_catalogues(project, () if whole else files_only(catalogues))
    if fix:
        for item in fix_files(paths, chosen, project, drop_stale=drop_stale, accept_loss=yes):
            say_removed(item.path, item.removed)
            say_dropped(item.path, item.dropped)
            say(f"{item.path}: fixed")
        for path in fix_project(project) if whole else []:
            say(f"{path}: fixed")
    with progress() as bar:
        found = check_files(paths, chosen, project, progress=bar)
    return found + (check_project(project) if whole else [])


@examples("virtsmith po stats")
@click.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--pot", type=click.Path(path_type=Path), help="Compare with this template.")
@format_option("text", "json", "markdown")
def stats(directory: Path | None, pot: Path | None, output_format: str, output: Path) -> None:
    """Show the progress of each language, compared with the template."""
    from virtsmith.po import find_projects, measure_project
    from virtsmith.report import markdown

    projects = find_projects((directory,) if directory else ())
    with progress() as bar:
        found = {project.domain: measure_project(project, pot, progress=bar) for project in projects}
    if output_format == "json":
        data = [statistics.to_dict() for statistics in found.values()]
        write_json("po-stats", data[0] if len(data) == 1 else _joined(found), output)
        return
    table = _statistics_table(found)
    text = markdown.render_table(table) if output_format == "markdown" else table_text(table, output)
    write_output(text, output)
    if any(statistics.template is None for statistics in found.values()):
        say("no template: compared with all messages that any language has")


def _joined(found: Mapping[str, ProjectStatistics]) -> dict[str, Any]:
    """Several domains as one: each language says which it is of."""
    rows = [
        {"domain": domain, **row} for domain, statistics in found.items() for row in statistics.to_dict()["languages"]
    ]
    return {"template": None, "languages": rows}


def _statistics_table(found: Mapping[str, ProjectStatistics]) -> Table:
    from virtsmith.report.table import Table

    columns = ("language", "translated", "fuzzy", "missing", "%", "")
    cells = [
        (
            domain,
            item.language,
            item.translated,
            item.fuzzy,
            item.untranslated,
            f"{item.percent:.1f}",
            _bar(item.percent),
        )
        for domain, statistics in found.items()
        for item in statistics.languages
    ]
    if len(found) > 1:
        return Table.make(("domain", *columns), cells, right=columns[1:5])
    return Table.make(columns, [row[1:] for row in cells], right=columns[1:5])


def _bar(percent: float, width: int = 20) -> str:
    eighths = round(percent * width * 8 / 100)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


@examples("virtsmith po diff HEAD~1", "virtsmith po diff old.po new.po --format markdown")
@click.command()
@click.argument("old")
@click.argument("new", required=False)
@format_option("text", "json", "markdown")
@click.option("--summary", is_flag=True, help="Only a summary of each language.")
def diff(old: str, new: str | None, output_format: str, output: Path, *, summary: bool) -> int:
    """Show which translations were added, removed or changed between OLD and NEW.

    Each is a catalogue, a directory of catalogues, or a git revision of the project; NEW defaults to the working tree.
    Exits with 1 if anything differs.
    """
    from virtsmith.cli.po.diff import render_markdown, render_text
    from virtsmith.po import compare_versions

    with progress() as bar:
        diffs = compare_versions(old, new or ".", progress=bar)
    if output_format == "json":
        write_json("po-diff", {"languages": [item.to_dict() for item in diffs]}, output)
    else:
        render = render_markdown if output_format == "markdown" else render_text
        write_text(render(diffs, summary=summary), output)
    return ExitCode.FINDINGS if diffs else ExitCode.OK


@examples("virtsmith po savings --commits 5")
@click.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True))
@profile_option
@click.option("--commits", default=20, show_default=True, type=click.IntRange(0), help="Number of commits to examine.")
@format_option("text", "json")
def savings(directory: Path | None, profile: str | None, commits: int, output_format: str, output: Path) -> None:
    """Show what minimised catalogues would save: size, and noise in the history of the repository."""
    from virtsmith.po import choose_profile, find_projects, measure_noise, measure_sizes
    from virtsmith.po.git import find_repository

    projects = find_projects((directory,) if directory else ())
    chosen = choose_profile(projects[0], profile)
    directories = list(dict.fromkeys(project.directory for project in projects))
    with progress() as bar:
        sizes = measure_sizes(projects, chosen, bar)
        repository = find_repository(projects[0].root) if commits else None
        noise = measure_noise(repository, directories, chosen, commits=commits, progress=bar) if repository else []
    if output_format == "json":
        data = {"sizes": sizes.to_dict(), "commits": [item.to_dict() for item in noise]}
        write_json("po-savings", data, output)
    else:
        write_output(_savings_text(sizes, noise, output), output)


def _savings_text(sizes: Sizes, noise: Sequence[Noise], output: Path) -> str:
    from virtsmith.report.table import Table

    pairs = [
        ("size, bytes", sizes.before, sizes.after),
        ("compressed, bytes", sizes.before_compressed, sizes.after_compressed),
    ]
    cells = [(name, f"{old:,}", f"{new:,}", f"{old / new:.1f}" if new else "") for name, old, new in pairs]
    columns = ("", "now", "stored", "times")
    text = table_text(Table.make(columns, cells, right=columns[1:]), output)
    if noise:
        rows = [(item.commit, item.lines, item.signal, f"{item.percent:.1f}", item.subject[:40]) for item in noise]
        total, signal = sum(item.lines for item in noise), sum(item.signal for item in noise)
        rows.append(("together", total, signal, f"{100 * (1 - signal / total) if total else 0:.1f}", ""))
        heads = ("commit", "changed lines", "of them signal", "noise %", "subject")
        text += "\n" + table_text(Table.make(heads, rows, right=heads[1:4]), output)
    return text


def explained() -> list[Explained]:
    """Every rule that a finding of ``virtsmith po`` can name."""
    from virtsmith.po.check.rules import RULES

    return [Explained(rule) for rule in RULES.values()]


rules = rules_command("po", explained, "Explain the rules of `po check`: what each requires, why, what to do.", "PO202")

COMMANDS: tuple[click.Command, ...] = (check, stats, diff, savings, rules)
