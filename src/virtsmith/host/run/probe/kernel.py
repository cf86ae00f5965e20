"""Finds the parts of a probe guest: a distribution's kernel with its modules, and a static busybox. Needs no root."""

from __future__ import annotations

import lzma
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from libvirtxml.files import read_bytes

from virtsmith.core.dirs import cache_dir
from virtsmith.core.ownership import scratch_directory
from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.run import find_program, run
from virtsmith.errors import ExternalError, InputError, MissingError
from virtsmith.host.plan.architecture import ARCHITECTURES, DEFAULT, Architecture
from virtsmith.host.run.probe.packages import unpack_package

_NUMBERS = re.compile(r"\d+")
_MODULE = re.compile(r"(?P<name>[^/]+)\.ko(?P<packed>\.(?:xz|gz|zst))?")
_DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")
_KERNEL_HINT = "give one with --kernel FILE --modules DIRECTORY, or install a kernel package"


class KernelMissing(MissingError):
    """There is no kernel, module or busybox for the probe guest."""


@dataclass(frozen=True)
class Kernel:
    """A kernel image and the directory of its modules."""

    image: Path
    modules: Path

    @property
    def version(self) -> str:
        """Its release, as ``uname -r`` prints it."""
        return self.modules.name

    @cached_property
    def _files(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for path in sorted(self.modules.rglob("*.ko*")):
            if match := _MODULE.fullmatch(path.name):
                found.setdefault(_key(match["name"]), path)
        return found

    def load_order(self, names: list[str]) -> list[tuple[str, bytes]]:
        """The requested modules and their dependencies with their content, in the order to load them.

        A name without a module is left out: its driver is built in, or the kernel lacks it, which the facts will show.
        """
        order: dict[str, bytes] = {}
        for name in names:
            self._add(_key(name), order, ())
        return list(order.items())

    def _add(self, name: str, order: dict[str, bytes], above: tuple[str, ...]) -> None:
        path = self._files.get(name)
        if name in order or path is None or name in above:
            return
        data = _unpack(path)
        match = _DEPENDS.search(data)
        for needed in match[1].decode("ascii", "replace").split(",") if match else []:
            self._add(_key(needed), order, (*above, name))
        order[name] = data


def _key(name: str) -> str:
    return name.replace("-", "_")


def _unpack(path: Path) -> bytes:
    """The content of a module file, which may be compressed."""
    data = read_bytes(path, limited=False)
    if path.suffix == ".xz":
        return lzma.decompress(data)
    if path.suffix == ".gz":
        import gzip  # noqa: PLC0415 - few distributions need it

        return gzip.decompress(data)
    if path.suffix == ".zst":
        return run(["zstd", "-dc", path]).stdout
    return data


def cache_directory() -> Path:
    """Where unpacked kernels are kept between runs."""
    return cache_dir() / "probe"


def find_kernel(
    image: Path | None = None,
    modules: Path | None = None,
    *,
    architecture: Architecture = DEFAULT,
    progress: Progress = SILENT,
) -> Kernel:
    """A kernel for probe guests: the given one, an installed one that can be read, or the distribution's, downloaded.

    ``VIRTSMITH_KERNEL`` and ``VIRTSMITH_MODULES`` are used for arguments that are None. For another architecture than
    this machine's it is Debian's.

    Raises:
        KernelMissing: there is none, and none can be downloaded.
        InputError: the given one cannot be read, or is for another architecture.
    """
    image = image or _from_environment("VIRTSMITH_KERNEL")
    modules = modules or _from_environment("VIRTSMITH_MODULES")
    if image is not None:
        return _given(image, modules, architecture)
    if architecture.is_foreign:
        return _foreign(architecture, progress)
    return _installed(Path("/boot"), Path("/lib/modules")) or _cached() or _fetch(progress)


def _from_environment(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value) if value else None


def _given(image: Path, modules: Path | None, architecture: Architecture) -> Kernel:
    if not os.access(image, os.R_OK):
        raise InputError("cannot read this kernel image", source=str(image))
    found = _image_architecture(image)
    if found not in (None, architecture.name):
        raise InputError(f"a kernel for {found}; this host is {architecture.name}", source=str(image))
    if modules is None:
        modules = Path("/lib/modules") / image.name.removeprefix("vmlinuz-")
    if not modules.is_dir():
        raise InputError("no such directory of kernel modules", source=str(modules), hint="give it with --modules")
    return Kernel(image, modules)


def _image_architecture(image: Path) -> str | None:
    """The architecture of a kernel image by its header; None if that does not say."""
    with image.open("rb") as file:
        head = file.read(0x206)
    known = ((name, *architecture.image_mark) for name, architecture in ARCHITECTURES.items())
    return next((name for name, at, mark in known if head[at : at + len(mark)] == mark), None)


def _foreign(architecture: Architecture, progress: Progress) -> Kernel:
    root = cache_directory() / f"foreign-{architecture.name}"
    package = architecture.kernel_package
    unpack_package(architecture, package, root, depends_on="linux-image-", progress=progress)
    kernel = _installed(root / "boot", root / "usr" / "lib" / "modules")
    if kernel is None:
        raise KernelMissing(f"package {package} contains no kernel image", hint=_KERNEL_HINT)
    return kernel


def _installed(boot: Path, libraries: Path) -> Kernel | None:
    """The newest kernel of a directory whose image can be read and whose modules are installed."""
    found = [Kernel(path, libraries / path.name.removeprefix("vmlinuz-")) for path in boot.glob("vmlinuz-*")]
    usable = [path for path in found if path.modules.is_dir() and os.access(path.image, os.R_OK)]
    return max(usable, key=lambda kernel: [int(n) for n in _NUMBERS.findall(kernel.version)], default=None)


def _cached() -> Kernel | None:
    for root in sorted(cache_directory().glob("kernel-*"), reverse=True):
        libraries = root / "lib" / "modules"
        if not libraries.is_dir():
            libraries = root / "usr" / "lib" / "modules"
        if kernel := _installed(root / "boot", libraries):
            return kernel
    return None


def _fetch(progress: Progress) -> Kernel:
    """Download the distribution's kernel with its package tool and unpack it; nothing is installed."""
    architecture = ARCHITECTURES.get(os.uname().machine)
    if architecture is None or not _has_apt():
        raise KernelMissing("no kernel to boot the probe with", hint=_KERNEL_HINT)
    progress.start("downloading a kernel")
    try:
        depends = run(["apt-cache", "depends", "--important", architecture.kernel_package]).text
        names = re.findall(r"Depends: (linux-image-\d\S+)", depends)
        if not names:
            raise KernelMissing(
                f"the package lists have no {architecture.kernel_package}",
                hint="run apt-get update; or " + _KERNEL_HINT,
            )
        _fetch_package(names[0], cache_directory() / f"kernel-{names[0].removeprefix('linux-image-')}")
    finally:
        progress.done()
    kernel = _cached()
    if kernel is None:
        raise KernelMissing(f"package {names[0]} contains no kernel image", hint=_KERNEL_HINT)
    return kernel


def _has_apt() -> bool:
    return bool(find_program("apt-get") and find_program("dpkg-deb"))


def _fetch_package(name: str, target: Path) -> None:
    """Download a package and unpack it into a directory that appears only when it is complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with scratch_directory(".fetch-", parent=target.parent) as scratch:
        run(["apt-get", "download", "-q", name], cwd=scratch, timeout=900)
        packages = sorted(scratch.glob("*.deb"))
        if not packages:
            raise ExternalError(f"apt-get downloaded no package {name}")
        root = scratch / "root"
        run(["dpkg-deb", "-x", packages[0], root], timeout=900)
        if not target.exists():
            root.rename(target)


def find_busybox(architecture: Architecture = DEFAULT) -> Path:
    """A static busybox: ``VIRTSMITH_BUSYBOX``, one on PATH, or the distribution's, downloaded but not installed.

    For another architecture than this machine's it is Debian's.

    Raises:
        KernelMissing: there is none.
    """
    if architecture.is_foreign:
        target = cache_directory() / f"busybox-static-{architecture.name}"
        unpack_package(architecture, "busybox-static", target)
        return _busybox_in(target)
    given = _from_environment("VIRTSMITH_BUSYBOX")
    installed = given or find_program("busybox")
    if installed is not None and is_static(installed):
        return installed
    if given is not None:
        raise KernelMissing(f"{given} is not a static program")
    target = cache_directory() / "busybox-static"
    if not target.is_dir():
        if not _has_apt():
            raise KernelMissing("no static busybox", hint="install busybox-static, or set VIRTSMITH_BUSYBOX")
        _fetch_package("busybox-static", target)
    return _busybox_in(target)


def _busybox_in(target: Path) -> Path:
    found = [path for path in (target / "bin/busybox", target / "usr/bin/busybox") if path.is_file()]
    if not found:
        raise KernelMissing("package busybox-static contains no busybox")
    return found[0]


def is_static(program: Path) -> bool:
    """Whether a program is an ELF file that needs no dynamic loader (no PT_INTERP header)."""
    try:
        with program.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    if head[:4] != b"\x7fELF" or head[4:5] != b"\x02":
        return False
    start, size, count = (int.from_bytes(head[at : at + n], "little") for at, n in ((32, 8), (54, 2), (56, 2)))
    kinds = (int.from_bytes(head[start + size * number :][:4], "little") for number in range(count))
    return 3 not in kinds  # PT_INTERP
