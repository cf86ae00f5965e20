"""`--everything`: where all is there that tests can use, no test may be skipped but those of `tests/skips.toml`.

An entry that skips nothing any more is as wrong as a test that is skipped without one.
"""

import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

LIST = Path(__file__).parents[1] / "skips.toml"


@dataclass
class ReviewedSkips:
    """A pytest plugin that compares what was skipped with the list."""

    entries: dict[str, str]
    """Patterns of the ids of tests, and why they are skipped."""
    skipped: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path = LIST) -> "ReviewedSkips":
        """Read the list."""
        return cls({entry["tests"]: entry["why"] for entry in tomllib.loads(path.read_text())["skip"]})

    def wrong(self) -> list[str]:
        """What the list and the run disagree about, in words."""
        unlisted = [
            f"{test} is skipped: {reason}"
            for test, reason in sorted(self.skipped.items())
            if not any(fnmatch(test, pattern) for pattern in self.entries)
        ]
        outdated = [
            f"{pattern} is in {LIST.name}, and nothing of it is skipped"
            for pattern in self.entries
            if not any(fnmatch(test, pattern) for test in self.skipped)
        ]
        return unlisted + outdated

    def pytest_runtest_logreport(self, report):
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped[report.nodeid] = report.longrepr[2]

    def pytest_collectreport(self, report):
        if report.skipped:  # a whole module
            self.skipped[report.nodeid] = report.longrepr[2]

    def pytest_sessionfinish(self, session, exitstatus):
        if exitstatus == 0 and self.wrong():
            session.exitstatus = 1

    def pytest_terminal_summary(self, terminalreporter):
        if wrong := self.wrong():
            terminalreporter.section("tests that did not run where everything is there", red=True)
            for line in wrong:
                terminalreporter.line(line)
