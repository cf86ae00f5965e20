"""git and catalogues: reading revisions, and the merge driver, clean filter and text conversion set up or removed."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from libvirtxml import files

from virtsmith.core.run import find_program, run
from virtsmith.errors import InputError
from virtsmith.po.project import Project

DRIVER = "virtsmith-po"
_BEGIN = f"# {DRIVER}: begin (written by `virtsmith po git-setup`)"
_END = f"# {DRIVER}: end"
_BLOCK = re.compile(rf"^{re.escape(_BEGIN)}\r?\n(?:.*\n)*?{re.escape(_END)}\r?(?:\n|\Z)", re.MULTILINE)


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
        """A path as git names it."""
        return path.resolve().relative_to(self.root).as_posix()

    def read(self, revision: str, path: Path) -> bytes | None:
        """A file at a revision (``:1`` to ``:3`` are the stages of a merge); None if it is not there."""
        done = run(
            ["git", "-C", str(self.root), "cat-file", "blob", f"{revision}:{self.name_of(path)}"], allow=(0, 128)
        )
        return done.stdout if done.status == 0 else None

    def list_files(self, revision: str, directory: Path) -> list[Path]:
        """The files of a directory at a revision."""
        names = self.git(
            "ls-tree", "-z", "--name-only", "-r", "--full-tree", revision, "--", f"{self.name_of(directory)}/"
        )
        return [self.root / name for name in names.decode().split("\0") if name]

    def has_revision(self, name: str) -> bool:
        """Whether that names a commit."""
        if name.startswith("-"):
            return False
        command = ["git", "-C", str(self.root), "rev-parse", "--quiet", "--verify", f"{name}^{{commit}}"]
        return run(command, allow=(0, 1, 128)).status == 0


def find_repository(start: Path) -> Repository:
    """The work tree around a directory.

    Raises:
        InputError: there is none.
    """
    done = run(["git", "-C", start, "rev-parse", "--show-toplevel"], allow=(0, 128))
    if done.status:
        raise InputError("not in a git work tree", source=str(start))
    return Repository(Path(done.text.rstrip("\n")).resolve())


def own_command() -> str:
    """How git calls us back: by name if we are on the path, else by this interpreter."""
    return "virtsmith" if find_program("virtsmith") else f'"{sys.executable}" -m virtsmith'


def set_up(repository: Repository, project: Project, *, local: bool = False, clean: bool = True) -> list[str]:
    """Install merge driver, text conversion and (with ``clean``) the clean filter; return what was done.

    Attributes go to ``.gitattributes``, which belongs in git, or with ``local`` to ``.git/info/attributes``. The
    configuration always belongs to one clone: every clone runs this once.
    """
    command = own_command()
    settings = {
        f"merge.{DRIVER}.name": "virtsmith: merge catalogues by message",
        f"merge.{DRIVER}.driver": f"{command} po merge %O %A %B --path %P --output %A",
        f"diff.{DRIVER}.textconv": f"{command} po textconv",
        f"diff.{DRIVER}.cachetextconv": "true",
    }
    if clean:
        settings[f"filter.{DRIVER}.clean"] = f"{command} po clean %f"
    for key, value in settings.items():
        repository.git("config", "--local", key, value)
    pattern = f"{repository.name_of(project.directory)}/{project.files.format(language='*')}"
    filters = f" filter={DRIVER}" if clean else ""
    path = _attributes_path(repository, local=local)
    _write_block(path, [f"{pattern} merge={DRIVER} diff={DRIVER}{filters} text eol=lf"])
    return [f"git config {key} {value!r}" for key, value in settings.items()] + [
        f"{_shown(repository, path)}: {pattern}"
    ]


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
    name = repository.git("rev-parse", "--git-path", "info/attributes").decode().rstrip("\n")
    return repository.root / name


def _shown(repository: Repository, path: Path) -> str:
    """A path as seen from the top of the repository; attributes of a linked work tree stand elsewhere."""
    return str(path.relative_to(repository.root) if path.is_relative_to(repository.root) else path)


def _write_block(path: Path, lines: list[str]) -> None:
    """Put lines between our two marks, or take the marks away too if there are none; the rest of the file stays."""
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
