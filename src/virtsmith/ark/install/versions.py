"""Installs of versions that are named in words."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from virtsmith.ark.archive.mirror import Mirror
from virtsmith.ark.install.installer import Installer, InstallPlan
from virtsmith.ark.layout import APPS, Ark, InstalledVersion
from virtsmith.ark.wanted import VersionRequest
from virtsmith.core.progress import SILENT, Progress


@dataclass(frozen=True, slots=True)
class InstallOptions:
    """How versions are found and what is installed of them.

    Attributes:
        every: every version that a request means, not the newest one; ranges always mean all that are in them.
        address: base address of the archive, when not the default.
        keyring: file with the archive's keys; by default this machine's.
        trust: fingerprints of the keys of an archive other than Debian's.
        refresh: read the archive's indexes again, whatever their age.
        targets: emulators, such as ``x86`` and ``arm``; by default that of this machine.
        modules: QEMU's optional modules, too.
    """

    every: bool = False
    address: str | None = None
    keyring: Path | None = None
    trust: Sequence[str] = ()
    refresh: bool = False
    targets: Sequence[str] = ()
    modules: bool = False


DEFAULTS = InstallOptions()


@dataclass(frozen=True, slots=True)
class InstallResult:
    """One version that was installed, or was there already."""

    plan: InstallPlan
    version: InstalledVersion
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {**self.version.to_dict(), "seconds": round(self.seconds, 3), "new": self.plan.installed is None}


def plan_installs(
    wanted: Sequence[str] = (),
    options: InstallOptions = DEFAULTS,
    *,
    ark: Ark | None = None,
    progress: Progress = SILENT,
) -> list[InstallPlan]:
    """Say what would be installed, and how big it is.

    Args:
        wanted: ``qemu@7.2`` (the newest 7.2.x), ``qemu@6..8`` or ``'qemu@>=7,<10'`` (every version in it),
            ``qemu@debian:trixie``; none: all applications.
        options: how versions are found.
        ark: where to install; by default the user's.
        progress: is told what is done, and what had to be taken from a cache.

    Raises:
        UnknownVersion: no suite has what is wanted; the nearest ones are named.
        FetchFailed: no suite could be read.
    """
    return _plan(_open_installer(ark or Ark.open(), options, progress), wanted, options)


def install_versions(
    wanted: Sequence[str] = (),
    options: InstallOptions = DEFAULTS,
    *,
    ark: Ark | None = None,
    again: bool = False,
    progress: Progress = SILENT,
) -> list[InstallResult]:
    """Install versions from the distribution's archive, without root and without its package manager.

    Args:
        wanted: as for `plan_installs`.
        options: how versions are found, and what is installed of them.
        ark: where to install; by default the user's.
        again: lay out versions anew that are installed, and fetch again what is damaged.
        progress: is told what is done, and what did not stop an install but should be known.

    Raises:
        UnknownVersion, FetchFailed: as `plan_installs`.
        ExternalError: a package is damaged, or there is no room.
    """
    installer = _open_installer(ark or Ark.open(), options, progress)
    return [_install(installer, plan, progress, again=again) for plan in _plan(installer, wanted, options)]


def _open_installer(ark: Ark, options: InstallOptions, progress: Progress) -> Installer:
    mirror = Mirror(
        ark.indexes,
        keyring=options.keyring,
        fingerprints=frozenset(options.trust) or None,
        refresh=options.refresh,
        warn=progress.warn,
        progress=progress,
    )
    return Installer(
        ark, mirror, address=options.address, targets=options.targets, modules=options.modules, warn=progress.warn
    )


def _plan(installer: Installer, wanted: Sequence[str], options: InstallOptions) -> list[InstallPlan]:
    requests = [VersionRequest.parse(text) for text in wanted or APPS]
    plans = [plan for request in requests for plan in installer.plan(request, every=options.every or request.is_range)]
    return list({(plan.app, plan.id): plan for plan in plans}.values())


def _install(installer: Installer, plan: InstallPlan, progress: Progress, *, again: bool) -> InstallResult:
    started = time.monotonic()
    return InstallResult(plan, installer.install(plan, progress, again=again), time.monotonic() - started)
