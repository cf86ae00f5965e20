"""A bisection, from two versions to the first bad one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from virtsmith.ark.bisect.candidates import Candidate, find_interval
from virtsmith.ark.bisect.log import Attempt, BisectLog, default_path, load_log
from virtsmith.ark.bisect.outcome import Bisection, conclude
from virtsmith.ark.bisect.search import Mark, choose_next, narrow, steps_left
from virtsmith.ark.bisect.trial import Trial, Verdict
from virtsmith.ark.catalogue.table import ReleaseCatalogue
from virtsmith.ark.install.installer import Installer, UnknownVersion
from virtsmith.ark.install.versions import DEFAULTS, InstallOptions, open_installer
from virtsmith.ark.layout import APPS, Ark, InstalledVersion, NotInstalled
from virtsmith.ark.requests import choose_installed
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import MissingError, UsageError
from virtsmith.qemu.libvirtd import DaemonFailed

Report = Callable[[str], None]


def bisect_versions(
    app: str,
    good: str,
    bad: str,
    trial: Trial,
    *,
    pairs: str = "",
    log: Path | None = None,
    fresh: bool = False,
    options: InstallOptions = DEFAULTS,
    ark: Ark | None = None,
    report: Report = lambda _line: None,
    progress: Progress = SILENT,
) -> Bisection:
    """Find the first version of an application with which a test fails.

    Only the versions that are tried are installed, and they stay installed. Each try is recorded before the next one,
    so that a bisection that was interrupted or killed goes on where it was.

    Args:
        app: ``qemu`` or ``libvirt``.
        good: a version with which the test succeeds: ``7.2`` (the newest 7.2.x), or the id of a package.
        bad: a newer one, with which it fails.
        trial: the test.
        pairs: the installed versions of the other application that each version is tried with, as in `check_domain`;
            it must be good with all of them. By default the newest, where the test needs one.
        log: where the log is kept; by default in the user's state directory.
        fresh: ignore the log of an earlier run.
        options: where versions are installed from.
        ark: where to install; by default the user's.
        report: receives a line about each try.
        progress: reports the steps.

    Raises:
        UsageError: the versions are not in order, or the log is that of another bisection.
        MissingError: there is no version of the other application.
        Aborted: the test asked not to go on.
        FetchFailed: an archive cannot be reached.
    """
    if app not in APPS:
        raise UsageError(f"unknown application: {app!r}", hint=f"write {' or '.join(APPS)}")
    place = ark or Ark.open()
    others = _others(place, app, pairs, trial)
    question = {
        "app": app,
        "good": good,
        "bad": bad,
        "pairs": [f"{other.app}@{other.id}" for other in others],
        **trial.question(),
    }
    path = log or default_path({**question, "ark": str(place.path)})
    installer = open_installer(place, options, progress)
    record = None if fresh else load_log(path, question)
    if record is None:
        record = BisectLog(path, question, find_interval(app, good, bad, place, installer, progress=progress))
        record.write()
    recalled = len(record.attempts)
    if recalled:
        report(f"{recalled} results are from {path}")
    _search(record, _Tries(place, installer, trial, others, progress), report)
    return conclude(app, record, ReleaseCatalogue())


def _search(record: BisectLog, tries: _Tries, report: Report) -> None:
    while candidate := choose_next(bracket := narrow(record.interval, record.marks), record.marks):
        left = steps_left(bracket, record.marks)
        report(f"{candidate.app} {candidate.id}: at most {left} more to try")
        attempt = tries.run(candidate)
        record.add(attempt)
        report(
            f"{candidate.app} {candidate.id}: {attempt.mark.value}" + (f" ({attempt.reason})" * bool(attempt.reason))
        )


class _Tries:
    """Tries candidates."""

    def __init__(
        self,
        ark: Ark,
        installer: Installer,
        trial: Trial,
        others: Sequence[InstalledVersion],
        progress: Progress,
    ) -> None:
        self._ark, self._installer, self._progress = ark, installer, progress
        self._trial, self._others = trial, others

    def run(self, candidate: Candidate) -> Attempt:
        """Install a candidate if necessary, and try it with each version of the other application."""
        had = candidate.find_installed(self._ark) is not None
        try:
            version = candidate.provide(self._ark, self._installer, self._progress)
        except UnknownVersion as error:
            return Attempt(candidate.id, "", Mark.SKIPPED, None, str(error), 0.0, had)
        if version.problem:
            reason = f"it does not start: {version.problem}"
            return Attempt(candidate.id, "", Mark.SKIPPED, None, reason, 0.0, had)
        started = time.monotonic()
        verdict = self._judge(version)
        seconds = time.monotonic() - started
        return Attempt(candidate.id, version.version or "", verdict.mark, verdict.status, verdict.reason, seconds, had)

    def _judge(self, version: InstalledVersion) -> Verdict:
        found: Verdict | None = None
        for other in self._others or (None,):
            try:
                verdict = self._trial.run(version, other)
            except (DaemonFailed, NotInstalled) as error:
                verdict = Verdict(Mark.SKIPPED, None, str(error))
            if other and verdict.reason and len(self._others) > 1:
                verdict = Verdict(verdict.mark, verdict.status, f"with {other.name}: {verdict.reason}")
            if verdict.mark is Mark.BAD:
                return verdict
            if found is None or verdict.mark is Mark.SKIPPED:
                found = verdict
        return found or Verdict(Mark.SKIPPED)


def _others(ark: Ark, app: str, pairs: str, trial: Trial) -> list[InstalledVersion]:
    other = next(name for name in APPS if name != app)
    if pairs:
        return choose_installed(ark, other, pairs)
    if other not in trial.partners:
        return []
    installed = ark.installed(other)
    if not installed:
        raise MissingError(f"no {other} is installed to try {app} with", hint=f"virtsmith ark install {other}")
    return installed[-1:]
