"""Packages of Debian's archive, sources and programs, unpacked in the cache: nothing is installed."""

from __future__ import annotations

import lzma
import re
import subprocess
import urllib.error
import urllib.request
from functools import cache as remembered
from pathlib import Path

from benchmarks.agreement import cache

MIRROR = "http://deb.debian.org/debian"
_TREE = cache("debian")


class NotThere(Exception):
    """The archive, or the network, does not have it."""


@remembered
def _index(suite: str, kind: str) -> dict[str, str]:
    """Paragraphs of an index by package."""
    name = "source/Sources.xz" if kind == "source" else "binary-amd64/Packages.xz"
    path = _download(f"dists/{suite}/main/{name}", f"{suite}-{kind}.xz")
    paragraphs = lzma.decompress(path.read_bytes()).decode().split("\n\n")
    return {match[1]: text for text in paragraphs if (match := re.match(r"Package: (\S+)", text))}


def _download(name: str, target: str | None = None) -> Path:
    path = _TREE / (target or Path(name).name)
    if not path.is_file():
        try:
            with urllib.request.urlopen(f"{MIRROR}/{name}", timeout=120) as answer:  # noqa: S310 - a fixed address
                data = answer.read()
        except (urllib.error.URLError, OSError) as error:
            raise NotThere(f"{name}: {error}") from error
        path.write_bytes(data)
    return path


def source_tree(package: str, suites: tuple[str, ...] = ("trixie", "bookworm", "sid")) -> Path:
    """The directory of a package's upstream sources, of the first suite that still has the file.

    Raises:
        NotThere: none has.
    """
    problem = NotThere(package)
    for suite in suites:
        try:
            text = _index(suite, "source")[package]
            directory = re.search(r"^Directory: (.*)$", text, re.MULTILINE)
            archive = re.search(r"(\S+\.orig\.tar\.(?:xz|gz|bz2))$", text, re.MULTILINE)
            if not directory or not archive:
                continue
            path = _download(f"{directory[1]}/{archive[1]}")
        except (KeyError, NotThere) as error:
            problem = NotThere(str(error))
            continue
        return _unpacked(path)
    raise problem


def _unpacked(path: Path) -> Path:
    target = _TREE / "trees" / path.name.partition(".orig")[0]
    if not target.is_dir():
        scratch = target.with_name(f"{target.name}.new")
        scratch.mkdir(parents=True, exist_ok=True)
        subprocess.run(["tar", "xf", path, "-C", scratch], check=True)
        scratch.rename(target)
    (tree,) = [child for child in target.iterdir() if child.is_dir()]
    return tree


def program_root(suite: str, packages: tuple[str, ...]) -> Path:
    """A directory with some binary packages unpacked.

    Raises:
        NotThere: one cannot be had.
    """
    target = _TREE / "roots" / suite
    for package in packages:
        done = target / f".{package}"
        if done.is_file():
            continue
        text = _index(suite, "binary").get(package)
        if text is None:
            continue  # libraries have other names in other suites
        name = re.search(r"^Filename: (.*)$", text, re.MULTILINE)
        if not name:
            raise NotThere(f"{package} has no file")
        path = _download(name[1])
        target.mkdir(parents=True, exist_ok=True)
        subprocess.run(["dpkg", "-x", path, target], check=True)
        done.touch()
    return target
