"""Spec files, from one template per application for all its versions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from virtsmith.ark.catalogue.table import Release
from virtsmith.errors import UsageError

_TARGET = re.compile(r"[a-z0-9_]+-(?:softmmu|linux-user)")
_ADDRESS = re.compile(r"https?://[\w.+,:/~@-]+")
DEFAULT_TARGETS = ("x86_64-softmmu",)


def package_name(release: Release) -> str:
    """The name of the package, including the version: ``qemu-ark-2_6_0``."""
    return f"{release.app}-ark-{release.version.replace('.', '_').replace('-', '_')}"


def render_spec(
    release: Release, archive_format: str, patches: Sequence[str] = (), targets: Sequence[str] = DEFAULT_TARGETS
) -> str:
    """Return the spec file of a release: the same bytes for the same input.

    Raises:
        UsageError: the address has unsafe characters, or a target cannot be one of ``configure --target-list``.
    """
    if not _ADDRESS.fullmatch(release.url):
        raise UsageError(f"not a valid address for a spec file: {release.url}")
    import jinja2  # noqa: PLC0415 - most commands render nothing

    for target in targets:
        if not _TARGET.fullmatch(target):
            raise UsageError(f"not a QEMU target: {target}", hint="write it like x86_64-softmmu")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("virtsmith.ark.packaging"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - no HTML
    )
    return environment.get_template(f"{release.app}-ark.spec").render(
        name=package_name(release),
        version=release.version.replace("-", "~"),
        upstream=release.version,
        release=release.release,
        prefix=PurePosixPath("/opt", release.app, release.version),
        source=release.archive_name(archive_format),
        url=release.url.rstrip("/"),
        build=release.build,
        patches=patches,
        targets=",".join(targets),
    )
