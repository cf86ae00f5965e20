"""The part of ``virtsmith po`` that git calls, and that sets git up to do so."""

from __future__ import annotations

from pathlib import Path

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import INPUT, output_option
from virtsmith.cli.output import STDIO, input_name, read_input, say, write_output
from virtsmith.cli.po.inputs import profile_option
from virtsmith.errors import ExitCode, UsageError


@examples("virtsmith po merge base.po ours.po theirs.po -o merged.po")
@click.command()
@click.argument("base", type=INPUT)
@click.argument("ours", type=INPUT)
@click.argument("theirs", type=INPUT)
@output_option
@click.option("--path", type=click.Path(path_type=Path), help="Where the catalogue belongs in the project.")
@profile_option
def merge(*, base: Path, ours: Path, theirs: Path, output: Path, path: Path | None, profile: str | None) -> int:
    """Merge two versions of a catalogue that have a common BASE, message by message.

    With conflicts the result has markers around whole messages, and the exit code is 1. As git's merge driver:
    `virtsmith po merge %O %A %B --path %P --output %A`.
    """
    from virtsmith.po import choose_profile, find_project, merge_in_project
    from virtsmith.po.proof import is_readable

    project = find_project((path,) if path else ())
    chosen = choose_profile(project, profile)
    texts = (read_input(base), read_input(ours), read_input(theirs))
    result = merge_in_project(*texts, project, profile=chosen, source=str(path or ours))
    write_output(result.data, output, check=None if result.conflicts else is_readable)
    return _report_conflicts(result.conflicts, path or ours)


@examples("virtsmith po resolve po/de.po --take ours")
@click.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--take", type=click.Choice(["ours", "theirs"]), help="Settle what is still in conflict that way.")
def resolve(path: Path, take: str | None) -> int:
    """Merge a catalogue again that git left in conflict, for tools that do not run merge drivers."""
    from virtsmith.po import resolve_conflict

    return _report_conflicts(resolve_conflict(path, take or "").conflicts, path)


def _report_conflicts(conflicts: tuple[bytes, ...], path: Path) -> int:
    from virtsmith.po.check.messages import shorten

    for key in conflicts:
        text = shorten(key.partition(b"\0")[0].decode()) if key else "header"
        say(f"{path}: conflict in {text}")
    return ExitCode.FINDINGS if conflicts else ExitCode.OK


@examples("virtsmith po clean po/de.po < de.po")
@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@profile_option
def clean(path: Path | None, profile: str | None) -> None:
    """Minimise standard input to standard output: git's clean filter; PATH says where the catalogue belongs."""
    from virtsmith.po import choose_profile, find_project, parse_catalogue
    from virtsmith.po.minimize import minimize

    project = find_project((path,) if path else ())
    catalogue = parse_catalogue(read_input(STDIO), str(path or input_name(STDIO)))
    write_output(minimize(catalogue, choose_profile(project, profile)))


@examples("virtsmith po textconv de.po")
@click.command()
@click.argument("path", type=INPUT)
def textconv(path: Path) -> None:
    """Print a catalogue for `git diff`: sorted, one line a text, without locations.

    A file that cannot be read is printed as it is, so that a diff never fails.
    """
    from virtsmith.po import CatalogueError, parse_catalogue, readable

    data = read_input(path)
    try:
        data = readable(parse_catalogue(data))
    except CatalogueError as error:
        say(f"{path}: {error}")
    write_output(data)


@examples("virtsmith po git-setup --local", "virtsmith po git-setup --undo")
@click.command("git-setup")
@click.option("--undo", is_flag=True, help="Take everything out again.")
@click.option("--local", is_flag=True, help="Leave .gitattributes alone; only this clone is set up.")
@click.option("--no-clean", is_flag=True, help="Without the clean filter.")
@click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True))
def git_setup(directory: Path | None, *, undo: bool, local: bool, no_clean: bool) -> None:
    """Set git up to merge catalogues by message, to diff them readably, and to store them minimised."""
    from virtsmith.po import find_project, git

    project = find_project((directory,) if directory else ())
    repository = git.find_repository(project.root)
    if not (undo or no_clean or project.configured):
        raise UsageError(
            "the project does not say in which form it stores catalogues",
            hint='write profile = "mini" below [tool.virtsmith.po] in pyproject.toml, or use --no-clean',
        )
    done = git.undo(repository) if undo else git.set_up(repository, project, local=local, clean=not no_clean)
    for line in done or ["nothing to do"]:
        say(line)


COMMANDS: tuple[click.Command, ...] = (merge, resolve, clean, textconv, git_setup)
