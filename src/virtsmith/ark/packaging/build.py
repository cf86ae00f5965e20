"""Spec files, packages and installed versions of the releases that ``APP@VERSION`` names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from libvirtxml.versions import Version

from virtsmith.ark.catalogue.table import Release, ReleaseCatalogue
from virtsmith.ark.layout import APPS, Ark, InstalledVersion
from virtsmith.ark.packaging import local
from virtsmith.ark.packaging.copr import Build, CoprProject, load_config
from virtsmith.ark.packaging.patches import find_patches
from virtsmith.ark.packaging.source import SourceArchive, obtain
from virtsmith.ark.packaging.spec import DEFAULT_TARGETS, package_name, render_spec
from virtsmith.ark.packaging.srpm import build_rpm, make_srpm
from virtsmith.core.ownership import scratch_directory
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import UsageError


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Where sources come from and what is built from them.

    Attributes:
        catalogue: a table with the user's own additions to the catalogue.
        url: directory with the source, instead of the catalogue's.
        archive_format: ``xz``, ``bz2`` or ``gz``, instead of the catalogue's.
        patches: directory with ``APP/*.patch``.
        targets: targets of QEMU.
        keyring: keys to verify the source's signature with.
    """

    catalogue: Path | None = None
    url: str | None = None
    archive_format: str | None = None
    patches: Path = Path("patches")
    targets: Sequence[str] = DEFAULT_TARGETS
    keyring: Path | None = None

    def find_release(self, request: str) -> Release:
        """The release that ``APP@VERSION`` names.

        Raises:
            UsageError: it is not of that form, or the catalogue does not know it.
        """
        app, _, version = request.partition("@")
        if app not in APPS or not version:
            raise UsageError(f"not a release: {request}", hint="write it like qemu@2.6.0")
        known = ReleaseCatalogue(self.catalogue)
        version = str(Version.parse(version))
        if self.url and known.find(app, version) is None:
            return Release(app, version, format=self.archive_format or "", url=self.url)
        release = known.require(app, version)
        if self.url:
            release = replace(release, url=self.url)
        return replace(release, format=self.archive_format) if self.archive_format else release

    def obtain(self, request: str, progress: Progress) -> tuple[SourceArchive, list[Path]]:
        """The verified source of a release, and the patches for it."""
        release = self.find_release(request)
        catalogue = ReleaseCatalogue(self.catalogue)
        source = obtain(catalogue, release, keyring=self.keyring, warn=progress.warn, progress=progress)
        return source, find_patches(self.patches, source.release)


DEFAULTS = BuildOptions()


def buildable_releases(apps: Iterable[str], catalogue: Path | None = None) -> list[str]:
    """All releases of some applications that are not known to be broken, as ``APP@VERSION``."""
    known = ReleaseCatalogue(catalogue)
    releases = [release for app in apps for release in known.releases(app) if release.state != "broken"]
    return [f"{release.app}@{release.version}" for release in releases]


def make_spec(request: str, options: BuildOptions = DEFAULTS) -> str:
    """The spec file of a release.

    Raises:
        UsageError: the release is not known.
        InputError: a patch is damaged.
    """
    release = options.find_release(request)
    patches = [path.name for path in find_patches(options.patches, release)]
    return render_spec(release, release.format or "xz", patches, options.targets)


def make_source_package(
    request: str,
    directory: Path,
    options: BuildOptions = DEFAULTS,
    *,
    dist: str = "",
    progress: Progress = SILENT,
) -> Path:
    """Create the source package of a release: pristine source, spec and patches, as Mock and Copr take them.

    Args:
        request: ``APP@VERSION``.
        directory: where the package goes.
        options: where the source comes from.
        dist: a distribution's tag, such as ``.fc42``.
        progress: reports the steps, and warns if the source's signature was not verified.

    Raises:
        UsageError: the release is not known.
        FetchFailed, SignatureError: the source cannot be fetched, or fails verification.
        MissingError, ExternalError: rpmbuild is not installed, or fails.
    """
    source, patches = options.obtain(request, progress)
    return make_srpm(source, patches, directory, dist=dist, targets=options.targets)


def build_packages(
    request: str,
    directory: Path,
    options: BuildOptions = DEFAULTS,
    *,
    dist: str = "",
    nodeps: bool = False,
    progress: Progress = SILENT,
) -> list[Path]:
    """Build the binary packages of a release with this machine's rpmbuild.

    Raises:
        VirtsmithError: as `make_source_package`.
    """
    made = make_source_package(request, directory, options, dist=dist, progress=progress)
    return build_rpm(made, directory, nodeps=nodeps, progress=progress)


def build_version(
    request: str,
    options: BuildOptions = DEFAULTS,
    *,
    ark: Ark | None = None,
    extra: Sequence[str] = (),
    jobs: int | None = None,
    progress: Progress = SILENT,
) -> InstalledVersion:
    """Build a release from source into the ark.

    Args:
        request: ``APP@VERSION``.
        options: where the source comes from.
        ark: where to install; by default the user's.
        extra: more options for configure or meson.
        jobs: parallel compilers; by default one per processor.
        progress: reports the steps, and warns if the version does not start.

    Raises:
        UsageError: the release is not known.
        FetchFailed, SignatureError: the source cannot be fetched, or fails verification.
        MissingError, ExternalError: a build tool is not installed, or fails.
    """
    source, patches = options.obtain(request, progress)
    done = local.build(
        ark or Ark.open(), source, patches, targets=options.targets, options=extra, jobs=jobs, progress=progress
    )
    if done.problem:
        progress.warn(f"{done.name} does not start: {done.problem}")
    return done


def build_on_copr(
    requests: Iterable[str],
    options: BuildOptions = DEFAULTS,
    *,
    project: str = "virt-ark",
    chroots: Sequence[str] = (),
    config: Path | None = None,
    pause: float = 30,
    wait: bool = True,
    progress: Progress = SILENT,
) -> list[Build]:
    """Build releases on Copr, and wait until they are done.

    Args:
        requests: releases as ``APP@VERSION``.
        options: where sources come from.
        project: ``NAME`` or ``OWNER/NAME``; created if it does not exist and chroots are given.
        chroots: the chroots to build for.
        config: the Copr client's file; by default ``~/.config/copr``.
        pause: seconds between requests for the state.
        wait: whether to wait for the builds.
        progress: reports the steps.

    Raises:
        VirtsmithError: as `make_source_package`, or the service refuses.
    """
    farm = CoprProject(load_config(config), project)
    if chroots:
        farm.ensure_project(chroots)
    builds: list[Build] = []
    progress.start("source packages")
    for name in requests:
        with scratch_directory() as directory:
            made = make_source_package(name, directory, options, progress=progress)
            builds.append(farm.submit(made, package_name(options.find_release(name)), chroots=chroots))
        progress.step(detail=f"{builds[-1].title} {builds[-1].state}")
    return farm.watch(builds, pause=pause, progress=progress) if wait else builds
