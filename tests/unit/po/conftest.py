"""A real git repository with catalogues."""

import shutil
import subprocess

import pytest

from virtsmith.po.git import find_repository


@pytest.fixture
def repository(tmp_path):
    """An empty repository; its method ``git`` runs git there."""
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    subprocess.run(["git", "init", "-q", tmp_path / "app"], check=True)
    (tmp_path / "app/po").mkdir()
    found = find_repository(tmp_path / "app/po")
    for name, value in (("user.name", "Ada"), ("user.email", "ada@example.org")):
        found.git("config", "--local", name, value)
    return found


@pytest.fixture
def commit(repository):
    """A function that writes files, None to remove one, and commits all that is there."""

    def commit(subject="x", **texts):
        for name, text in texts.items():
            path = repository.root / "po" / f"{name}.po"
            path.write_text(text) if text is not None else path.unlink()
        repository.git("add", "-A")
        repository.git("commit", "-q", "--allow-empty", "-m", subject)

    return commit
