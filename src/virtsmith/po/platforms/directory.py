"""A plain directory, or a clone of a git repository, that translators work in."""

from __future__ import annotations

from pathlib import Path

from libvirtxml import files

from virtsmith.core.config import ConfigTable
from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.run import run
from virtsmith.errors import InputError
from virtsmith.po.catalogue import parse_catalogue
from virtsmith.po.platforms.interface import NotSupported, RemoteStatistics, platform
from virtsmith.po.project import Project, guess_project
from virtsmith.po.stats import measure


@platform("directory")
def configure(project: Project, settings: ConfigTable) -> DirectoryPlatform:
    """A directory."""
    return DirectoryPlatform(_path(project, settings), project.domain)


@platform("git")
def configure_git(project: Project, settings: ConfigTable) -> DirectoryPlatform:
    """A clone of a git repository."""
    return DirectoryPlatform(_path(project, settings), project.domain, git=True)


def _path(project: Project, settings: ConfigTable) -> Path:
    return (project.root / settings.require("path", settings.text("path"))).resolve()


class DirectoryPlatform:
    """Catalogues in a directory; with ``git`` it is pulled before reading, and committed and pushed after writing."""

    def __init__(self, path: Path, domain: str, *, git: bool = False) -> None:
        self._path, self._domain, self._git = path, domain, git

    @property
    def name(self) -> str:
        """The path of the directory."""
        return str(self._path)

    def push_template(self, template: bytes, progress: Progress = SILENT) -> str:
        """Write the template into the directory."""
        progress.start("writing")
        self._update()
        path = self._path / f"{self._domain}.pot"
        changed = files.write_if_changed(path, template)
        if changed and self._git:
            run(["git", "-C", self._path, "add", "--", path.name])
            run(["git", "-C", self._path, "commit", "-m", f"Update {path.name}", "--", path.name])
            if self._has_upstream():
                run(["git", "-C", self._path, "push"])
        progress.done()
        return f"{path} {'written' if changed else 'is up to date'}"

    def pull(self, progress: Progress = SILENT) -> dict[str, bytes]:
        """Read all catalogues of the directory."""
        progress.start("reading")
        self._update()
        found = {language: files.read_bytes(path) for language, path in guess_project(self._path).languages().items()}
        progress.done()
        if not found:
            raise InputError("no catalogues found", source=str(self._path))
        return found

    def set_lock(self, *, locked: bool) -> None:
        """A directory has no lock."""
        raise NotSupported("a directory cannot be locked" if locked else "a directory cannot be unlocked")

    def statistics(self) -> list[RemoteStatistics]:
        """The statistics of all catalogues."""
        found = []
        for language, data in self.pull().items():
            numbers = measure(language, parse_catalogue(data, language))
            found.append(RemoteStatistics(language, numbers.total, numbers.translated, numbers.fuzzy))
        return found

    def _update(self) -> None:
        if not self._path.is_dir():
            raise InputError("no such directory", source=str(self._path))
        if self._git and self._has_upstream():
            run(["git", "-C", self._path, "pull", "--ff-only", "--quiet"])

    def _has_upstream(self) -> bool:
        command = ["git", "-C", str(self._path), "rev-parse", "--quiet", "--abbrev-ref", "@{upstream}"]
        return run(command, allow=(0, 1, 128)).status == 0
