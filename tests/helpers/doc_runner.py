"""Runs the examples of a page in a directory of its own, as a reader would."""

import contextlib
import difflib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path

from helpers import suite_ark
from helpers.doc_blocks import ROOT, Block, Command, matches

FILES = ROOT / "docs" / "files"
TIMEOUT = 900


@dataclass
class Failure:
    """An example that does not do what its page says."""

    line: int
    problem: str


def missing(need: str) -> str | None:
    """Why a need is not met here; None if it is."""
    if need == "network":
        return suite_ark.unchangeable() or suite_ark.archive_unreachable()
    if need.startswith("ark:"):
        return suite_ark.missing(need.removeprefix("ark:"))
    if need.startswith("/"):
        return None if Path(need).exists() else f"no {need}"
    return None if shutil.which(need) else f"no program {need}"


def needs_of(block: Block) -> list[str]:
    return [need.strip() for need in block.marks.get("needs", "").split(",") if need.strip()]


def run_page(page: Path, blocks: list[Block], directory: Path, *, change=None) -> list["Failure"]:
    """Run what can run here of the blocks of a page; those that need versions have an ark with just these."""
    runnable = [block for block in blocks if not any(map(missing, needs_of(block)))]
    needs = dict.fromkeys(need for block in runnable for need in needs_of(block))
    versions = [need.removeprefix("ark:") for need in needs if need.startswith("ark:")]
    with contextlib.ExitStack() as stack:
        in_ark = versions or "network" in needs
        ark = stack.enter_context(suite_ark.private_ark(*versions)) if in_ark else None
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vs-", ignore_cleanup_errors=True)))
        temporary.chmod(0o711)  # emulators of a system libvirt are another user
        run = PageRun(directory, page, temporary, ark=ark, change=change)
        run.run(runnable)
    return run.failures


class PageRun:
    """One pass over a page. The directory holds the sample files; `change` is called for output that differs.

    `temporary` is its directory for temporary files, so that it meets no other run.

    Pages of the site call the files by name, the README by their path in the source. Blocks that need versions or a
    network use `ark`, the others an empty one.
    """

    def __init__(self, directory: Path, page: Path, temporary: Path, *, ark: Path | None = None, change=None) -> None:
        self.directory = directory / "work"
        home = directory / "home"
        home.mkdir(parents=True)
        shutil.copytree(FILES, self.directory / FILES.relative_to(ROOT) if page.parent == ROOT else self.directory)
        self.failures: list[Failure] = []
        self._change = change
        self._ark = ark
        self._namespace: dict[str, object] = {"__name__": "__example__"}
        paths = [str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin"]
        self._environment = {
            "PATH": os.pathsep.join(paths),
            "HOME": str(home),
            "TMPDIR": str(temporary),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "COLUMNS": "80",
            "TERM": "dumb",
            "VIRTSMITH_ARK": str(home / "ark"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": "init.defaultBranch",
            "GIT_CONFIG_VALUE_0": "main",
            "GIT_CONFIG_KEY_1": "advice.mergeConflict",
            "GIT_CONFIG_VALUE_1": "false",
            **{
                f"GIT_{who}_{what}": value
                for who in ("AUTHOR", "COMMITTER")
                for what, value in (
                    ("NAME", "Ada"),
                    ("EMAIL", "ada@example.org"),
                    ("DATE", "2026-01-02T03:04:05+00:00"),
                )
            },
            **{name: os.environ[name] for name in os.environ if name.lower().endswith("_proxy") or "MIRROR" in name},
        }

    def run(self, blocks: list[Block]) -> None:
        """Run blocks in order."""
        for block in blocks:
            if "not run" in block.marks:
                continue
            if block.reaches_beyond:
                self._fail(block.line, "not run", "the block must say what it needs, or that it is not run")
            elif "file" in block.marks:
                target = self.directory / block.marks["file"]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(block.text)
            elif block.language == "console":
                for command in block.commands():
                    self._run_command(command, block)
            elif block.language == "python":
                self._run_python(block)

    def _run_command(self, command: Command, block: Block) -> None:
        environment = {**self._environment}
        if self._ark and any(need.startswith(("ark:", "network")) for need in needs_of(block)):
            environment["VIRTSMITH_ARK"] = str(self._ark)
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command.text],
            cwd=self.directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
        actual = done.stdout.splitlines()
        if done.returncode and not self._may_end_with(done.returncode, command):
            self._fail(command.line, f"{command.text}\nexit code {done.returncode}", done.stdout)
        elif command.expected is not None:
            self._compare(command.expected, actual, command.line, command.text, command.text.count("\n") + 1)

    def _may_end_with(self, code: int, command: Command) -> bool:
        """Findings (1) must be shown, and so must an error."""
        shown = "\n".join(command.expected or [])
        return bool(shown) and (code == 1 or "error: " in shown or self._change is not None)

    def _run_python(self, block: Block) -> None:
        code = compile("\n" * (block.line - 1) + block.text, "<page>", "exec")
        out = io.StringIO()
        try:
            with contextlib.chdir(self.directory), contextlib.redirect_stdout(out):
                exec(code, self._namespace)
        except Exception:  # noqa: BLE001 - whatever it is, the page is wrong
            self._fail(block.line, "the Python example fails", traceback.format_exc())
            return
        if block.output is not None:
            self._compare(block.output.lines, out.getvalue().splitlines(), block.output.line, "output of Python", 0)

    def _compare(self, expected: list[str], actual: list[str], line: int, what: str, skip: int) -> None:
        if matches(expected, actual):
            return
        if self._change:
            self._change(line + skip, len(expected), actual)
        difference = difflib.unified_diff(expected, actual, "the page", "the program", lineterm="", n=1)
        self._fail(line, what, "\n".join(difference))

    def _fail(self, line: int, what: str, details: str) -> None:
        self.failures.append(Failure(line, f"{what}\n{details}"))
