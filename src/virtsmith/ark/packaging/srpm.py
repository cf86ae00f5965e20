"""Source packages of pristine source, spec and patches, created by rpmbuild. Mock takes them too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from virtsmith.ark.install.store import link_or_copy
from virtsmith.ark.packaging.source import SourceArchive
from virtsmith.ark.packaging.spec import DEFAULT_TARGETS, package_name, render_spec
from virtsmith.core.drafts import write_draft
from virtsmith.core.ownership import scratch_directory
from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.run import Argument, require_program, run
from virtsmith.errors import ExternalError

_BUILD_LIMIT = 6 * 3600


def make_srpm(
    source: SourceArchive,
    patches: Sequence[Path],
    output: Path,
    *,
    targets: Sequence[str] = DEFAULT_TARGETS,
    dist: str = "",
) -> Path:
    """Create the source package of a release in a directory and return its path; ``dist`` is a tag such as ``.fc42``.

    Raises:
        ProgramMissing: rpmbuild is not installed.
        ProgramFailed: rpmbuild refuses the spec file.
    """
    rpmbuild = require_program("rpmbuild", hint="apt-get install rpm, or dnf install rpm-build")
    output.mkdir(parents=True, exist_ok=True)
    with scratch_directory("srpm-", parent=output) as directory:
        for name in ("SOURCES", "SPECS", "SRPMS"):
            (directory / name).mkdir()
        for path in (source.path, *patches):
            link_or_copy(path, directory / "SOURCES" / path.name)
        spec = directory / "SPECS" / f"{package_name(source.release)}.spec"
        archive_format = source.path.name.rpartition(".")[2]
        write_draft(spec, render_spec(source.release, archive_format, [path.name for path in patches], targets))
        # no compression: the source archive is already compressed
        run(
            [
                rpmbuild,
                "-bs",
                "--nodeps",
                "--define",
                f"_topdir {directory}",
                "--define",
                f"dist {dist or '%{nil}'}",
                "--define",
                "_source_payload w0.ufdio",
                spec,
            ]
        )
        made = list((directory / "SRPMS").glob("*.src.rpm"))
        if len(made) != 1:
            raise ExternalError(f"rpmbuild created {len(made)} source packages from {spec.name}")
        return made[0].replace(output / made[0].name)


def build_rpm(srpm: Path, output: Path, *, nodeps: bool = False, progress: Progress = SILENT) -> list[Path]:
    """Build the binary packages of a source package with this machine's rpmbuild; return their paths.

    Raises:
        ProgramFailed: the build fails.
    """
    rpmbuild = require_program("rpmbuild", hint="apt-get install rpm, or dnf install rpm-build")
    output.mkdir(parents=True, exist_ok=True)
    with scratch_directory() as directory:
        progress.start(f"rpmbuild {srpm.name}")
        argv: list[Argument] = [
            rpmbuild,
            "--rebuild",
            "--define",
            f"_topdir {directory}",
            *(["--nodeps"] if nodeps else []),
            str(srpm),
        ]
        run(argv, timeout=_BUILD_LIMIT)
        progress.done()
        return [_move(path, output) for path in sorted(directory.glob("RPMS/*/*.rpm"))]


def _move(path: Path, directory: Path) -> Path:
    link_or_copy(path, draft := directory / f".{path.name}")
    return draft.replace(directory / path.name)
