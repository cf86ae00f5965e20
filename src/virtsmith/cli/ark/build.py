"""``virtsmith ark catalogue|spec|srpm|build``: upstream releases, and builds of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.options import DIRECTORY, format_option, output_option
from virtsmith.cli.output import progress, say, table_text, write_json, write_output
from virtsmith.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from virtsmith.ark import BuildOptions, ReleaseCatalogue
    from virtsmith.ark.catalogue.how import How
    from virtsmith.ark.catalogue.table import Release

Command = TypeVar("Command", bound=Callable[..., Any])


@examples("virtsmith ark catalogue qemu", "virtsmith ark catalogue refresh qemu --git")
@click.command()
@click.argument("words", nargs=-1, metavar="[qemu|libvirt] | refresh [qemu|libvirt]...")
@click.option(
    "--catalogue", "own", type=click.Path(path_type=Path), metavar="FILE", help="Table for your own additions."
)
@click.option("--unknown", is_flag=True, help="Only releases with unverified fields.")
@click.option("--from", "url", metavar="URL", help="refresh: another download directory, or a repository with --git.")
@click.option("--git", is_flag=True, help="refresh: read the tags of the git repository.")
@click.option(
    "--snapshots",
    is_flag=True,
    help="refresh: derive from changelogs what Debian's archive once had; --from is a mirror.",
)
@format_option("text", "json", "csv")
@click.pass_obj
def catalogue(
    place: Path | None,
    /,
    *,
    words: tuple[str, ...],
    own: Path | None,
    url: str | None,
    output_format: str,
    output: Path,
    unknown: bool,
    git: bool,
    snapshots: bool,
) -> None:
    """List every upstream release and how it can be had, or look for new ones with 'refresh'.

    Empty fields are not known. A build is proven if a test of virtsmith has built that release and run it.
    """
    from virtsmith.ark import ReleaseCatalogue
    from virtsmith.ark.layout import APPS

    refreshing = words[:1] == ("refresh",)
    apps = words[1:] if refreshing else words
    if set(apps) - set(APPS):
        raise UsageError(f"unknown application: {apps[0]}", hint=f"write {' or '.join(APPS)}")
    known = ReleaseCatalogue(own)
    if refreshing and snapshots:
        _refresh_snapshots(place, apps or APPS, url)
        return
    if refreshing:
        _refresh(known, apps or APPS, url, git=git)
        return
    releases = [r for app in apps or APPS for r in known.releases(app) if r.unknown or not unknown]
    _write_releases(releases, output_format, output)


def _write_releases(releases: Sequence[Release], output_format: str, output: Path) -> None:
    from virtsmith.ark.catalogue.how import find_ways
    from virtsmith.ark.catalogue.table import dump_table

    if output_format == "csv":
        write_output(dump_table(releases), output)
    elif output_format == "json":
        write_json(
            "ark-catalogue", {"releases": [_to_dict(release, how) for release, how in find_ways(releases)]}, output
        )
    else:
        _show_releases(find_ways(releases), output)


def _refresh_snapshots(place: Path | None, apps: Sequence[str], url: str | None) -> None:
    from virtsmith.ark import Ark
    from virtsmith.ark.catalogue.snapshots import own_path
    from virtsmith.ark.catalogue.uploads import refresh_snapshots

    for app in apps:
        with progress() as shown:
            count = refresh_snapshots(app, ark=Ark.open(place), address=url, progress=shown)
        say(f"{app}: {count} new or updated snapshots, recorded in {own_path()}" if count else f"{app}: nothing new")


def _refresh(known: ReleaseCatalogue, apps: Sequence[str], url: str | None, *, git: bool) -> None:
    from virtsmith.ark import refresh_catalogue

    if url and len(apps) > 1:
        raise UsageError("--from is the address of one application", hint="name it: refresh qemu --from URL")
    for app in apps:
        with progress() as shown:
            count = refresh_catalogue(app, catalogue=known, url=url, git=git, progress=shown)
        say(f"{app}: {count} new or updated releases, recorded in {known.own}" if count else f"{app}: nothing new")


def _to_dict(release: Release, how: How) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(release), "how": how.value, "unknown": release.unknown}


def _show_releases(releases: Sequence[tuple[Release, How]], output: Path) -> None:
    from virtsmith.report.table import Cell, Table, Tone

    rows = [
        [
            r.app,
            r.version,
            Cell(r.date or "?", Tone.PLAIN if r.date else Tone.DIM),
            r.format or "?",
            r.build,
            how.value,
            r.sha256[:8] or "?",
            r.key[-8:] or "?",
            r.state or r.note,
        ]
        for r, how in releases
    ]
    columns = ["app", "version", "date", "format", "build", "how", "sha256", "key", "note"]
    write_output(table_text(Table.make(columns, rows), output), output)


def release_options(command: Command) -> Command:
    """The common options of `spec`, `srpm` and `build`; the command receives them as ``options``."""

    @wraps(command)
    def run(
        *arguments: Any,
        own: Path | None,
        url: str | None,
        archive_format: str | None,
        patches: Path | None,
        targets: tuple[str, ...],
        keyring: Path | None = None,
        **others: Any,
    ) -> Any:
        from virtsmith.ark.packaging.build import DEFAULTS, BuildOptions

        options = BuildOptions(
            own, url, archive_format, patches or DEFAULTS.patches, targets or DEFAULTS.targets, keyring
        )
        return command(*arguments, options=options, **others)

    for option in (
        click.option("--catalogue", "own", type=click.Path(path_type=Path), metavar="FILE", help="Your own table."),
        click.option("--url", metavar="URL", help="Directory that holds the source, instead of the catalogue's."),
        click.option("--archive-format", type=click.Choice(["xz", "bz2", "gz"]), help="Instead of the catalogue's."),
        click.option("--patches", type=DIRECTORY, help="Directory with APP/*.patch.  [default: patches, if it exists]"),
        click.option("--target", "targets", multiple=True, help="QEMU target.  [default: x86_64-softmmu]"),
    ):
        run = option(run)
    return cast("Command", run)


_KEYRING = click.option(
    "--keyring", type=click.Path(path_type=Path, exists=True), help="Keys to verify the source's signature with."
)


@examples("virtsmith ark spec qemu@2.6.0")
@click.command()
@click.argument("request", metavar="APP@VERSION")
@release_options
@output_option
def spec(request: str, output: Path, options: BuildOptions) -> None:
    """Write the spec file of a release."""
    from virtsmith.ark import make_spec

    write_output(make_spec(request, options), output)


@examples("virtsmith ark srpm qemu@2.6.0 -d packages")
@click.command()
@click.argument("request", metavar="APP@VERSION")
@release_options
@click.option("-d", "--directory", type=click.Path(path_type=Path), default=".", help="Where the package goes.")
@click.option("--dist", default="", metavar="TAG", help="Distribution tag, such as .fc42.")
@_KEYRING
def srpm(request: str, directory: Path, dist: str, options: BuildOptions) -> None:
    """Create the source package of a release: pristine source, spec and patches, as Mock and Copr take them."""
    from virtsmith.ark import make_source_package

    with progress() as shown:
        made = make_source_package(request, directory, options, dist=dist, progress=shown)
    write_output(f"{made}\n")


@examples("virtsmith ark build libvirt@9.0.0", "virtsmith ark build --backend copr qemu@2.6.0")
@click.command()
@click.argument("requests", nargs=-1, metavar="APP@VERSION...")
@release_options
@click.option("--backend", type=click.Choice(["local", "rpmbuild", "copr"]), default="local", show_default=True)
@click.option("--all", "every", is_flag=True, help="Every release of the named applications.")
@_KEYRING
@click.option("-d", "--directory", type=click.Path(path_type=Path), default=".", help="Where packages go.")
@click.option("--dist", default="", metavar="TAG", help="Distribution tag, such as .fc42.")
@click.option(
    "--option", "extra", multiple=True, metavar="OPTION", help="local: one more option for configure or meson."
)
@click.option("--nodeps", is_flag=True, help="rpmbuild: ignore missing build dependencies.")
@click.option("-j", "--jobs", type=click.IntRange(1), help="local: parallel compilers.")
@click.option("--project", default="virt-ark", show_default=True, metavar="[OWNER/]NAME", help="copr: the project.")
@click.option("--chroot", "chroots", multiple=True, metavar="NAME", help="copr: a chroot to build for; repeatable.")
@click.option(
    "--copr-config", type=click.Path(path_type=Path), help="copr: the client's file.  [default: ~/.config/copr]"
)
@click.option("--pause", default=30.0, show_default=True, help="copr: seconds between requests for the state.")
@click.option("--no-wait", is_flag=True, help="copr: do not wait for the builds.")
@click.pass_obj
def build(
    place: Path | None,
    /,
    requests: tuple[str, ...],
    options: BuildOptions,
    *,
    backend: str,
    every: bool,
    directory: Path,
    dist: str,
    extra: tuple[str, ...],
    nodeps: bool,
    jobs: int | None,
    project: str,
    chroots: tuple[str, ...],
    copr_config: Path | None,
    pause: float,
    no_wait: bool,
) -> int:
    """Build releases from source: here into the ark, here as packages, or on Copr.

    The former 'make copr APP=qemu VERSION=2.6.0' is 'ark build --backend copr qemu@2.6.0'.
    """
    from virtsmith.ark import Ark
    from virtsmith.ark.packaging.build import buildable_releases

    if not requests:
        raise UsageError("nothing to build", hint="give releases, as in qemu@7.2.0, or an application with --all")
    names = buildable_releases(requests, options.catalogue) if every else requests
    if backend == "copr":
        return _build_on_copr(
            names, options, project=project, chroots=chroots, config=copr_config, pause=pause, wait=not no_wait
        )
    if backend == "rpmbuild":
        _build_packages(names, options, directory=directory, dist=dist, nodeps=nodeps)
    else:
        _build_into_ark(names, options, ark=Ark.open(place), extra=extra, jobs=jobs)
    return ExitCode.OK


def _build_on_copr(names: Sequence[str], options: BuildOptions, *, wait: bool, **settings: Any) -> int:
    from virtsmith.ark import build_on_copr

    with progress() as shown:
        builds = build_on_copr(names, options, wait=wait, progress=shown, **settings)
    write_output("".join(f"{build.title} {build.number} {build.state} {build.page}\n" for build in builds))
    return ExitCode.FINDINGS if wait and not all(build.is_good for build in builds) else ExitCode.OK


def _build_packages(names: Iterable[str], options: BuildOptions, **settings: Any) -> None:
    from virtsmith.ark import build_packages

    with progress() as shown:
        for name in names:
            paths = build_packages(name, options=options, progress=shown, **settings)
            write_output("".join(f"{path}\n" for path in paths))


def _build_into_ark(names: Iterable[str], options: BuildOptions, **settings: Any) -> None:
    from virtsmith.ark import build_version

    with progress() as shown:
        for name in names:
            installed = build_version(name, options, progress=shown, **settings)
            write_output(f"{installed.name} {installed.path}\n")


COMMANDS: tuple[click.Command, ...] = (catalogue, spec, srpm, build)
