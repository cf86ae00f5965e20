"""``virtsmith ark catalogue|spec|srpm|build``: upstream releases, and builds of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import FOLDER, format_option, output_option
from virtsmith.cli.output import progress, say, table_text, waiting, write_json, write_output
from virtsmith.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from virtsmith.ark.catalogue.table import Catalogue, Release
    from virtsmith.ark.packaging.source import Source

Command = TypeVar("Command", bound=Callable[..., Any])
DEFAULT_PATCHES = Path("patches")


@examples("virtsmith ark catalogue qemu", "virtsmith ark catalogue refresh qemu --git")
@click.command()
@click.argument("words", nargs=-1, metavar="[qemu|libvirt] | refresh [qemu|libvirt]...")
@click.option(
    "--catalogue", "own", type=click.Path(path_type=Path), metavar="FILE", help="Table for your own additions."
)
@click.option("--unknown", is_flag=True, help="Only releases with fields that nobody could verify yet.")
@click.option("--from", "url", metavar="URL", help="refresh: another download folder, or a repository with --git.")
@click.option("--git", is_flag=True, help="refresh: learn from the tags of the git repository.")
@format_option("text", "json", "csv")
def catalogue(
    words: tuple[str, ...], own: Path | None, url: str | None, output_format: str, output: Path, *, unknown: bool,
    git: bool,
) -> None:  # fmt: skip
    """List every upstream release, or learn new ones with 'refresh'. Empty fields are not known."""
    from virtsmith.ark.catalogue.table import Catalogue, dump_table
    from virtsmith.ark.layout import APPS

    refreshing = words[:1] == ("refresh",)
    apps = words[1:] if refreshing else words
    if set(apps) - set(APPS):
        raise UsageError(f"unknown application: {apps[0]}", hint=f"write {' or '.join(APPS)}")
    known = Catalogue(own)
    if refreshing:
        _refresh(known, apps or APPS, url, git=git)
        return
    releases = [r for app in apps or APPS for r in known.releases(app) if r.unknown or not unknown]
    if output_format == "csv":
        write_output(dump_table(releases), output)
    elif output_format == "json":
        write_json("ark-catalogue", {"releases": [_to_dict(release) for release in releases]}, output)
    else:
        _show_releases(releases, output)


def _refresh(known: Catalogue, apps: Sequence[str], url: str | None, *, git: bool) -> None:
    from virtsmith.ark.catalogue import refresh

    if url and len(apps) > 1:
        raise UsageError("--from is the address of one application", hint="name it: refresh qemu --from URL")
    for app in apps:
        learn = refresh.learn_from_git if git else refresh.learn_from_folder
        with waiting(f"learning releases of {app}"):
            count = known.record(learn(known, app, url))
        say(f"{app}: {count} releases are new or better known, kept in {known.own}" if count else f"{app}: nothing new")


def _to_dict(release: Release) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(release), "unknown": release.unknown}


def _show_releases(releases: Sequence[Release], output: Path) -> None:
    from virtsmith.report.table import Cell, Table, Tone

    rows = [
        [r.app, r.version, Cell(r.date or "?", Tone.PLAIN if r.date else Tone.DIM), r.format or "?", r.build,
         r.sha256[:8] or "?", r.key[-8:] or "?", r.state or r.note]
        for r in releases
    ]  # fmt: skip
    columns = ["app", "version", "date", "format", "build", "sha256", "key", "note"]
    write_output(table_text(Table.make(columns, rows), output), output)


def release_options(command: Command) -> Command:
    """What `spec`, `srpm` and `build` have in common."""
    options = [
        click.option("--catalogue", "own", type=click.Path(path_type=Path), metavar="FILE", help="Your own table."),
        click.option("--url", metavar="URL", help="Folder with the source, instead of the catalogue's."),
        click.option("--archive-format", type=click.Choice(["xz", "bz2", "gz"]), help="Instead of the catalogue's."),
        click.option("--patches", type=FOLDER, help="Folder with APP/*.patch.  [default: patches, if it is there]"),
        click.option("--target", "targets", multiple=True, help="QEMU target.  [default: x86_64-softmmu]"),
    ]
    for option in options:
        command = option(command)
    return command


@examples("virtsmith ark spec qemu@2.6.0")
@click.command()
@click.argument("wanted", metavar="APP@VERSION")
@release_options
@output_option
def spec(wanted: str, own: Path | None, output: Path, **options: Any) -> None:
    """Write the spec file of a release."""
    from virtsmith.ark.packaging.spec import render_spec

    _, release = _find_release(wanted, own, options)
    patches = [path.name for path in _patches(release, options)]
    text = render_spec(release, release.format or "xz", patches, **_targets(options))
    write_output(text, output)


@examples("virtsmith ark srpm qemu@2.6.0 -d packages")
@click.command()
@click.argument("wanted", metavar="APP@VERSION")
@release_options
@click.option("-d", "--directory", type=click.Path(path_type=Path), default=".", help="Where the package goes.")
@click.option("--dist", default="", metavar="TAG", help="Distribution tag, such as .fc42.")
@click.option(
    "--keyring", type=click.Path(path_type=Path, exists=True), help="Keys to check the source's signature with."
)
def srpm(wanted: str, own: Path | None, directory: Path, dist: str, keyring: Path | None, **options: Any) -> None:
    """Make the source package of a release: pristine source, spec, patches. Mock and Copr take it."""
    from virtsmith.ark.packaging.srpm import make_srpm

    source = _obtain(wanted, own, keyring, options)
    made = make_srpm(source, _patches(source.release, options), directory, dist=dist, **_targets(options))
    write_output(f"{made}\n")


@examples("virtsmith ark build libvirt@9.0.0", "virtsmith ark build --backend copr qemu@2.6.0")
@click.command()
@click.argument("wanted", nargs=-1, metavar="APP@VERSION...")
@release_options
@click.option("--backend", type=click.Choice(["local", "rpmbuild", "copr"]), default="local", show_default=True)
@click.option("--all", "every", is_flag=True, help="Every release of the named applications.")
@click.option(
    "--keyring", type=click.Path(path_type=Path, exists=True), help="Keys to check the source's signature with."
)
@click.option("-d", "--directory", type=click.Path(path_type=Path), default=".", help="Where packages go.")
@click.option("--dist", default="", metavar="TAG", help="Distribution tag, such as .fc42.")
@click.option(
    "--option", "extra", multiple=True, metavar="OPTION", help="local: one more option for configure or meson."
)
@click.option("--nodeps", is_flag=True, help="rpmbuild: build whatever is installed.")
@click.option("-j", "--jobs", type=click.IntRange(1), help="local: compilers at once.")
@click.option("--project", default="virt-ark", show_default=True, metavar="[OWNER/]NAME", help="copr: the project.")
@click.option("--chroot", "chroots", multiple=True, metavar="NAME", help="copr: what to build for.")
@click.option(
    "--copr-config", type=click.Path(path_type=Path), help="copr: the client's file.  [default: ~/.config/copr]"
)
@click.option("--pause", default=30.0, show_default=True, help="copr: seconds between questions.")
@click.option("--no-wait", is_flag=True, help="copr: do not wait for the builds.")
@click.pass_obj
def build(
    place: Path | None, /, wanted: tuple[str, ...], own: Path | None, backend: str, *, every: bool, **options: Any
) -> int:
    """Build releases from source: here into the ark, here as packages, or on Copr.

    'make copr APP=qemu VERSION=2.6.0' of old is 'ark build --backend copr qemu@2.6.0'.
    """
    if not wanted:
        raise UsageError("nothing to build", hint="name releases, as in qemu@7.2.0, or an application with --all")
    names = list(wanted)
    if every:
        from virtsmith.ark.catalogue.table import Catalogue

        releases = [r for app in wanted for r in Catalogue(own).releases(app) if r.state != "broken"]
        names = [f"{release.app}@{release.version}" for release in releases]
    match backend:
        case "copr":
            return _build_on_copr(names, own, options)
        case "rpmbuild":
            _build_packages(names, own, options)
        case _:
            _build_here(place, names, own, options)
    return ExitCode.OK


def _build_here(place: Path | None, names: Sequence[str], own: Path | None, options: dict[str, Any]) -> None:
    from virtsmith.ark.layout import Ark
    from virtsmith.ark.packaging import local

    ark = Ark.open(place)
    for name in names:
        source = _obtain(name, own, options["keyring"], options)
        with progress() as shown:
            done = local.build(
                ark, source, _patches(source.release, options), options=options["extra"], jobs=options["jobs"],
                progress=shown, **_targets(options),
            )  # fmt: skip
        write_output(f"{done.name} {done.path}\n")
        if done.problem:
            say(f"warning: {done.name} does not start: {done.problem}")


def _build_packages(names: Sequence[str], own: Path | None, options: dict[str, Any]) -> None:
    from virtsmith.ark.packaging.srpm import build_rpm, make_srpm

    for name in names:
        source = _obtain(name, own, options["keyring"], options)
        made = make_srpm(
            source, _patches(source.release, options), options["directory"], dist=options["dist"], **_targets(options)
        )
        with progress() as shown:
            for path in build_rpm(made, options["directory"], nodeps=options["nodeps"], progress=shown):
                write_output(f"{path}\n")


def _build_on_copr(names: Sequence[str], own: Path | None, options: dict[str, Any]) -> int:
    import tempfile

    from virtsmith.ark.packaging.copr import Farm, load_config
    from virtsmith.ark.packaging.spec import package_name
    from virtsmith.ark.packaging.srpm import make_srpm

    farm = Farm(load_config(options["copr_config"]), options["project"])
    if options["chroots"]:
        farm.ensure_project(options["chroots"])
    builds = []
    for name in names:
        source = _obtain(name, own, options["keyring"], options)
        with tempfile.TemporaryDirectory() as folder:
            made = make_srpm(source, _patches(source.release, options), Path(folder), **_targets(options))
            builds.append(farm.submit(made, package_name(source.release), chroots=options["chroots"]))
        say(f"{builds[-1].title} {builds[-1].state} {builds[-1].page}")
    if not options["no_wait"]:
        with progress() as shown:
            builds = farm.watch(builds, pause=options["pause"], progress=shown)
    write_output("".join(f"{build.title} {build.number} {build.state} {build.page}\n" for build in builds))
    return ExitCode.OK if options["no_wait"] or all(build.is_good for build in builds) else ExitCode.FINDINGS


def _find_release(wanted: str, own: Path | None, options: dict[str, Any]) -> tuple[Catalogue, Release]:
    from dataclasses import replace

    from libvirtxml.versions import Version

    from virtsmith.ark.catalogue.table import Catalogue, Release
    from virtsmith.ark.layout import APPS

    app, _, version = wanted.partition("@")
    if app not in APPS or not version:
        raise UsageError(f"not a release: {wanted}", hint="write it like qemu@2.6.0")
    known = Catalogue(own)
    url, archive_format = options["url"], options["archive_format"]
    version = str(Version.parse(version))
    if url and known.find(app, version) is None:
        return known, Release(app, version, format=archive_format or "", url=url)
    release = known.require(app, version)
    if url:
        release = replace(release, url=url)
    return known, replace(release, format=archive_format) if archive_format else release


def _obtain(wanted: str, own: Path | None, keyring: Path | None, options: dict[str, Any]) -> Source:
    from virtsmith.ark.packaging.source import obtain

    known, release = _find_release(wanted, own, options)
    with progress() as shown:
        return obtain(known, release, keyring=keyring, warn=lambda text: say(f"warning: {text}"), progress=shown)


def _patches(release: Release, options: dict[str, Any]) -> list[Path]:
    from virtsmith.ark.packaging.patches import find_patches

    folder = options["patches"] or DEFAULT_PATCHES
    return find_patches(folder, release)


def _targets(options: dict[str, Any]) -> dict[str, Any]:
    return {"targets": options["targets"]} if options["targets"] else {}


COMMANDS: tuple[click.Command, ...] = (catalogue, spec, srpm, build)
