"""The commands of ``virtsmith po`` for builds: build-files, merge-desktop."""

from __future__ import annotations

from pathlib import Path

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import INPUT, output_option
from virtsmith.cli.output import naming, read_text, say, write_output, write_path

SYSTEMS = ("autotools", "meson", "cmake", "make")


@examples("virtsmith po build-files --to make")
@click.command("build-files")
@click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--to", "system", required=True, type=click.Choice(SYSTEMS), help="The build system.")
@click.option("-y", "--yes", is_flag=True, help="Replace a file that virtsmith did not write.")
def build_files(directory: Path | None, system: str, *, yes: bool) -> None:
    """Write the file with which a project's build handles its catalogues.

    It has targets (update-po, update-mini-po, po-push, po-pull) and the installation, and is put into the directory of
    the catalogues. What is left to do in the project's own files is listed.
    """
    from virtsmith.po import find_project, write_build_file
    from virtsmith.po.builds import remaining_steps

    project = find_project((directory,) if directory else ())
    write_path(write_build_file(project, system, replace=yes))
    for step in remaining_steps(project, system):
        say(step)


@examples("virtsmith po merge-desktop app.desktop.in -o app.desktop")
@click.command("merge-desktop")
@click.argument("template", type=INPUT)
@click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True))
@output_option
def merge_desktop(template: Path, directory: Path | None, output: Path) -> None:
    """Put the translations of names and comments into a desktop entry, as `msgfmt --desktop` does.

    The languages are those that the build of the project installs.
    """
    from virtsmith.po import find_project, load_catalogue
    from virtsmith.po import merge_desktop as merge

    text = read_text(template)
    found = find_project((directory,) if directory else ()).installed_languages()
    catalogues = {language: load_catalogue(path) for language, path in found.items()}
    with naming(template):
        merged = merge(text, catalogues)
    write_output(merged, output)


COMMANDS: tuple[click.Command, ...] = (build_files, merge_desktop)
