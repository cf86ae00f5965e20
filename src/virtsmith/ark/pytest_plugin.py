"""A pytest plugin: tests that run once for each selected QEMU and libvirt version of an ark.

``--ark-qemu '>=7'`` and ``--ark-libvirt min,max`` select them; without these, the newest installed version is used. The
fixture ``qemu`` is an installed QEMU, ``libvirtd`` a running daemon of a selected libvirt that finds that QEMU first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from virtsmith.ark.layout import InstalledVersion
    from virtsmith.qemu.libvirtd import PrivateDaemon

_OPTIONS = {"qemu": "--ark-qemu", "ark_libvirt": "--ark-libvirt"}


@dataclass(frozen=True, slots=True)
class Libvirtd:
    """A running daemon: ``uri`` for the host's clients, ``virsh`` for the client of the same version."""

    libvirt: InstalledVersion
    qemu: InstalledVersion
    daemon: PrivateDaemon

    @property
    def uri(self) -> str:
        """The address for libvirt clients outside the ark."""
        return self.daemon.uri

    def virsh(self, *words: str, check: bool = True) -> str:
        """Run one virsh command and return what it prints.

        Raises:
            AssertionError: it fails and ``check`` is set; the message is what virsh printed.
        """
        done = self.daemon.command(*words)
        if check and done.status:
            raise AssertionError(f"virsh {' '.join(words)}: {done.stderr_text.strip()}")
        return done.text


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that select versions."""
    group = parser.getgroup("ark", "QEMU and libvirt versions of an ark (virtsmith)")
    group.addoption("--ark", metavar="DIR", help="the ark's directory; by default $VIRTSMITH_ARK")
    group.addoption("--ark-qemu", metavar="VERSIONS", help="QEMU versions to test with: '>=7', min,max, all, 6..9")
    group.addoption("--ark-libvirt", metavar="VERSIONS", help="libvirt versions to test with")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat tests for each selected version, if any were selected: other plugins may have fixtures of these names."""
    for fixture, option in _OPTIONS.items():
        text = metafunc.config.getoption(option)
        if text and fixture in metafunc.fixturenames:
            chosen = _chosen(metafunc.config, option, text)
            names = [version.name for version in chosen]
            metafunc.parametrize(fixture, chosen, ids=names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def qemu(request: pytest.FixtureRequest) -> InstalledVersion:
    """An installed QEMU: ``qemu.launcher("qemu-system-x86_64")`` is a program that can be started."""
    return _version(request, "--ark-qemu")


@pytest.fixture(scope="session")
def ark_libvirt(request: pytest.FixtureRequest) -> InstalledVersion:
    """An installed libvirt, not running."""
    return _version(request, "--ark-libvirt")


@pytest.fixture(scope="session")
def libvirtd(
    ark_libvirt: InstalledVersion, qemu: InstalledVersion, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Libvirtd]:
    """A running daemon with nothing defined in it; it and its guests are removed after the tests."""
    from virtsmith.ark import daemon  # noqa: PLC0415 - only for tests that use it

    directory: Path = tmp_path_factory.mktemp("libvirtd") / "d"
    made = daemon.make(ark_libvirt, qemu, directory)
    try:
        made.up()
        yield Libvirtd(ark_libvirt, qemu, made)
    finally:
        made.kill_guests()
        made.down()


def _version(request: pytest.FixtureRequest, option: str) -> InstalledVersion:
    param: InstalledVersion | None = getattr(request, "param", None)
    if param is not None:
        return param
    found = _chosen(request.config, option, "max")
    if not found:
        pytest.skip(f"no {option.removeprefix('--ark-')} is installed in the ark (virtsmith ark install)")
    return found[0]


def _chosen(config: pytest.Config, option: str, text: str) -> list[InstalledVersion]:
    from virtsmith.ark.layout import Ark  # noqa: PLC0415 - only for tests that use it
    from virtsmith.ark.requests import choose  # noqa: PLC0415
    from virtsmith.errors import VirtsmithError  # noqa: PLC0415

    place = config.getoption("--ark")
    try:
        return choose(Ark.open(Path(place) if place else None).installed(option.removeprefix("--ark-")), text)
    except VirtsmithError as error:
        raise pytest.UsageError(f"{option}: {error}") from error
