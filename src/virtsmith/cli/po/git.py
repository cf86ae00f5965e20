"""The commands of ``virtsmith po`` that git calls, and the setup of git."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import INPUT, output_option
from virtsmith.cli.output import STDIO, input_name, read_input, say, write_output
from virtsmith.cli.po.inputs import profile_option, say_dropped
from virtsmith.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from virtsmith.po.merge import MergeResult


@examples("virtsmith po merge base.po ours.po theirs.po -o merged.po")
@click.command()
@click.argument("base", type=INPUT)
@click.argument("ours", type=INPUT)
@click.argument("theirs", type=INPUT)
@output_option
@click.option("--path", type=click.Path(path_type=Path), help="The catalogue's path in the project.")
@click.option(
    "--labels", nargs=3, default=("ours", "base", "theirs"), help="Names of OURS, BASE and THEIRS in conflict markers."
)
@click.option("--marker-size", default=7, show_default=True, type=click.IntRange(1), help="Length of markers.")
@profile_option
def merge(
    *,
    base: Path,
    ours: Path,
    theirs: Path,
    output: Path,
    path: Path | None,
    labels: tuple[str, str, str],
    marker_size: int,
    profile: str | None,
) -> int:
    """Merge two versions of a catalogue that have a common BASE, message by message.

    With conflicts the result has markers around whole messages, and the exit code is 1. If a version cannot be read,
    they are merged by line. `virtsmith po git-setup` installs this as git's merge driver.
    """
    from virtsmith.po import choose_profile, find_project, merge_in_project
    from virtsmith.po.merge import LABELS
    from virtsmith.po.proof import is_readable

    project = find_project((path,) if path else ())
    chosen = choose_profile(project, profile)
    texts = (read_input(base), read_input(ours), read_input(theirs))
    named = [default if text.startswith("%") else text for text, default in zip(labels, LABELS, strict=True)]
    result = merge_in_project(
        *texts,
        project,
        profile=chosen,
        labels=(named[0], named[1], named[2]),
        marker_size=marker_size,
        source=str(path or ours),
    )
    write_output(result.data, output, check=None if result.unreadable or result.conflicts else is_readable)
    return _report_conflicts(result, path or ours)


@examples("virtsmith po resolve po/de.po --take ours")
@click.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--take", type=click.Choice(["ours", "theirs"]), help="Resolve the remaining conflicts in favour of that version."
)
def resolve(path: Path, take: str | None) -> int:
    """Merge a catalogue that git left in conflict again, for tools that do not run merge drivers."""
    from virtsmith.po import resolve_conflict

    return _report_conflicts(resolve_conflict(path, take or ""), path)


def _report_conflicts(result: MergeResult, path: Path) -> int:
    from virtsmith.po.check.messages import shorten

    if result.unreadable:
        say(f"{path}: merged by line, with {result.line_conflicts} conflicts: {result.unreadable}")
    for key in result.conflicts:
        text = shorten(key.partition(b"\0")[0].decode()) if key else "header"
        say(f"{path}: conflict in {text}")
    return ExitCode.OK if result.is_clean else ExitCode.FINDINGS


@examples("virtsmith po clean po/de.po < de.po")
@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@profile_option
def clean(path: Path | None, profile: str | None) -> None:
    """Minimise standard input to standard output: git's clean filter; PATH is the catalogue's path in the project."""
    from virtsmith.po import choose_profile, find_project, parse_catalogue
    from virtsmith.po.minimize import count_dropped, minimize

    project = find_project((path,) if path else ())
    catalogue = parse_catalogue(read_input(STDIO), str(path or input_name(STDIO)))
    chosen = choose_profile(project, profile)
    say_dropped(path or input_name(STDIO), count_dropped(catalogue, chosen))
    write_output(minimize(catalogue, chosen))


@examples("virtsmith po textconv de.po")
@click.command()
@click.argument("path", type=INPUT)
def textconv(path: Path) -> None:
    """Print a catalogue for `git diff`: sorted, one line per text, without locations.

    A file that cannot be read is printed unchanged, so that a diff never fails.
    """
    from virtsmith.po import CatalogueError, parse_catalogue, readable

    data = read_input(path)
    try:
        data = readable(parse_catalogue(data))
    except CatalogueError as error:
        say(f"{path}: {error}")
    write_output(data)


@examples("virtsmith po git-setup", "virtsmith po git-setup --check", "virtsmith po git-setup --undo")
@click.command("git-setup")
@click.option("--undo", is_flag=True, help="Remove the setup.")
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if this clone is not set up.")
@click.option("--shared", is_flag=True, help="Write .gitattributes, which is committed and applies to all clones.")
@click.option("--clean", "with_filter", is_flag=True, help="Install the clean filter, which minimises added files.")
@click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True))
def git_setup(directory: Path | None, *, undo: bool, check: bool, shared: bool, with_filter: bool) -> int:
    """Set git up to merge catalogues by message and to show readable diffs.

    With --clean git also stores them minimised; `git stash` then loses what the profile leaves out, such as fuzzy
    messages.
    """
    from virtsmith.po import find_projects, git

    projects = find_projects((directory,) if directory else ())
    repository = git.find_repository(projects[0].root)
    if check:
        problems = git.check_set_up(repository, projects)
        for line in problems:
            say(line)
        return ExitCode.FINDINGS if problems else ExitCode.OK
    if with_filter and not undo and not projects[0].configured:
        raise UsageError(
            "the project does not define the form in which it stores catalogues",
            hint='write profile = "mini" below [tool.virtsmith.po] in pyproject.toml, or leave out --clean',
        )
    done = git.undo(repository) if undo else git.set_up(repository, projects, shared=shared, clean=with_filter)
    for line in done or ["nothing to do"]:
        say(line)
    return ExitCode.OK


COMMANDS: tuple[click.Command, ...] = (merge, resolve, clean, textconv, git_setup)
