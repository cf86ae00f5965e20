"""The pages about output formats say what there is, and the recipes for CI run as printed."""

import json
import re
import shutil
import subprocess
import sys

import click
import pytest
from helpers.doc_blocks import ROOT, read_blocks
from helpers.doc_runner import FILES
from helpers.report_judges import judge, workflow_commands
from ruamel.yaml import YAML

from virtsmith.cli.app import cli
from virtsmith.cli.commands import iter_commands
from virtsmith.report.formats import FORMATS

FORMATS_PAGE = ROOT / "docs" / "reference" / "formats.md"
RECIPES = ROOT / "docs" / "howto" / "ci.md"
FILES_OF_RECIPES = {
    block.marks["file"]: YAML(typ="safe").load(block.text) for block in read_blocks(RECIPES) if "file" in block.marks
}
STEPS = FILES_OF_RECIPES[".github/workflows/guests.yml"]["jobs"]["check"]["steps"]
GITHUB = {step["name"]: step["run"] for step in STEPS if "run" in step and "name" in step}
GITLAB = FILES_OF_RECIPES[".gitlab-ci.yml"]["guests"]


def test_the_table_of_formats_is_that_of_the_program():
    shown = re.findall(r"^\| `(\w+)` \| ", FORMATS_PAGE.read_text(), flags=re.MULTILINE)
    assert shown == list(FORMATS)


def test_the_commands_with_findings_are_named():
    text = " ".join(FORMATS_PAGE.read_text().split())
    named = re.findall(r"`([a-z ]+)`", text.partition("The commands are ")[2].partition(". ")[0])
    offering = [
        " ".join(words)
        for words, command in iter_commands(cli)
        if not isinstance(command, click.Group)
        if any(set(FORMATS) <= set(getattr(parameter.type, "choices", ())) for parameter in command.params)
    ]
    assert sorted(named) == sorted(offering)


@pytest.fixture
def repository(tmp_path):
    """A repository with domains as the recipes expect it."""
    (tmp_path / "guests").mkdir()
    for name in ("web.xml", "passthrough.xml", "newer.xml"):
        shutil.copy(FILES / name, tmp_path / "guests")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def run(script, repository):
    """Run a step as a runner does: in bash, which stops at the first error."""
    path = f"{sys.exec_prefix}/bin:/usr/bin:/bin"
    environment = {"PATH": path, "HOME": str(repository), "GITHUB_STEP_SUMMARY": str(repository / "summary.md")}
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_workflow_annotates_scans_and_sums_up(repository):
    done = run(GITHUB["Annotate the pull request"], repository)
    assert done.returncode == 1, done.stderr
    judge("github", done.stdout)
    assert {properties["file"] for _, properties, _ in workflow_commands(done.stdout)} == {"guests/newer.xml"}
    assert run(GITHUB["Check the topologies"], repository).returncode == 1
    upload = next(step["with"] for step in STEPS if "upload-sarif" in step.get("uses", ""))
    judge("sarif", (repository / upload["sarif_file"]).read_text())
    assert run(GITHUB["Write the job summary"], repository).returncode in (0, 1)
    judge("markdown", (repository / "summary.md").read_text())


@pytest.mark.slow
def test_the_pipeline_writes_the_reports_that_it_names(repository):
    done = run("\n".join(GITLAB["script"]), repository)
    assert done.returncode == 1, done.stderr
    reports = GITLAB["artifacts"]["reports"]
    judge("gitlab", (repository / reports["codequality"]).read_text())
    judge("junit", (repository / reports["junit"]).read_text())
    assert {issue["location"]["path"] for issue in json.loads((repository / reports["codequality"]).read_text())} == {
        "guests/passthrough.xml"
    }


@pytest.mark.slow
def test_a_pipeline_without_findings_passes(repository):
    for path in (repository / "guests").iterdir():
        path.unlink()
    (repository / "guests" / "plain.xml").write_bytes((FILES / "plain.xml").read_bytes())
    assert run("\n".join(GITLAB["script"]), repository).returncode == 0
