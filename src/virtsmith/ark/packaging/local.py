"""Builds on this machine: from source straight into the ark, with the host's compiler."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from libvirtxml.files import sha256, write_atomic

from virtsmith.ark.install.installer import version_in
from virtsmith.ark.install.store import remove_tree
from virtsmith.ark.layout import Ark, InstalledVersion, dump_installed
from virtsmith.ark.packaging.source import SourceArchive
from virtsmith.ark.packaging.spec import DEFAULT_TARGETS
from virtsmith.core.cpus import usable_cpus
from virtsmith.core.dirs import cache_dir
from virtsmith.core.drafts import write_draft
from virtsmith.core.inflate import Meter
from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.run import CompletedProcess, require_program, run
from virtsmith.errors import ExternalError, InputError, LimitError

_STEP_LIMIT = 6 * 3600
_QEMU = ("--disable-werror", "--disable-docs", "--enable-kvm")
_LIBVIRT_AUTOTOOLS = ("--with-qemu", "--with-test", "--with-init-script=none", "--disable-werror", "--disable-rpath")
_LIBVIRT_MESON = (
    "-Dwerror=false",
    "-Ddocs=disabled",
    "-Ddriver_qemu=enabled",
    "-Dinit_script=none",
)


def build(
    ark: Ark,
    source: SourceArchive,
    patches: Sequence[Path],
    *,
    targets: Sequence[str] = DEFAULT_TARGETS,
    options: Sequence[str] = (),
    jobs: int | None = None,
    progress: Progress = SILENT,
) -> InstalledVersion:
    """Build a release and install it into the ark, where it appears only when it is complete and has been started.

    ``options`` are added to those for configure or meson. If the build fails, its log is kept in the user's cache.

    Raises:
        ProgramFailed: a step fails; the error ends with the last line, the hint names the complete log.
        ProgramMissing: a build tool is not installed.
    """
    release = source.release
    with ark.changing(), ark.owning(release.app, release.version) as target:
        draft = Path(tempfile.mkdtemp(dir=ark.drafts))
        try:
            tree = _extract(source, draft / "source")
            stage = draft / "stage"
            progress.start(f"build {release.app} {release.version}", 3)
            for path in patches:
                _run(["patch", "-p1", "-N", "-i", str(path.resolve())], tree, stage, draft / "log")
            if release.app == "qemu":
                options = [f"--target-list={','.join(targets)}", *options]
            for step, argv in _steps(source, tree, target, options, jobs=jobs or usable_cpus()):
                progress.step(detail=step)
                _run(argv, tree, stage, draft / "log")
            progress.done()
            return _put_in_place(source, stage / target.relative_to("/"), target)
        except ExternalError as error:
            if (draft / "log").exists():
                kept = cache_dir() / "logs" / f"{release.app}-{release.version}.log"
                write_atomic(kept, (draft / "log").read_bytes())
                error.hint = f"the complete log is in {kept}"
            raise
        finally:
            remove_tree(draft)


def _steps(
    source: SourceArchive, tree: Path, target: Path, options: Sequence[str], *, jobs: int
) -> list[tuple[str, list[str]]]:
    """The steps of a build, each with its command line, depending on the source tree's build system."""
    places = [f"--prefix={target}", f"--sysconfdir={target}/etc", f"--localstatedir={target}/var"]
    if source.release.app == "libvirt" and (tree / "meson.build").exists():
        has_tests = "option('tests'" in (tree / "meson_options.txt").read_text(errors="replace")
        own = (*_LIBVIRT_MESON, *(["-Dtests=disabled"] if has_tests else []))  # older ones cannot leave them out
        arguments = [*places, "--libdir=lib", f"-Drunstatedir={target}/var/run", *own, *options]
        meson = str(require_program("meson", hint="pip install meson, or apt-get install meson"))
        ninja = str(require_program("ninja", hint="apt-get install ninja-build"))
        return [
            ("configure", [meson, "setup", "build", *arguments]),
            ("compile", [ninja, "-C", "build", f"-j{jobs}"]),
            ("install", [meson, "install", "-C", "build", "--no-rebuild"]),
        ]
    fixed = _QEMU if source.release.app == "qemu" else (f"--libdir={target}/lib", *_LIBVIRT_AUTOTOOLS)
    return [
        ("configure", ["./configure", *places, *fixed, *options]),
        ("compile", ["make", f"-j{jobs}"]),
        ("install", ["make", "install"]),
    ]


def _run(argv: Sequence[str], tree: Path, stage: Path, log: Path) -> CompletedProcess:
    environment = {**os.environ, "DESTDIR": str(stage)}
    done = run(argv, cwd=tree, env=environment, timeout=_STEP_LIMIT, allow=())
    with log.open("ab") as file:
        file.write(f"$ {done.command_line}\n".encode() + done.stdout + done.stderr)
    if done.status:
        lines = (done.stderr_text.strip() or done.text.strip()).splitlines() or ["it printed nothing"]
        raise ExternalError(f"{Path(argv[0]).name} ended with status {done.status}: {lines[-1]}")
    return done


def _extract(source: SourceArchive, directory: Path) -> Path:
    try:
        with tarfile.open(source.path) as archive:
            meter = Meter("unpacked")
            meter.read(source.path.stat().st_size)

            def count(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo | None:
                meter.made(member.size)
                return tarfile.data_filter(member, path)

            archive.extractall(directory, filter=count)  # noqa: S202 - the filter is the one for data
    except LimitError as error:
        raise error.with_source(str(source.path)) from error
    except (tarfile.TarError, EOFError, OSError) as error:
        raise InputError(f"damaged source archive: {error}", source=str(source.path)) from error
    found = [path for path in directory.iterdir() if path.is_dir()]
    if len(found) != 1:
        raise InputError("not a source archive: it should contain one directory", source=str(source.path))
    return found[0]


def _put_in_place(source: SourceArchive, made: Path, target: Path) -> InstalledVersion:
    release = source.release
    names = ["sbin/libvirtd", "bin/virsh"] if release.app == "libvirt" else ["bin/qemu-system-x86_64"]
    names += [str(path.relative_to(made)) for path in sorted(made.glob("bin/qemu-system-*"))]
    program = next((name for name in names if (made / name).exists()), None)
    if program is None:
        raise ExternalError(f"the build of {release.app} {release.version} produced no program")
    digest = sha256(made / program)
    size = sum(path.lstat().st_size for path in made.rglob("*") if path.is_file())
    old = made.with_name(f"{made.name}.old")
    if target.exists():
        shutil.move(target, old)
    shutil.move(made, target)
    said = run([target / program, "--version"], timeout=60, allow=())
    version = version_in(said.text)
    problem = None if version else (said.stderr_text.strip().splitlines() or ["it does not report its version"])[-1]
    done = InstalledVersion(
        release.app, release.version, target, version, "source", Path(program).name, digest, size=size, problem=problem
    )
    write_draft(target / "version.json", dump_installed(done))
    return done
