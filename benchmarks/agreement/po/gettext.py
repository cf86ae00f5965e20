"""gettext in several versions: the machine's own, and those of newer Debian suites, each with its own libraries."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.agreement.po.debian import NotThere, program_root

_PACKAGES = (
    "gettext", "gettext-base", "libc6", "libgomp1", "libunistring5", "libxml2", "libxml2-16", "libtinfo6", "libacl1",
    "libattr1", "liblzma5", "zlib1g", "libgcc-s1",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gettext:
    """How to start the programs of one version."""

    version: str
    prefix: tuple[str, ...] = ()
    directory: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(
        self, words: Sequence[str], *, data: bytes = b"", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a program of this version."""
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "", **self.environment}
        command = [*self.prefix, self.directory + words[0], *words[1:]]
        return subprocess.run(command, input=data, capture_output=True, cwd=cwd, env=environment, check=False)


def versions() -> list[Gettext]:
    """Every version that can be had here."""
    found = []
    if shutil.which("msgfmt"):
        found.append(_named(Gettext("")))
    for suite in ("trixie", "sid"):
        try:
            found.append(_named(_in_root(program_root(suite, _PACKAGES))))
        except NotThere:
            continue
    return found


def _in_root(root: Path) -> Gettext:
    loader = next(root.rglob("ld-linux-x86-64.so.2"))
    libraries = ":".join(str(root / name) for name in ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"))
    data = {"GETTEXTDATADIR": str(root / "usr/share/gettext")}
    return Gettext("", (str(loader), "--library-path", libraries), f"{root}/usr/bin/", data)


def _named(gettext: Gettext) -> Gettext:
    text = gettext.run(["msgfmt", "--version"]).stdout.decode()
    match = re.search(r"(\d+\.\d[\d.]*)", text)
    return Gettext(match[1] if match else "?", gettext.prefix, gettext.directory, gettext.environment)
