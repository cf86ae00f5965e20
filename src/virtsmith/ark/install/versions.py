"""Installing the versions that a request such as ``qemu@7.2`` selects."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from virtsmith.ark.archive.mirror import Mirror
from virtsmith.ark.install.installer import Installer, InstallPlan
from virtsmith.ark.layout import APPS, Ark, InstalledVersion
from virtsmith.ark.requests import VersionRequest
from virtsmith.core.progress import SILENT, Progress


@dataclass(frozen=True, slots=True)
class InstallOptions:
    """Where versions come from, and which parts of them are installed.

    Attributes:
        every: install every version that matches a request, not only the newest; ranges always mean all of theirs.
        address: base address of the archive, when not the default.
        keyring: file with the archive's keys; by default this machine's.
        trust: fingerprints of the keys of an archive other than Debian's.
        refresh: read the archive's indexes again, whatever their age.
        targets: QEMU's targets, such as ``aarch64`` and ``s390x``; by default that of this machine.
        parts: what else belongs to a version: ``modules`` (QEMU's optional ones), ``firmware`` (UEFI), ``tpm``,
            ``virtiofs``.
    """

    every: bool = False
    address: str | None = None
    keyring: Path | None = None
    trust: Sequence[str] = ()
    refresh: bool = False
    targets: Sequence[str] = ()
    parts: Sequence[str] = ()


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
    requests: Sequence[str] = (),
    options: InstallOptions = DEFAULTS,
    *,
    ark: Ark | None = None,
    progress: Progress = SILENT,
) -> list[InstallPlan]:
    """Return what would be installed, and how big it is.

    Args:
        requests: ``qemu@7.2`` (the newest 7.2.x), ``qemu@6..8`` or ``'qemu@>=7,<10'`` (every version in it),
            ``qemu@debian:trixie``; none: all applications.
        options: where versions come from.
        ark: where to install; by default the user's.
        progress: reports the steps, and what had to be taken from a cache.

    Raises:
        UnknownVersion: no suite has the version; the error names the nearest ones.
        FetchFailed: no suite could be read.
    """
    return _plan(open_installer(ark or Ark.open(), options, progress), requests, options)


def install_versions(
    requests: Sequence[str] = (),
    options: InstallOptions = DEFAULTS,
    *,
    ark: Ark | None = None,
    again: bool = False,
    progress: Progress = SILENT,
) -> list[InstallResult]:
    """Install versions from the distribution's archive, without root and without its package manager.

    Args:
        requests: as for `plan_installs`.
        options: where versions come from, and which parts are installed.
        ark: where to install; by default the user's.
        again: reinstall versions that are already installed, and download damaged packages again.
        progress: reports the steps, and warns of what does not prevent an installation.

    Raises:
        UnknownVersion, FetchFailed: as `plan_installs`.
        ExternalError: a package is damaged, or the disk is full.
    """
    installer = open_installer(ark or Ark.open(), options, progress)
    return [_install(installer, plan, progress, again=again) for plan in _plan(installer, requests, options)]


def open_installer(ark: Ark, options: InstallOptions = DEFAULTS, progress: Progress = SILENT) -> Installer:
    """Return what plans and carries out installs into an ark."""
    mirror = Mirror(
        ark.indexes,
        keyring=options.keyring,
        fingerprints=frozenset(options.trust) or None,
        refresh=options.refresh,
        warn=progress.warn,
        progress=progress,
    )
    return Installer(
        ark, mirror, address=options.address, targets=options.targets, parts=options.parts, warn=progress.warn
    )


def _plan(installer: Installer, requests: Sequence[str], options: InstallOptions) -> list[InstallPlan]:
    parsed = [VersionRequest.parse(text) for text in requests or APPS]
    plans = [plan for request in parsed for plan in installer.plan(request, every=options.every or request.is_range)]
    return list({(plan.app, plan.id): plan for plan in plans}.values())


def _install(installer: Installer, plan: InstallPlan, progress: Progress, *, again: bool) -> InstallResult:
    started = time.monotonic()
    return InstallResult(plan, installer.install(plan, progress, again=again), time.monotonic() - started)
