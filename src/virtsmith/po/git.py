"""git and catalogues: reads revisions, and installs or removes merge driver, clean filter and text conversion."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from libvirtxml import files

from virtsmith.core.run import find_program, run
from virtsmith.errors import InputError
from virtsmith.po.project import Project

DRIVER = "virtsmith-po"
_BEGIN = f"# {DRIVER}: begin (written by `virtsmith po git-setup`)"
_END = f"# {DRIVER}: end"
_BLOCK = re.compile(
    rf"^{re.escape(_BEGIN)}\r?\n(?:(?!{re.escape(_BEGIN)}).*\n)*?{re.escape(_END)}\r?(?:\n|\Z)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Repository:
    """A git work tree."""

    root: Path

    def git(self, *arguments: str, allow: tuple[int, ...] = (0,)) -> bytes:
        """Run git here and return its output.

        Raises:
            ProgramFailed: git failed.
        """
        return run(["git", "-C", str(self.root), *arguments], allow=allow).stdout

    def name_of(self, path: Path) -> str:
        """A path relative to the top of the work tree."""
        return path.resolve().relative_to(self.root).as_posix()

    def read(self, revision: str, path: Path) -> bytes | None:
        """A file at a revision (``:1`` to ``:3`` are the stages of a merge); None if it does not exist."""
        done = run(
            ["git", "-C", str(self.root), "cat-file", "blob", f"{revision}:{self.name_of(path)}"], allow=(0, 128)
        )
        return done.stdout if done.status == 0 else None

    def list_files(self, revision: str, directory: Path) -> list[Path]:
        """The files of a directory at a revision."""
        names = self.git(
            "ls-tree", "-z", "--name-only", "-r", "--full-tree", revision, "--", f"{self.name_of(directory)}/"
        )
        return [self.root / name for name in os.fsdecode(names).split("\0") if name]

    def has_revision(self, name: str) -> bool:
        """Whether a name is that of a commit."""
        if name.startswith("-"):
            return False
        command = ["git", "-C", str(self.root), "rev-parse", "--quiet", "--verify", f"{name}^{{commit}}"]
        return run(command, allow=(0, 1, 128)).status == 0


def find_repository(start: Path) -> Repository:
    """The work tree of a directory.

    Raises:
        InputError: it is not in a work tree.
    """
    done = run(["git", "-C", start, "rev-parse", "--show-toplevel"], allow=(0, 128))
    if done.status:
        raise InputError("not in a git work tree", source=str(start))
    return Repository(Path(os.fsdecode(done.stdout).rstrip("\n")).resolve())


def own_command() -> str:
    """The command by which git calls virtsmith: with its path, since it need not be on PATH when git runs."""
    beside = Path(sys.executable).with_name("virtsmith")
    found = beside if beside.is_file() else find_program("virtsmith")
    return shlex.quote(str(found)) if found else f"{shlex.quote(sys.executable)} -m virtsmith"


_BY_LINE = "git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B"
"""git's merge without a driver, for a clone whose virtsmith was uninstalled."""


def settings_of(command: str, *, clean: bool) -> dict[str, str]:
    """The configuration of a clone.

    Merges of several merge bases are left to git (``recursive``), because their result would have conflict markers.
    """
    merge = f"{command} po merge %O %A %B --path %P --output %A --marker-size %L --labels %X %S %Y"
    settings = {
        f"merge.{DRIVER}.name": "virtsmith: merge catalogues by message",
        f"merge.{DRIVER}.driver": f'{merge}; status=$?; test "$status" -le 1 && exit "$status"; {_BY_LINE}',
        f"merge.{DRIVER}.recursive": "binary",
        f"diff.{DRIVER}.textconv": f"{command} po textconv",
        f"diff.{DRIVER}.cachetextconv": "true",
    }
    if clean:
        settings[f"filter.{DRIVER}.clean"] = f"{command} po clean %f"
    return settings


