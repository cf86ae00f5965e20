"""The QEMU and libvirt versions that tests run: those of the suite's ark, installed from Debian's archive on demand.

`python -m helpers.suite_ark` installs all of them at once.
"""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpers.surroundings import suite_ark, test_cache
from virtsmith.ark.archive.suites import find_suite
from virtsmith.ark.layout import Ark, InstalledVersion
from virtsmith.ark.requests import VersionRequest, find_installed
from virtsmith.core import fetch
from virtsmith.errors import VirtsmithError

QEMUS = ("5.2", "7.2", "10.0.2", "10.0.13", "11.1")
LIBVIRTS = ("7.0", "9.0", "11.3", "12.8")
VERSIONS = (*(f"qemu@{version}" for version in QEMUS), *(f"libvirt@{version}" for version in LIBVIRTS))
_INSTALL_LIMIT = 1200


def provide(*requests: str) -> list[InstalledVersion]:
    """The installed versions that requests such as `qemu@7.2` mean, in their order; skips where one cannot be had."""
    for request in requests:
        if reason := missing(request):
            pytest.skip(reason)
    return [find_installed(Ark(suite_ark()), VersionRequest.parse(request))[-1] for request in requests]


@contextmanager
def private_ark(*requests: str) -> Iterator[Path]:
    """An ark with these versions alone, really installed, out of the packages that the suite's ark has stored.

    What a program prints about an ark must not depend on what other tests asked for.
    """
    provide(*requests)
    with tempfile.TemporaryDirectory(prefix="ark-", dir=test_cache()) as name:
        place = Path(name)
        place.chmod(0o755)  # for tests as another user
        for part in ("indexes", "packages", "tools"):
            shutil.copytree(suite_ark() / ".ark" / part, place / ".ark" / part, symlinks=True, copy_function=_link)
        if requests and (reason := _install(*requests, ark=place)):
            pytest.skip(reason)
        yield place


def _link(source: str, target: str) -> None:
    """Link a file, or copy it where the directories are on different disks."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@functools.cache
def missing(request: str) -> str | None:
    """Why a version cannot be used here; None if it is installed, or could be installed just now."""
    ark, version_request = Ark(suite_ark()), VersionRequest.parse(request)
    absent = not find_installed(ark, version_request)
    if absent and (reason := unchangeable() or archive_unreachable() or _install(request)):
        return f"{request} is not in the suite's ark: {reason}"
    problem = find_installed(ark, version_request)[-1].problem
    return f"{request} cannot be started here: {problem}" if problem else None


def unchangeable() -> str | None:
    """Why nothing may be installed; None where it may be."""
    return "VIRTSMITH_TEST_ARK is used as it is" if os.environ.get("VIRTSMITH_TEST_ARK") else None


@functools.cache
def archive_unreachable() -> str | None:
    """Why Debian's archive cannot be used; None if it can."""
    layer = find_suite("bookworm").tiers[0][0]
    try:
        fetch.request("GET", f"{layer.base}/dists/{layer.name}/InRelease", retries=0)
    except VirtsmithError as error:
        return f"the archive cannot be reached: {error}"
    return None


def _install(*requests: str, ark: Path | None = None) -> str | None:
    """Install versions; the ark's own locks keep processes that ask for the same one out of each other's way."""
    argv = [sys.executable, "-m", "virtsmith", "ark", "--ark", str(ark or suite_ark()), "install", *requests]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=_INSTALL_LIMIT * len(requests))
    return f"it cannot be installed: {done.stderr.strip()}" if done.returncode else None


if __name__ == "__main__":
    sys.exit(unchangeable() or _install(*VERSIONS))
