"""The part of ``virtsmith po`` that only looks: check, stats, diff, savings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.options import INPUT, format_option
from virtsmith.cli.output import input_name, progress, read_input, say, table_text, write_json, write_output, write_text
from virtsmith.cli.po.inputs import beside, files_only, profile_option, say_removed, yes_option
from virtsmith.cli.rules import Explained, rules_command
from virtsmith.errors import ExitCode, UsageError
from virtsmith.report.report import Report

if TYPE_CHECKING:
    from virtsmith.po.savings import Noise, Sizes


@examples("virtsmith po check", "virtsmith po check --fix")
@click.command()
@click.argument("catalogues", nargs=-1, type=INPUT)
@profile_option
@click.option("--fix", is_flag=True, help="Fix what can be: the stored form and LINGUAS.")
@click.option("--drop-stale", is_flag=True, help="With --fix: remove translations of messages that no longer exist.")
@yes_option
@findings_output
def check(catalogues: tuple[Path, ...], profile: str | None, *, fix: bool, drop_stale: bool, yes: bool) -> Report:
    """Check catalogues: readable, in their stored form, format strings, plural forms, header, languages, template.

    The form is checked where a project, a --profile or the name .mini.po asks for one. --fix removes no translation
    unless --drop-stale asks for it, and stops if the template lost more than a few percent.
    """
    if drop_stale and not fix:
        raise UsageError("--drop-stale is for --fix")
    from virtsmith.po import check_files, check_project, choose_profile, find_catalogues, find_project
    from virtsmith.po.check.project import fix_files, fix_project
    from virtsmith.po.check.rules import RULES

    project = find_project(beside(catalogues))
    chosen = choose_profile(project, profile) if profile or project.configured else None
    stdin = len(catalogues) == 1 and str(catalogues[0]) == "-"
    whole = not catalogues or (len(catalogues) == 1 and catalogues[0].resolve() == project.directory.resolve())
    with progress() as bar:
        if stdin:
            from virtsmith.po.check.files import check_data

            findings = check_data(read_input(catalogues[0]), input_name(catalogues[0]), profile=chosen)
        else:
            paths = find_catalogues(project, files_only(catalogues))
            if fix:
                for item in fix_files(paths, chosen, project, drop_stale=drop_stale, accept_loss=yes):
                    say_removed(item.path, item.removed)
                    say(f"{item.path}: fixed")
                for path in fix_project(project) if whole else []:
                    say(f"{path}: fixed")
            findings = check_files(paths, chosen, project, progress=bar)
            findings += check_project(project) if whole else []
    return Report("po check", findings, RULES.values(), source=str(project.directory))


@examples("virtsmith po stats")
@click.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--pot", type=click.Path(path_type=Path), help="Measure against this template.")
@format_option("text", "json", "markdown")
def stats(directory: Path | None, pot: Path | None, output_format: str, output: Path) -> None:
    """Show how far each language is, measured against the template."""
    from virtsmith.po import find_project, measure_project
    from virtsmith.report import markdown
    from virtsmith.report.table import Table

    with progress() as bar:
        found = measure_project(find_project((directory,) if directory else ()), pot, progress=bar)
    if output_format == "json":
        write_json("po-stats", found.to_dict(), output)
        return
    columns = ("language", "translated", "fuzzy", "missing", "%", "")
    cells = [
        (
            language.language,
            language.translated,
            language.fuzzy,
            language.untranslated,
            f"{language.percent:.1f}",
            _bar(language.percent),
        )
        for language in found.languages
    ]
    table = Table.make(columns, cells, right=columns[1:5])
    text = markdown.render_table(table) if output_format == "markdown" else table_text(table, output)
    write_output(text, output)
    if found.template is None:
        say("no template: measured against all messages that any language has")


def _bar(percent: float, width: int = 20) -> str:
    eighths = round(percent * width * 8 / 100)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


@examples("virtsmith po diff HEAD~1", "virtsmith po diff old.po new.po --format markdown")
@click.command()
@click.argument("old")
@click.argument("new", required=False)
@format_option("text", "json", "markdown")
@click.option("--summary", is_flag=True, help="Only the numbers of each language.")
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
@click.option("--commits", default=20, show_default=True, type=click.IntRange(0), help="How far to look back.")
@format_option("text", "json")
def savings(directory: Path | None, profile: str | None, commits: int, output_format: str, output: Path) -> None:
    """Show what minimised catalogues would save: size, and noise in the history of the repository."""
    from virtsmith.po import choose_profile, find_project, measure_noise, measure_sizes
    from virtsmith.po.git import find_repository

    project = find_project((directory,) if directory else ())
    chosen = choose_profile(project, profile)
    with progress() as bar:
        sizes = measure_sizes(project, chosen, bar)
        repository = find_repository(project.root) if commits else None
        noise = (
            measure_noise(repository, project.directory, chosen, commits=commits, progress=bar) if repository else []
        )
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


rules = rules_command("po", explained, "Explain the rules of `po check`: what each demands, why, what to do.", "PO202")

COMMANDS: tuple[click.Command, ...] = (check, stats, diff, savings, rules)