def check_set_up(repository: Repository, projects: Sequence[Project]) -> list[str]:
    """What prevents git from merging the projects' catalogues by message; empty if nothing does."""
    keys = (f"merge.{DRIVER}.driver", f"merge.{DRIVER}.recursive", f"diff.{DRIVER}.textconv")
    missing = [key for key in keys if not repository.git("config", "--get", key, allow=(0, 1)).strip()]
    problems = [f"git config {key} is not set" for key in missing]
    driver = repository.git("config", "--get", f"merge.{DRIVER}.driver", allow=(0, 1)).decode()
    program = shlex.split(driver.partition(";")[0])[:1]
    if program and find_program(program[0]) is None:
        problems.append(f"{program[0]}, which git is configured to call, does not exist")
    names = [repository.name_of(project.catalogue_path("de")) for project in projects]
    shown = os.fsdecode(repository.git("check-attr", "merge", "--", *names)).splitlines()
    wrong = [line for line in shown if not line.endswith(f": {DRIVER}")]
    return problems + [f"the attribute merge of catalogues is not {DRIVER}: {line}" for line in wrong]


def set_up(
    repository: Repository, projects: Sequence[Project], *, shared: bool = False, clean: bool = False
) -> list[str]:
    """Install merge driver, text conversion and (with ``clean``) the clean filter; return what was done.

    This applies to one clone: run it once in each clone. Attributes are written to ``.git/info/attributes``, or with
    ``shared`` to ``.gitattributes``, which also affects servers of translation tools: Weblate merges with a driver of
    its own, which the file would disable.
    """
    settings = settings_of(own_command(), clean=clean)
    for key, value in settings.items():
        repository.git("config", "--local", key, value)
    filters = f" filter={DRIVER}" if clean else ""
    patterns = [_pattern(repository, project) for project in projects]
    path = _attributes_path(repository, local=not shared)
    _write_block(path, [f"{pattern} merge={DRIVER} diff={DRIVER}{filters} text eol=lf" for pattern in patterns])
    shown = [f"{_shown(repository, path)}: {pattern}" for pattern in patterns]
    return [f"git config {key}" for key in settings] + shown


def _pattern(repository: Repository, project: Project) -> str:
    """The catalogues of a project, as gitattributes match them."""
    directory = repository.name_of(project.directory)
    return (
        project.files.format(language="*") if directory == "." else f"{directory}/{project.files.format(language='*')}"
    )


def undo(repository: Repository) -> list[str]:
    """Remove what `set_up` installed; return what was done."""
    done = []
    for section in (f"merge.{DRIVER}", f"diff.{DRIVER}", f"filter.{DRIVER}"):
        command = ["git", "-C", str(repository.root), "config", "--local", "--remove-section", section]
        if run(command, allow=(0, 128)).status == 0:
            done.append(f"git config --remove-section {section}")
    for local in (False, True):
        path = _attributes_path(repository, local=local)
        if path.is_file() and _BEGIN in files.read_text(path):
            _write_block(path, [])
            done.append(_shown(repository, path))
    return done


def _attributes_path(repository: Repository, *, local: bool) -> Path:
    if not local:
        return repository.root / ".gitattributes"
    name = os.fsdecode(repository.git("rev-parse", "--git-path", "info/attributes")).rstrip("\n")
    return repository.root / name


def _shown(repository: Repository, path: Path) -> str:
    """A path relative to the top of the repository; the attributes of a linked work tree are outside it."""
    return str(path.relative_to(repository.root) if path.is_relative_to(repository.root) else path)


def _write_block(path: Path, lines: list[str]) -> None:
    """Replace the lines between our two marks, or remove the marks if there are no lines; the rest is kept."""
    old = files.read_text(path) if path.is_file() else ""
    newline = "\r\n" if "\r\n" in old else "\n"
    block = "".join(f"{line}{newline}" for line in [_BEGIN, *lines, _END]) if lines else ""
    new, found = _BLOCK.subn(lambda _: block, old)
    if not found:
        new += newline * bool(old and block and not old.endswith("\n")) + block
    if new:
        files.write_if_changed(path, new)
    else:
        path.unlink(missing_ok=True)
