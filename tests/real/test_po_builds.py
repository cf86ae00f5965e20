"""The build recipes of docs/po.md, each in a small project that is really built and then speaks German."""

import gettext
import os
import re
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.real
GUIDE = Path(__file__).parents[2] / "docs" / "po.md"
GERMAN = (
    'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    'msgid "hello"\nmsgstr "guten Tag"\n'
)


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "app"
    (root / "po").mkdir(parents=True)
    (root / "po" / "de.mini.po").write_text(GERMAN)
    (root / "app").mkdir()
    (root / "app" / "__init__.py").write_text("")
    for name, text in re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", GUIDE.read_text(), re.DOTALL):
        (root / name).write_text(text)
    return root


def run(root, *command, **environment):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path, **environment}
    )
    assert done.returncode == 0, done.stdout + done.stderr


def snapshot(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def translated(locale_directory):
    return gettext.translation("app", locale_directory, ["de"]).gettext("hello")


@pytest.mark.skipif(find_spec("setuptools") is None, reason="needs setuptools")
def test_setuptools_builds_catalogues_in(project):
    (project / "pyproject.toml").write_text('[tool.virtsmith.po]\ndomain = "app"\nfiles = "{language}.mini.po"\n')
    before = snapshot(project / "po")
    run(project, sys.executable, "setup.py", "-q", "build")
    assert translated(project / "build" / "lib" / "app" / "locale") == "guten Tag"
    assert snapshot(project / "po") == before


def test_hatch_builds_catalogues_in_and_every_wheel_is_the_same(project, tmp_path):
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n[project]\nname = "app"\n'
        'version = "1"\n[tool.hatch.build.targets.wheel.hooks.custom]\n'
        '[tool.virtsmith.po]\ndomain = "app"\nfiles = "{language}.mini.po"\n'
    )
    wheels = []
    for name in ("one", "two"):
        run(project, sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / name))
        wheels += (tmp_path / name).glob("*.whl")
    assert wheels[0].read_bytes() == wheels[1].read_bytes()
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extractall(tmp_path / "site")
    assert translated(tmp_path / "site" / "app" / "locale") == "guten Tag"
