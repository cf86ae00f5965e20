"""Build files for a project's catalogues: ready files with the targets that translators and packagers use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files as resources
from pathlib import Path

from libvirtxml import files

from virtsmith.errors import InputError
from virtsmith.po.layouts import MINI_SUFFIX
from virtsmith.po.project import Project

_OURS = "virtsmith po build-files"
_PLACE = re.compile(r"<<(\w+)>>")
_LISTS = ("LINGUAS", "POTFILES", "POTFILES.in", "POTFILES.skip", "Makevars", "meson.build")
_NOT_IN_FILES = re.compile(r"[^\w.+-]")


@dataclass(frozen=True, slots=True)
class BuildSystem:
    """A build system: the name of its file in the directory of catalogues, and what the project has to do itself."""

    file: str
    remaining: tuple[str, ...]


BUILD_SYSTEMS = {
    "autotools": BuildSystem(
        "Makefile.am",
        (
            "configure.ac: {directory}/Makefile in AC_CONFIG_FILES, instead of {directory}/Makefile.in",
            "Makefile.am: name {directory} in SUBDIRS",
            ".gitignore: {directory}/*.gmo and {directory}/full",
        ),
    ),
    "meson": BuildSystem(
        "meson.build",
        (
            "meson.build: subdir('{directory}')",
            "i18n.merge_file() works with these catalogues; call it in another meson.build, as this one is replaced",
        ),
    ),
    "cmake": BuildSystem("CMakeLists.txt", ("CMakeLists.txt: add_subdirectory({directory})",)),
    "make": BuildSystem(
        "virtsmith.mk",
        (
            "Makefile: include {directory}/virtsmith.mk, and install: install-po",
            ".gitignore: {directory}/full",
        ),
    ),
}


def build_file(project: Project, system: str) -> tuple[Path, str]:
    """The path and the text of the file that makes a build system handle the project's catalogues.

    Args:
        project: the project; it has one directory of catalogues.
        system: a key of `BUILD_SYSTEMS`.

    Raises:
        InputError: the catalogues are not together in one directory, or the domain cannot be part of a build file.
    """
    if "/" in project.files or not project.files.startswith("{language}"):
        raise InputError("the catalogues are not in one directory", source=str(project.directory))
    if _NOT_IN_FILES.search(project.domain):
        raise InputError(f"not a name for build files: {project.domain!r}", source=str(project.directory))
    suffix = MINI_SUFFIX if project.files.endswith(MINI_SUFFIX) else ".po"
    lists = [name for name in _LISTS if (project.directory / name).is_file()]
    values = {
        "domain": project.domain,
        "suffix": suffix,
        "languages": _languages(suffix, has_list="LINGUAS" in lists),
        "lists": " ".join(name for name in lists if name != "meson.build"),
    }
    name = BUILD_SYSTEMS[system].file
    text = (resources("virtsmith.po.build_files") / name).read_text("utf-8")
    text = _PLACE.sub(lambda match: values[match[1]], text)
    return project.directory / name, "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _languages(suffix: str, *, has_list: bool) -> str:
    """The languages as an expression of GNU make."""
    if has_list:
        return '$(shell sed "s/$(PO_HASH).*//" $(srcdir)/LINGUAS)'
    return f"$(patsubst $(srcdir)/%{suffix},%,$(wildcard $(srcdir)/*{suffix}))"


def write_build_file(project: Project, system: str, *, replace: bool = False) -> Path:
    """Write that file; return its path.

    Raises:
        InputError: as `build_file`; or there is a file that this did not write, and ``replace`` is not set.
    """
    path, text = build_file(project, system)
    if path.is_file() and _OURS not in files.read_text(path) and not replace:
        raise InputError("the project has this file already", source=str(path), hint="replace it with --yes")
    files.write_if_changed(path, text.encode())
    return path


def remaining_steps(project: Project, system: str) -> list[str]:
    """What the project's own files still need."""
    directory = project.directory
    name = directory.resolve().relative_to(project.root.resolve()).as_posix() if directory != project.root else "."
    return [step.format(directory=name) for step in BUILD_SYSTEMS[system].remaining]
