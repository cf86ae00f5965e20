"""From a request to an installed version: choose the suite, resolve, download, lay out, check that it starts."""

from __future__ import annotations

import errno
import platform
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from libvirtxml.files import sha256

from virtsmith.ark.archive.archives import Archive
from virtsmith.ark.archive.debversion import upstream_of, version_key
from virtsmith.ark.archive.index import Index, Package
from virtsmith.ark.archive.mirror import Mirror, Warn
from virtsmith.ark.archive.resolve import resolve
from virtsmith.ark.archive.suites import Suite, find_suite, iter_suites
from virtsmith.ark.catalogue.snapshots import find_snapshots
from virtsmith.ark.install import building, launcher
from virtsmith.ark.install.maintain import damaged_packages
from virtsmith.ark.install.root import iter_programs, lay_out
from virtsmith.ark.install.store import PackageStore, remove_tree
from virtsmith.ark.layout import Ark, InstalledVersion, dump_installed
from virtsmith.ark.requests import VersionRequest, nearest
from virtsmith.core import fetch
from virtsmith.core.drafts import write_draft
from virtsmith.core.fetch import FetchFailed
from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.run import run
from virtsmith.errors import ExternalError, UsageError, VirtsmithError
from virtsmith.qemu.version import parse_banner

_LIBVIRT = re.compile(r"(?:^|\(libvirt\) )(\d+\.\d+(?:\.\d+)*(?:-rc\d+)?)", re.MULTILINE)
_START_LIMIT = 30


class UnknownVersion(UsageError):
    """No reachable suite carries what was asked for."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A version that a suite has; ``version`` is that of the package."""

    app: str
    version: str
    suite: Suite

    @property
    def id(self) -> str:
        """The id of the installed version."""
        return _identity(self.version)

    @property
    def upstream(self) -> str:
        """The version of the application, as far as that of the package says it."""
        return upstream_of(self.version)


@dataclass(frozen=True, slots=True)
class InstallPlan:
    """What an install would do. Sizes are in bytes; ``missing`` are the packages that must be downloaded."""

    app: str
    id: str
    suite: str
    """As `Suite.origin`."""
    archive: Archive
    seeds: tuple[str, ...]
    packages: tuple[Package, ...]
    missing: tuple[Package, ...]
    installed: InstalledVersion | None

    @property
    def download_size(self) -> int:
        """Bytes to download."""
        return sum(package.size for package in self.missing)

    @property
    def disk_size(self) -> int:
        """Upper bound of the disk space needed in bytes, from the archive's own figures."""
        return sum(package.installed_size for package in self.missing)

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "app": self.app,
            "id": self.id,
            "suite": self.suite,
            "packages": len(self.packages),
            "missing": len(self.missing),
            "download_bytes": self.download_size,
            "disk_bytes": self.disk_size,
            "installed": self.installed is not None,
        }


