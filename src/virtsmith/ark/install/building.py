"""What a build against an installed libvirt needs: pkg-config files and the libraries to link with."""

from __future__ import annotations

import re
from pathlib import Path

from virtsmith.core.drafts import write_draft

_FAMILY = re.compile(r"libvirt.*\.so(\.\d+)*")


def offer(draft: Path, target: Path) -> None:
    """Fill ``lib`` of a version that is being created in ``draft`` and will be moved to ``target``.

    ``lib/pkgconfig`` gets the packages' own files with the prefix changed; ``lib`` gets links to libvirt's libraries
    only, since the C library of another distribution must never be on the host's search path.
    """
    root = draft / "root"
    for path in sorted(root.glob("usr/lib/**/pkgconfig/libvirt*.pc")):
        directory = draft / "lib/pkgconfig"
        directory.mkdir(parents=True, exist_ok=True)
        text = re.sub(r"(?m)^(prefix|libdir|includedir)=/usr", rf"\g<1>={target}/root/usr", path.read_text())
        write_draft(directory / path.name, text)
    for path in sorted(root.glob("usr/lib/*/libvirt*.so*")):
        if _FAMILY.fullmatch(path.name):
            (draft / "lib").mkdir(exist_ok=True)
            (draft / "lib" / path.name).symlink_to(Path("..", path.relative_to(draft)))
