"""A program that answers for a libvirt, line by line: the bindings are in another Python, and may crash."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Self

from virtsmith.errors import VirtsmithError

_PYTHON = "/usr/bin/python3"


class JudgeMissing(Exception):
    """There is no libvirt to ask."""


class LineJudge:
    """One libvirt: the system's own, or a daemon (``test+unix:///default?socket=PATH``) that ``revive`` brings back.

    Attributes:
        release: its version, ``9.0.0``.
    """

    program: Path
    arguments: tuple[str, ...] = ()

    def __init__(self, uri: str = "test:///default", revive: Callable[[], None] = lambda: None) -> None:
        self._revive = revive
        self._command = [_PYTHON, str(self.program), uri, *self.arguments]
        number = int(self._start())
        self.release = f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"

    def ask(self, question: Any) -> str | None:
        """The answer to one question; None if there is none, or libvirt crashes over it."""
        requests: IO[str] = self._process.stdin  # type: ignore[assignment] - it is a pipe
        with suppress(BrokenPipeError):
            requests.write(json.dumps(question) + "\n")
            requests.flush()
        if not (line := self._read()):
            self._process.kill()
            self._process.communicate()
            self._restart()
            return None
        answer = json.loads(line)
        return None if answer is None else str(answer)

    def _restart(self) -> None:
        """Start again; a daemon that crashed may need some time to be gone."""
        for attempt in range(5):
            with suppress(JudgeMissing, VirtsmithError):
                self._revive()
                self._start()
                return
            time.sleep(attempt)
        raise JudgeMissing("libvirt does not come back")

    def _start(self) -> str:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        if not (line := self._read()):
            raise JudgeMissing("libvirt's bindings do not answer: is python3-libvirt installed?")
        return line

    def _read(self) -> str:
        answers: IO[str] = self._process.stdout  # type: ignore[assignment] - it is a pipe
        return answers.readline()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