class Installer:
    """Plans and carries out installs into one ark; ``address`` and ``targets`` as they were given."""

    def __init__(
        self,
        ark: Ark,
        mirror: Mirror,
        *,
        address: str | None = None,
        targets: Sequence[str] = (),
        parts: Sequence[str] = (),
        warn: Warn = lambda _message: None,
    ) -> None:
        """Set up.

        Args:
            ark: where to install.
            mirror: reads the suites.
            address: base address of the archive, when not the default.
            targets: QEMU's targets, such as ``aarch64``; by default that of this machine.
            parts: what else is installed; see `virtsmith.ark.archive.archives.App`.
            warn: is called with warnings that do not prevent an installation.
        """
        self._ark = ark
        self._mirror = mirror
        self.address = address
        self.targets = list(targets)
        self._parts = list(parts)
        self._warn = warn
        self._store = PackageStore(ark)

    def plan(self, request: VersionRequest, *, every: bool = False) -> list[InstallPlan]:
        """Return what to install for a request: the newest version that matches, or every one.

        Raises:
            UnknownVersion: no suite has it; the error names the nearest ones.
            FetchFailed: no suite could be read.
        """
        offers = self.find_offers(request, every=every, history=bool(request.versions))
        if not every:
            return [self.plan_offer(offers[-1])]
        plans = [self.plan_offer(offer) for offer in offers if not offer.suite.is_past]
        for offer in (offer for offer in offers if offer.suite.is_past):
            try:
                plans.append(self.plan_offer(offer))
            except FetchFailed as error:
                if not plans:
                    raise
                self._warn(f"{error}; what only the archive's history has is left out")
                break
        return sorted(plans, key=lambda plan: version_key(plan.id))

    def find_offers(
        self, request: VersionRequest, *, every: bool = False, revisions: bool = False, history: bool = False
    ) -> list[Offer]:
        """Return the versions that match a request, oldest first: the newest of each suite.

        Args:
            request: what is asked for.
            every: read all suites; otherwise only until it is known which version is meant, the last one.
            revisions: all that each suite has.
            history: also what the archive once had, where no suite has that release.

        Raises:
            UnknownVersion, FetchFailed: as `plan`.
        """
        offers: dict[str, Offer] = {}
        seen: set[str] = set()
        failures: list[VirtsmithError] = []
        for suite in self._suites(request):
            if offers and not every and suite.moves and request.is_exact:
                break  # a frozen suite has it: the others need not be read
            try:
                tiers = self._mirror.load(suite)
            except FetchFailed as error:
                failures.append(error)
                continue
            carried = _carried(tiers, self._main_packages(suite.archive, request.app)[0])
            has = [Offer(request.app, package.version, suite) for package in carried]
            seen.update(offer.upstream for offer in has)
            matching = sorted((offer for offer in has if request.accepts(offer.upstream, offer.id)), key=_order)
            for offer in matching if revisions else matching[-1:]:
                offers.setdefault(offer.version, offer)
        if history and (every or not offers) and not request.suite:
            offers |= self._find_history(request, {offer.upstream for offer in offers.values()})
        if not offers:
            raise self._unknown(request, seen, failures)
        for failure in failures:
            self._warn(str(failure))
        return sorted(offers.values(), key=_order)

    def reaches_history(self) -> bool:
        """Whether the service that has the archive's history answers."""
        for suite in iter_suites(self.address):
            try:
                address = suite.archive.history
                return address is not None and bool(fetch.request("GET", address, retries=0))
            except FetchFailed as error:
                return error.status is not None
        return False

    def _find_history(self, request: VersionRequest, had: set[str]) -> dict[str, Offer]:
        found = (item for item in find_snapshots(request.app) if item.upstream not in had)
        offers = (Offer(request.app, item.package, find_suite(item.origin)) for item in found)
        return {offer.version: offer for offer in offers if request.accepts(offer.upstream, offer.id)}

    def plan_offer(self, offer: Offer) -> InstallPlan:
        """Return what to install for a version.

        Raises:
            UnknownVersion: the suite does not have it any more.
            FetchFailed: the suite cannot be read.
        """
        tiers = self._mirror.load(offer.suite)
        carried = _carried(tiers, self._main_packages(offer.suite.archive, offer.app)[0])
        main = next((package for package in carried if package.version == offer.version), None)
        if main is None:
            raise UnknownVersion(f"suite {offer.suite.origin} does not carry {offer.app} {offer.id} any more")
        return self._plan_one(offer.app, main, offer.suite, tiers)

    def install(self, plan: InstallPlan, progress: Progress = SILENT, *, again: bool = False) -> InstalledVersion:
        """Carry out a plan; nothing appears below the ark until it is complete and has been started once.

        With ``again`` an installed version is laid out again, and damaged packages are downloaded again. If a package
        is gone from the archive, the index is read again and the version that the suite has now is installed.

        Raises:
            FetchFailed: a download failed.
            ExternalError: the disk is full, or cannot be written.
        """
        if plan.installed and not again:
            return plan.installed
        if again:
            self._drop_damaged(plan)
        try:
            return self._install(plan, progress, again=again)
        except FetchFailed as error:
            newer = self._plan_anew(plan) if error.status == 404 else None
            if newer is None or newer.packages == plan.packages:
                raise
            self._warn(f"{error}; the suite has changed: installing {newer.app} {newer.id}")
            return newer.installed or self._install(newer, progress, again=again)

    def _install(self, plan: InstallPlan, progress: Progress, *, again: bool) -> InstalledVersion:
        try:
            with self._ark.changing(), self._ark.owning(plan.app, plan.id) as target:
                meanwhile = self._find_installed(plan.app, plan.id, plan.seeds)
                if meanwhile and not again:
                    return meanwhile
                self._require_room(plan)
                self._store.ensure(plan.packages, progress)
                return self._build(plan, target)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            hint = "free disk space and run it again: downloads are kept" if full else None
            reason = (error.strerror or str(error)).lower()
            raise ExternalError(
                f"cannot install {plan.app} {plan.id} into {self._ark.path}: {reason}", hint=hint
            ) from error

    def _plan_anew(self, plan: InstallPlan) -> InstallPlan | None:
        self._mirror.forget()
        suite = find_suite(plan.suite, self.address)
        tiers = self._mirror.load(suite)
        main = _newest(tiers, self._main_packages(suite.archive, plan.app)[0])
        return self._plan_one(plan.app, main, suite, tiers) if main else None

    def _drop_damaged(self, plan: InstallPlan) -> None:
        with self._ark.changing(alone=True):
            for key in damaged_packages(self._ark, [package.key for package in plan.packages]):
                self._store.remove(key)

    def _suites(self, request: VersionRequest) -> Iterable[Suite]:
        if request.suite:
            return [find_suite(request.suite, self.address)]
        suites = list(iter_suites(self.address))
        known = [
            suite for suite in suites if not suite.carries or _may_hold(suite.carries.get(request.app, ""), request)
        ]
        return known if request.versions else suites

    def _main_packages(self, archive: Archive, app: str) -> list[str]:
        """The packages with the application itself: several if emulators for several targets were requested.

        Raises:
            UsageError: the archive has no such target.
        """
        targets = self.targets or [archive.host.target]
        for target in targets:
            if target not in archive.targets:
                known = ", ".join(sorted(archive.targets))
                raise UsageError(f"unknown target: {target}", hint=f"{archive.name} has {known}")
        return list(dict.fromkeys(archive.apps[app].main.format(target=archive.targets[name]) for name in targets))

    def _plan_one(self, app: str, main: Package, suite: Suite, tiers: list[Index]) -> InstallPlan:
        seeds = {main.name: main}
        for name, is_required in self._seed_names(suite.archive, app):
            found = _newest(tiers, name, like=main.version)
            if found:
                seeds.setdefault(found.name, found)
            elif is_required:
                raise UnknownVersion(f"suite {suite.origin} has no package {name}")
        self._check_parts(suite.archive, app, seeds)
        identity = _identity(main.version)
        for name in self._installed_seeds(app, identity):
            if (found := _newest(tiers, name, like=main.version)) is not None:
                seeds.setdefault(name, found)
        packages = tuple(resolve(seeds.values(), tiers, skip=suite.archive.skip))
        have = self._find_installed(app, identity, seeds)
        missing = tuple(self._store.missing(packages))
        return InstallPlan(app, identity, suite.origin, suite.archive, tuple(sorted(seeds)), packages, missing, have)

    def _installed_seeds(self, app: str, identity: str) -> tuple[str, ...]:
        """What a version was installed from: what is added to it does not take away what it has."""
        found = (version.seeds for version in self._ark.installed(app) if version.id == identity)
        return next(found, ())

    def _find_installed(self, app: str, identity: str, seeds: Iterable[str]) -> InstalledVersion | None:
        found = (version for version in self._ark.installed(app) if version.id == identity)
        return next((version for version in found if set(seeds) <= set(version.seeds)), None)

    def _seed_names(self, archive: Archive, app: str) -> Iterator[tuple[str, bool]]:
        """Yield the packages that an application is installed from, and whether each is required."""
        facts = archive.apps[app]
        for name in (*self._main_packages(archive, app), *facts.required, archive.tools_package):
            yield name, True
        for name in (*facts.optional, *(name for part in self._parts for name in facts.parts.get(part, ()))):
            yield name, False

    def _check_parts(self, archive: Archive, app: str, seeds: Iterable[str]) -> None:
        """Warn of parts that a suite does not have for an application.

        Raises:
            UsageError: no application has such a part.
        """
        known = {part for facts in archive.apps.values() for part in facts.parts}
        for part in self._parts:
            if part not in known:
                raise UsageError(f"unknown part: {part}", hint=f"{archive.name} has {', '.join(sorted(known))}")
            names = {name.strip() for names in archive.apps[app].parts.get(part, ()) for name in names.split("|")}
            if names and not names & set(seeds):
                self._warn(f"{app}: the suite has no {part} ({', '.join(sorted(names))})")

    def _unknown(self, request: VersionRequest, seen: set[str], failures: list[VirtsmithError]) -> VirtsmithError:
        if failures and not seen:
            return failures[0]
        carried = {suite.carries[request.app] for suite in iter_suites(self.address) if suite.carries}
        near = nearest(request.versions, seen | carried, count=6)
        hint = f"the nearest are {', '.join(near)}; virtsmith ark build builds others" if near else None
        return UnknownVersion(f"no suite carries {request}", hint=hint)

    def _require_room(self, plan: InstallPlan) -> None:
        free = shutil.disk_usage(self._ark.path).free
        needed = plan.disk_size + plan.download_size
        if free < needed:
            raise ExternalError(
                f"no space in {self._ark.path}: {plan.app} {plan.id} needs {needed >> 20} MiB of {free >> 20} MiB",
                hint="virtsmith ark clean deletes what no version uses",
            )

    def _build(self, plan: InstallPlan, target: Path) -> InstalledVersion:
        keys = [package.key for package in plan.packages]
        draft = Path(tempfile.mkdtemp(dir=self._ark.drafts))
        try:
            size = lay_out(self._store, keys, draft / "root", plan.archive.alternatives)
            launcher.install_tools(self._ark, draft / "root" / plan.archive.tools_program)
            programs = list(iter_programs(self._store, keys, plan.app))
            launcher.write_launchers(
                self._ark, draft / "bin", target / "root", programs, has_state=plan.app == "libvirt"
            )
            building.offer(draft, target)
            main = _main_program(plan.app, programs)
            version, problem = self._try_start(draft / "root", main)
            done = InstalledVersion(
                app=plan.app,
                id=plan.id,
                path=target,
                version=version,
                origin=plan.suite,
                program=Path(main).name,
                program_sha256=sha256(draft / "root" / main),
                packages=tuple(keys),
                seeds=plan.seeds,
                size=size,
                problem=problem,
            )
            write_draft(draft / "version.json", dump_installed(done))
            draft.chmod(0o755)
            _swap_in(draft, target, self._ark.drafts)
        finally:
            remove_tree(draft)
        if problem:
            self._warn(f"{plan.app} {plan.id} is installed but does not start: {problem}")
        return done

    def _try_start(self, root: Path, program: str) -> tuple[str | None, str | None]:
        """Ask the program for its version, which proves that the tree is complete."""
        argv = [*launcher.command(self._ark, root, f"/{program}"), "--version"]
        try:
            text = run(argv, timeout=_START_LIMIT).text
        except ExternalError as error:
            return None, str(error)
        version = version_in(text)
        return (version, None) if version else (None, f"it reports {text.strip()[:80]!r} as its version")


