"""What the suite runs in: an ark, caches and a home directory of its own, never the user's.

`enter` is called before any test module is imported. Two variables say where things are:

`VIRTSMITH_TEST_CACHE`
    What was downloaded is kept here between runs: the suite's ark, kernels for probe guests. By default it is below
    `/var/tmp`, which is on a disk and survives a reboot, where `/tmp` may be neither.
`VIRTSMITH_TEST_ARK`
    An ark to use as it is, instead of the suite's own: nothing is installed into it.

Everything else that programs remember lasts as long as the session.
"""

import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

FOREIGN = (
    "VIRTSMITH_", "XDG_", "GIT_", "LC_", "WEBLATE_", "WLC_", "ZANATA_", "LIBVIRT_", "VIRSH_", "QEMU_", "DASK_",
    "LANG", "DESTDIR", "SOURCE_DATE_EPOCH", "NO_COLOR", "COLUMNS", "CDPATH", "BASH_ENV",
)  # fmt: skip
"""Beginnings of the names of variables by which a user's settings would reach the programs under test."""

_OURS = (
    "VIRTSMITH_TEST_", "VIRTSMITH_ARK_TESTS", "VIRTSMITH_ABI_TESTS", "VIRTSMITH_CORPUS", "VIRTSMITH_WHEEL",
    "VIRTSMITH_WEBLATE_ENV", "VIRTSMITH_KUBEVIRT_API", "VIRTSMITH_DEBIAN_", "VIRTSMITH_KERNEL", "VIRTSMITH_MODULES",
    "VIRTSMITH_BUSYBOX", "VIRTSMITH_FIRMWARE", "VIRTSMITH_HOST_TESTS",
)  # fmt: skip
"""Those of them that say what to test, and with what."""

_KEPT_DOWNLOADS = ("kernel-*", "busybox-static*", "foreign-*", "firmware-*", "packages-*")
"""What the probe cache holds that was downloaded; the rest of it is made again in each session."""


def test_cache() -> Path:
    """The directory of downloads that are kept between runs."""
    named = os.environ.get("VIRTSMITH_TEST_CACHE")
    if named:
        return Path(named).absolute()
    lasting = Path("/var/tmp")  # noqa: S108 - one directory a user, and whose it is is checked
    return (lasting if lasting.is_dir() else Path(tempfile.gettempdir())) / f"virtsmith-tests-{os.getuid()}"


def suite_ark() -> Path:
    """The directory of the ark that tests use."""
    named = os.environ.get("VIRTSMITH_TEST_ARK")
    return Path(named).absolute() if named else test_cache() / "ark"


@dataclass(frozen=True)
class Surroundings:
    """The directory that holds what lasts as long as a session."""

    place: Path

    def leave(self) -> None:
        """Keep what was downloaded and remove the rest."""
        kept = _made_private(test_cache()) / "probe"
        kept.mkdir(exist_ok=True)
        for path in _downloads(self._probe):
            if not path.is_symlink() and not (kept / path.name).exists():
                shutil.move(path, kept / path.name)
        shutil.rmtree(self.place, ignore_errors=True)

    def enter(self) -> None:
        """Set the environment of this process, which all that it starts inherits."""
        for name in [name for name in os.environ if name.startswith(FOREIGN) and not name.startswith(_OURS)]:
            del os.environ[name]
        homes = {f"XDG_{kind}_HOME": self.place / kind.lower() for kind in ("CACHE", "CONFIG", "DATA", "STATE")}
        homes |= {"HOME": self.place / "home", "XDG_RUNTIME_DIR": self.place / "run"}
        for path in homes.values():
            path.mkdir(mode=0o700)
        os.environ |= {name: str(path) for name, path in homes.items()}
        os.environ |= {"VIRTSMITH_ARK": str(suite_ark()), "LC_ALL": "C.UTF-8", "TZ": "UTC", "GIT_CONFIG_NOSYSTEM": "1"}
        self._probe.mkdir(parents=True)
        for path in _downloads(test_cache() / "probe"):
            (self._probe / path.name).symlink_to(path)

    @property
    def _probe(self) -> Path:
        return self.place / "cache/virtsmith/probe"


def enter() -> Surroundings | None:
    """Give this session its surroundings; None in a worker process of xdist, which has those of the main one."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return None
    _made_private(test_cache())
    surroundings = Surroundings(Path(tempfile.mkdtemp(prefix="vs-")))  # a short path: sockets are made below it
    surroundings.enter()
    return surroundings


def _downloads(probe: Path) -> list[Path]:
    return [path for pattern in _KEPT_DOWNLOADS for path in probe.glob(pattern)]


def _made_private(path: Path) -> Path:
    """Make a directory that only this user may write to; others could have made it first to plant programs in it."""
    path.mkdir(mode=0o755, parents=True, exist_ok=True)
    status = path.stat()
    if status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(f"{path} is not this user's alone: name another directory in VIRTSMITH_TEST_CACHE")
    return path
