"""Catalogues between their forms: minimize, expand, compile, install, convert, extract."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.findings import say_findings
from virtsmith.cli.options import INPUT, output_option
from virtsmith.cli.output import STDIO, input_name, progress, read_input, say, waiting, write_output, write_path
from virtsmith.cli.po.inputs import (
    beside,
    changed_names,
    files_only,
    profile_option,
    read_catalogue,
    say_dropped,
    say_removed,
    skip_missing_option,
    yes_option,
)
from virtsmith.errors import ExitCode, InputError, UsageError
from virtsmith.po.forms import FORMS

if TYPE_CHECKING:
    from virtsmith.po.catalogue import Catalogue
    from virtsmith.po.check.levels import CheckChoices
    from virtsmith.po.profile import StorageProfile
    from virtsmith.po.project import Project
    from virtsmith.po.work import CatalogueResult

form_option = click.option(
    "--gettext",
    "form",
    type=click.Choice(list(FORMS)),
    help="The version that is followed; the project's by default.",
)
check_option = click.option(
    "--check", is_flag=True, help="First find errors as `virtsmith po check` does; with any, write nothing."
)


def _report_dropped(done: Sequence[CatalogueResult]) -> None:
    for item in done:
        for note in item.notes:
            say(f"{item.job.source}: {note}")
        say_dropped(item.job.source, item.dropped)


@examples("virtsmith po minimize", "virtsmith po minimize de.po -o de.mini.po")
@click.command()
@click.argument("catalogues", nargs=-1, type=INPUT)
@output_option
@click.option("--to", "directory", type=click.Path(path_type=Path, file_okay=False), help="Write into this directory.")
@click.option("--suffix", help="Suffix of the written files, such as .mini.po.")
@profile_option
@click.option(
    "--wrap", type=click.Choice(["none", "keep"]), help="Break long texts as gettext does (keep), or never (none)."
)
@form_option
@click.option(
    "--check", is_flag=True, help="Write nothing; list files that would change, and exit with 1 if there are any."
)
@yes_option
def minimize(
    *,
    catalogues: tuple[Path, ...],
    output: Path,
    directory: Path | None,
    suffix: str | None,
    profile: str | None,
    wrap: str | None,
    form: str | None,
    check: bool,
    yes: bool,
) -> int:
    """Bring catalogues into the small canonical form for git.

    One file is written to -o or standard output; several, or a directory, are rewritten in place or in --to, in the
    form that the project there has. Where files there have translations that the new ones lack, these are named; more
    than a few percent need --yes.
    """
    from virtsmith.po import choose_profile, find_projects, minimize_files, plan_jobs, write_all
    from virtsmith.po.work import changed

    projects = find_projects(beside(catalogues))
    stored = find_projects((directory,))[0] if directory and directory.is_dir() else projects[0]
    if _is_single(catalogues) and not (directory or suffix or check):
        _minimize_one(catalogues[0], choose_profile(projects[0], profile, wrap, form), output)
        return ExitCode.OK
    _refuse_output(output)
    plans = plan_jobs(projects, files_only(catalogues), directory=directory, suffix=suffix)
    done = []
    with progress() as bar:
        for plan in plans:
            owner = plan.project if plan.project.configured else stored
            done += minimize_files(plan.jobs, choose_profile(owner, profile, wrap, form), progress=bar)
    if check:
        return changed_names(changed(done))
    _report_dropped(done)
    _report_replaced(done, yes=yes)
    written = write_all(done)
    say(f"{len(written)} of {len(done)} catalogues changed")
    return ExitCode.OK


def _minimize_one(path: Path, profile: StorageProfile, output: Path) -> None:
    from virtsmith.po.minimize import count_dropped, minimize

    catalogue = read_catalogue(path)
    for note in catalogue.notes:
        say(f"{input_name(path)}: {note}")
    say_dropped(input_name(path), count_dropped(catalogue, profile))
    write_output(minimize(catalogue, profile), output)


def _report_replaced(done: Sequence[CatalogueResult], *, yes: bool) -> None:
    """Name the translations that files lose, and stop if they are too many."""
    from virtsmith.po.replaced import refuse_replacing, replaced_keys

    replaced = replaced_keys(done)
    for path, keys in replaced.items():
        say_removed(path, keys)
    refuse_replacing(replaced, allowed=yes)


@examples("virtsmith po expand --to full", "virtsmith po expand de.mini.po --pot app.pot -o de.po")
@click.command()
@click.argument("catalogues", nargs=-1, type=INPUT)
@click.option("--pot", type=click.Path(path_type=Path), help="The template; the project's by default.")
@output_option
@click.option("--to", "directory", type=click.Path(path_type=Path, file_okay=False), help="Write into this directory.")
@click.option("--suffix", help="Suffix of the written files, such as .po.")
@click.option("--wrap", type=click.Choice(["none", "keep"]), help="By default as the catalogues are stored.")
@click.option("--extract", is_flag=True, help="Extract the template from the sources.")
@yes_option
def expand(
    *,
    catalogues: tuple[Path, ...],
    pot: Path | None,
    output: Path,
    directory: Path | None,
    suffix: str | None,
    wrap: str | None,
    extract: bool,
    yes: bool,
) -> None:
    """Create full catalogues, with every message of the template and current locations.

    Files that have translations of their own, which would be lost, are only replaced with --yes.
    """
    from virtsmith.po import expand_files, find_projects, plan_jobs, write_all
    from virtsmith.po.expand import Template
    from virtsmith.po.expand import expand as expand_catalogue

    projects = find_projects(beside(catalogues))
    if pot and (extract or len(projects) > 1):
        raise UsageError("--pot is for one domain, and not with --extract", hint="give its directory")
    templates = [_template(project, pot, extract=extract) for project in projects]
    if _is_single(catalogues) and not (directory or suffix):
        prepared = Template(templates[0], wrap=wrap or projects[0].profile.wrap)
        write_output(expand_catalogue(read_catalogue(catalogues[0]), prepared), output)
        return
    _refuse_output(output)
    plans = plan_jobs(projects, files_only(catalogues), directory=directory, suffix=suffix)
    with progress() as bar:
        done = [
            result
            for plan, template in zip(plans, templates, strict=True)
            for result in expand_files(plan.jobs, template, wrap=wrap or plan.project.profile.wrap, progress=bar)
        ]
    _refuse_edited(done, in_place=directory is not None, yes=yes)
    say(f"{len(write_all(done))} of {len(done)} catalogues changed")


def _template(project: Project, pot: Path | None, *, extract: bool) -> Catalogue:
    """The template that was asked for."""
    from virtsmith.po import extract_project, load_catalogue, parse_catalogue

    path = pot or project.template
    if extract:
        with waiting("extracting"):
            return parse_catalogue(extract_project(project, skip_missing=True).data, str(path))
    if not path.exists():
        hint = "extract it from the sources with --extract, or give --pot"
        raise InputError("there is no such template", source=str(path), hint=hint)
    return load_catalogue(path)


def _refuse_edited(done: Sequence[CatalogueResult], *, in_place: bool, yes: bool) -> None:
    """Refuse to replace stored catalogues, and full ones that somebody has translated further."""
    from virtsmith.po.replaced import replaced_keys
    from virtsmith.po.trust import DoubtfulLoss

    if not in_place and any(item.job.source == item.job.target for item in done):
        raise UsageError("expanded catalogues would replace the stored ones", hint="give --to DIRECTORY")
    if not yes and (edited := replaced_keys(done, compare_texts=True)):
        path, keys = next(iter(edited.items()))
        raise DoubtfulLoss(
            f"it has {len(keys)} translations that the stored catalogue lacks, or has otherwise",
            source=str(path),
            hint="store them first with virtsmith po minimize, or replace them with --yes",
        )


@examples("virtsmith po compile --to build/locale")
@click.command("compile")
@click.argument("catalogues", nargs=-1, type=INPUT)
@output_option
@click.option("--to", "directory", type=click.Path(path_type=Path, file_okay=False), help="For the LANGUAGE.mo files.")
@click.option("--suffix", default=".mo", show_default=True, help="Suffix of the written files.")
@click.option("--no-hash", is_flag=True, help="Leave out the hash table; lookups are a little slower.")
@click.option("--use-fuzzy", is_flag=True, help="Also compile fuzzy translations.")
@click.option("--skip-partial", is_flag=True, help="Leave out messages with an empty plural form.")
@form_option
@check_option
def compile_command(
    *,
    catalogues: tuple[Path, ...],
    output: Path,
    directory: Path | None,
    suffix: str,
    no_hash: bool,
    use_fuzzy: bool,
    skip_partial: bool,
    form: str | None,
    check: bool,
) -> int:
    """Compile catalogues, byte for byte as msgfmt does.

    With --check, exits with 1 and writes nothing if one has an error.
    """
    from virtsmith.po import compile_files, find_errors, find_projects, plan_jobs, write_all

    projects = find_projects(beside(catalogues))
    options: dict[str, Any] = {"hash_table": not no_hash, "skip_partial": skip_partial, "fuzzy": use_fuzzy}
    options["form"] = form or projects[0].form
    if _is_single(catalogues) and not directory:
        return _compile_one(catalogues[0], output, projects[0].checks if check else None, options)
    _refuse_output(output)
    plans = plan_jobs(projects, files_only(catalogues), directory=directory, suffix=suffix)
    jobs = [job for plan in plans for job in plan.jobs]
    with progress() as bar:
        for plan in plans if check else ():
            if errors := find_errors([job.source for job in plan.jobs], plan.project, progress=bar):
                return say_findings(errors)
        done = compile_files(jobs, **options, progress=bar)
    say(f"{len(write_all(done))} of {len(done)} catalogues changed")
    return ExitCode.OK


def _compile_one(path: Path, output: Path, choices: CheckChoices | None, options: dict[str, Any]) -> int:
    """Compile a catalogue, after a check if there are choices about the rules."""
    from virtsmith.po import compile_catalogue, parse_catalogue
    from virtsmith.po.check.files import errors_in

    data, name = read_input(path), input_name(path)
    if choices and (errors := errors_in(data, name, choices)):
        return say_findings(errors)
    write_output(compile_catalogue(parse_catalogue(data, name), **options), output)
    return ExitCode.OK


@examples("virtsmith po install --destdir /tmp/package")
@click.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--localedir", default="/usr/share/locale", show_default=True, help="Where programs look.")
@click.option("--destdir", envvar="DESTDIR", default="", help="Prefix for packages.  [env: DESTDIR]")
@click.option("--domain", help="Message domain; the project's by default.")
@click.option("--language", "languages", multiple=True, help="Only this language; repeatable.")
@form_option
@check_option
def install(
    *,
    directory: Path | None,
    localedir: str,
    destdir: str,
    domain: str | None,
    languages: tuple[str, ...],
    form: str | None,
    check: bool,
) -> int:
    """Compile and install: DESTDIR/LOCALEDIR/LANGUAGE/LC_MESSAGES/DOMAIN.mo.

    The languages are those in LINGUAS, all without such a file. Every domain of the project is installed. With --check,
    exits with 1 and installs nothing if a catalogue has an error.
    """
    from virtsmith.po import find_errors, find_projects, install_domains

    projects = find_projects((directory,) if directory else ())
    if domain and len(projects) > 1:
        raise UsageError("--domain is for one directory of catalogues", hint="name the directory")
    chosen = [(domain or project.domain, project.chosen_languages(languages)) for project in projects]
    with progress() as bar:
        for project, (_, found) in zip(projects, chosen, strict=True) if check else ():
            if errors := find_errors(list(found.values()), project, progress=bar):
                return say_findings(errors)
        form = form or projects[0].form
        for path in install_domains(chosen, localedir=localedir, destdir=destdir, form=form, progress=bar):
            write_path(path)
    return ExitCode.OK


@examples("virtsmith po convert sorted --dry-run")
@click.command()
@click.argument("profile")
@click.option("--pot", type=click.Path(path_type=Path), help="Take untranslated messages from this template.")
@click.option(
    "-d",
    "--directory",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The project's directory.  [default: the working directory]",
)
@click.option("-n", "--dry-run", is_flag=True, help="Check that it can be done, and write nothing.")
def convert(profile: str, pot: Path | None, directory: Path | None, *, dry_run: bool) -> None:
    """Convert the project's catalogues to another storage profile.

    Each is compiled before and after; nothing is written unless the results are the same.
    """
    from virtsmith.po import choose_profile, convert_files, find_catalogues, find_projects, write_all
    from virtsmith.po.work import CatalogueJob, changed

    projects = find_projects((directory,) if directory else ())
    jobs = [CatalogueJob(path, path) for project in projects for path in find_catalogues(project)]
    with progress() as bar:
        done = convert_files(jobs, choose_profile(projects[0], profile), pot, progress=bar)
    if dry_run:
        changed_names(changed(done))
        return
    _report_dropped(done)
    say(f"{len(write_all(done))} of {len(done)} catalogues changed")


@examples("virtsmith po extract -o app.pot")
@click.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("-o", "--output", type=click.Path(path_type=Path, allow_dash=True), help="Where to write the template.")
@skip_missing_option
@yes_option
def extract(directory: Path | None, output: Path | None, *, skip_missing: bool, yes: bool) -> None:
    """Extract the template from the sources.

    Keywords, flags and comment tags come from po/meson.build, po/Makevars or Babel's settings, the sources from
    POTFILES. Python sources need nothing else; other languages need gettext's xgettext. The project's template is not
    replaced by one that lost more than a few percent of the messages.
    """
    from virtsmith.po import extract_project, find_projects, parse_catalogue
    from virtsmith.po.proof import is_readable
    from virtsmith.po.trust import require_trusted

    projects = find_projects((directory,) if directory else ())
    if output and len(projects) > 1:
        raise UsageError("-o is for one domain", hint="give its directory")
    for project in projects:
        target = output or project.template
        with waiting("extracting"):
            found = extract_project(project, skip_missing=skip_missing)
        for name in found.missing:
            say(f"{name}: does not exist, left out")
        for name in found.tried_as_c:
            say(f"{name}: xgettext does not know its language and read it as C")
        if output is None and not yes:
            require_trusted(parse_catalogue(found.data).keys, project)
        write_output(found.data, target, check=is_readable)
        if target != STDIO:
            say(f"{target}: {found.messages} messages")


def _is_single(catalogues: Sequence[Path]) -> bool:
    """Whether one catalogue was given, which is written to standard output."""
    return len(catalogues) == 1 and not catalogues[0].is_dir()


def _refuse_output(output: Path) -> None:
    if output != STDIO:
        raise UsageError("-o is for one catalogue", hint="use --to DIRECTORY for several")


COMMANDS: tuple[click.Command, ...] = (minimize, expand, compile_command, install, convert, extract)
