"""A pytest plugin: tests that run once for each selected QEMU and libvirt version of an ark.

``--ark-qemu '>=7'`` and ``--ark-libvirt min,max`` select them; without these, the newest installed version is used. The
fixture ``ark_qemu`` is an installed QEMU, ``ark_libvirtd`` a running daemon of a selected libvirt that has that QEMU in
its ``/usr/bin``. ``migration_pair`` are two daemons that a guest can migrate between, for each ``--ark-migrate``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from virtsmith.ark.layout import Ark, InstalledVersion
    from virtsmith.ark.migrate.journey import MigrationPair
    from virtsmith.qemu.libvirtd import PrivateDaemon

_OPTIONS = {"ark_qemu": "--ark-qemu", "ark_libvirt": "--ark-libvirt"}
_MIGRATE = "--ark-migrate"
_MINIMUM = "is required"
"""In what libvirt says of a QEMU that is older than it supports."""


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
    group.addoption(
        _MIGRATE,
        metavar="FROM:TO",
        action="append",
        default=[],
        help="pairs of versions to migrate between: libvirt@9.0/qemu@7.2:libvirt@12.8/qemu@11.1",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat tests for each selected version."""
    for fixture, option in _OPTIONS.items():
        text = metafunc.config.getoption(option)
        if text and fixture in metafunc.fixturenames:
            chosen = _chosen(metafunc.config, option, text)
            names = _labels(chosen)
            metafunc.parametrize(fixture, chosen, ids=names, indirect=True, scope="session")
    directions = metafunc.config.getoption(_MIGRATE)
    if directions and "migration_pair" in metafunc.fixturenames:
        metafunc.parametrize("migration_pair", directions, ids=directions, indirect=True, scope="session")


@pytest.fixture(scope="session")
def ark_qemu(request: pytest.FixtureRequest) -> InstalledVersion:
    """An installed QEMU: ``ark_qemu.launcher("qemu-system-x86_64")`` is a program that can be started."""
    return _version(request, "--ark-qemu")


@pytest.fixture(scope="session")
def ark_libvirt(request: pytest.FixtureRequest) -> InstalledVersion:
    """An installed libvirt, not running."""
    return _version(request, "--ark-libvirt")


@pytest.fixture(scope="session")
def ark_libvirtd(
    ark_libvirt: InstalledVersion, ark_qemu: InstalledVersion, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Libvirtd]:
    """A running daemon with nothing defined in it; it and its guests are removed after the tests.

    A pair that libvirt refuses by design is skipped, with the QEMU that it requires.
    """
    from virtsmith.ark import daemon  # noqa: PLC0415 - only for tests that use it

    directory: Path = tmp_path_factory.mktemp("libvirtd") / "d"
    made = daemon.make(ark_libvirt, ark_qemu, directory)
    try:
        made.up()
        capabilities = made.command("domcapabilities")
        if capabilities.status and _MINIMUM in capabilities.stderr_text:
            words = capabilities.stderr_text.strip().splitlines()[-1].removeprefix("error: ")
            pytest.skip(f"{ark_libvirt.name} does not support {ark_qemu.name}: {words}")
        yield Libvirtd(ark_libvirt, ark_qemu, made)
    finally:
        made.kill_guests()
        made.down()


@pytest.fixture(scope="session")
def migration_pair(request: pytest.FixtureRequest) -> Iterator[MigrationPair]:
    """Two running daemons, ``source`` and ``target``, and ``move(name, way)`` for a running guest."""
    from virtsmith.ark.migrate.journey import temporary_pair  # noqa: PLC0415 - only for tests that use it
    from virtsmith.ark.migrate.pair import InstalledPair  # noqa: PLC0415
    from virtsmith.errors import VirtsmithError  # noqa: PLC0415

    direction: str | None = getattr(request, "param", None)
    if direction is None:
        pytest.skip(f"no pairs of versions to migrate between: {_MIGRATE} FROM:TO")
    origin, _, destination = direction.partition(":")
    ark = _ark(request.config)
    try:
        pairs = InstalledPair.find(ark, origin), InstalledPair.find(ark, destination)
    except VirtsmithError as error:
        raise pytest.UsageError(f"{_MIGRATE}: {error}") from error
    with temporary_pair(*pairs) as pair:
        yield pair


def _version(request: pytest.FixtureRequest, option: str) -> InstalledVersion:
    param: InstalledVersion | None = getattr(request, "param", None)
    if param is not None:
        return param
    found = _chosen(request.config, option, "max")
    if not found:
        pytest.skip(f"no {option.removeprefix('--ark-')} is installed in the ark (virtsmith ark install)")
    return found[0]


def _chosen(config: pytest.Config, option: str, text: str) -> list[InstalledVersion]:
    """Return the versions that an option selects; without one, the newest if there is any.

    Raises:
        UsageError: it is not a selection, or nothing that is installed matches it: that would be tests of nothing.
    """
    from virtsmith.ark.requests import choose  # noqa: PLC0415 - only for tests that use it
    from virtsmith.errors import VirtsmithError  # noqa: PLC0415

    app = option.removeprefix("--ark-")
    try:
        installed = _ark(config).installed(app)
        found = choose(installed, text)
    except VirtsmithError as error:
        raise pytest.UsageError(f"{option}: {error}") from error
    if not found and config.getoption(option):
        names = ", ".join(version.version or version.id for version in installed) or "none"
        raise pytest.UsageError(f"{option}: no installed {app} is {text}; installed: {names}")
    return found


def _labels(versions: Sequence[InstalledVersion]) -> list[str]:
    from virtsmith.ark.requests import labels  # noqa: PLC0415 - only for tests that use it

    found = labels(versions)
    return [found[version.path] for version in versions]


def _ark(config: pytest.Config) -> Ark:
    from virtsmith.ark.layout import Ark  # noqa: PLC0415 - only for tests that use it

    place = config.getoption("--ark")
    return Ark.open(Path(place) if place else None)