def version_in(text: str) -> str | None:
    """Return the version in what a program of QEMU or libvirt prints for ``--version``."""
    if release := parse_banner(text):
        return release.version
    found = _LIBVIRT.search(text)
    return found[1] if found else None


def _order(offer: Offer) -> Any:
    return version_key(offer.version)


def _carried(tiers: Sequence[Index], names: str) -> list[Package]:
    """Return all versions of the first package, of those separated by ``|``, that a suite has."""
    for name in names.split("|"):
        if found := [package for tier in tiers for package in tier.find(name.strip())]:
            return found
    return []


def _newest(tiers: Sequence[Index], names: str, *, like: str = "") -> Package | None:
    """Return the newest version of a package, or the one of the version that it should be ``like``, if there is one."""
    found = _carried(tiers, names)
    alike = next((package for package in found if package.version == like), None)
    return alike or max(found, key=lambda package: version_key(package.version), default=None)


def _may_hold(series: str, request: VersionRequest) -> bool:
    """Whether a suite that carries a release series such as 10.0 may have the requested version or point release."""
    return request.accepts(series) or request.accepts(f"{series}.999") or request.versions.startswith(f"{series}.")


def _identity(version: str) -> str:
    return version.rpartition(":")[2]


def _main_program(app: str, programs: Iterable[str]) -> str:
    names = {Path(program).name: program for program in programs}
    preferred = {
        "libvirt": ["libvirtd", "virsh"],
        "qemu": [
            f"qemu-system-{platform.machine()}",
            *(name for name in sorted(names) if name.startswith("qemu-system-")),
            f"qemu-{platform.machine()}",
        ],
    }
    for name in preferred[app]:
        if name in names:
            return names[name]
    raise ExternalError(f"the packages of {app} contain none of its programs")


def _swap_in(draft: Path, target: Path, drafts: Path) -> None:
    if target.exists():
        target.rename(Path(tempfile.mkdtemp(dir=drafts)) / "old")
    draft.rename(target)
