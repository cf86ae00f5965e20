"""Builds on Copr, through the service's own client library."""

from __future__ import annotations

import configparser
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from libvirtxml.files import write_atomic

from virtsmith.core.dirs import home, state_dir
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import ExternalError, InputError, MissingError, UsageError

ENDED = ("succeeded", "failed", "canceled", "skipped", "forked")
_GOOD = ("succeeded", "skipped", "forked")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Build:
    """One build: its title, its number, its state, and its web page."""

    title: str
    number: int
    state: str
    page: str

    @property
    def is_good(self) -> bool:
        """Whether it succeeded."""
        return self.state in _GOOD


def load_config(path: Path | None = None) -> dict[str, str]:
    """Read the client's configuration file, ``~/.config/copr``.

    Raises:
        MissingError: it does not exist.
        InputError: it is not valid, or would send the token unencrypted.
    """
    path = path or home() / ".config/copr"
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text())
        section = dict(parser["copr-cli"])
    except OSError as error:
        raise MissingError(f"cannot read {path}", hint="get the file from the service's API page") from error
    except (configparser.Error, KeyError, UnicodeDecodeError) as error:
        raise InputError("not a copr configuration", source=str(path)) from error
    missing = [name for name in ("login", "username", "token", "copr_url") if not section.get(name)]
    if missing:
        raise InputError(f"has no {missing[0]}", source=str(path))
    try:
        address = urlsplit(section["copr_url"])
    except ValueError as error:
        raise InputError(f"copr_url is not an address: {error}", source=str(path)) from error
    if address.scheme != "https" and address.hostname not in _LOOPBACK:
        raise InputError("copr_url is not https: the token would be sent unencrypted", source=str(path))
    return section


class CoprProject:
    """The Copr project that builds are sent to.

    Submissions are recorded, so that an interrupted run continues to wait for them instead of sending them again.
    """

    def __init__(self, config: Mapping[str, str], project: str) -> None:
        """Connect; ``project`` is ``NAME`` or ``OWNER/NAME``.

        Raises:
            MissingError: the client library is not installed.
        """
        try:
            from copr.v3 import Client  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingError("the copr library is not installed", hint="pip install 'virtsmith[copr]'") from error
        owner, _, name = project.rpartition("/")
        self._owner, self._name = owner or config["username"], name
        if not self._name:
            raise UsageError(f"not a project: {project!r}")
        self._client = Client(dict(config))
        host = urlsplit(config["copr_url"]).netloc.replace(":", "_")
        self._memory = state_dir() / "ark/copr" / f"{host}-{self._owner}-{name}.json"

    def ensure_project(self, chroots: Sequence[str]) -> None:
        """Create the project if it does not exist.

        Raises:
            ExternalError: the service refuses.
        """
        self._ask(
            lambda: self._client.project_proxy.add(
                self._owner,
                self._name,
                list(chroots),
                description="QEMU and libvirt versions side by side",
                exist_ok=True,
            )
        )

    def submit(self, srpm: Path, title: str, *, chroots: Sequence[str] = ()) -> Build:
        """Submit a source package, unless one of this title was submitted earlier and did not fail.

        Raises:
            ExternalError: the service refuses.
        """
        number = self._recall().get(title)
        if number is not None:
            with suppress(ExternalError):
                earlier = self.look(title, number)
                if earlier.state not in ENDED or earlier.is_good:
                    return earlier
        options = {"chroots": list(chroots)} if chroots else None
        made = self._ask(
            lambda: self._client.build_proxy.create_from_file(self._owner, self._name, str(srpm), buildopts=options)
        )
        self._remember(title, int(made.id))
        return self._build(title, made)

    def look(self, title: str, number: int) -> Build:
        """Fetch the state of a build.

        Raises:
            ExternalError: the service does not know it.
        """
        return self._build(title, self._ask(lambda: self._client.build_proxy.get(number)))

    def watch(self, builds: Sequence[Build], *, pause: float = 30, progress: Progress = SILENT) -> list[Build]:
        """Wait until all builds have ended, polling every ``pause`` seconds, and return them in their final state.

        Raises:
            ExternalError: the service does not answer.
        """
        current = {build.title: build for build in builds}
        progress.start("builds", len(current))
        progress.step(sum(build.state in ENDED for build in current.values()))
        while waiting := [build for build in current.values() if build.state not in ENDED]:
            time.sleep(pause)
            for build in waiting:
                current[build.title] = self.look(build.title, build.number)
                if current[build.title].state in ENDED:
                    progress.step(detail=f"{build.title} {current[build.title].state}")
        progress.done()
        return list(current.values())

    def _build(self, title: str, answer: Any) -> Build:
        page = f"{self._client.config['copr_url']}/coprs/build/{answer.id}/"
        return Build(title, int(answer.id), str(answer.state), page)

    def _ask(self, question: Callable[[], Any]) -> Any:
        from copr.v3 import CoprException  # noqa: PLC0415 - an extra

        try:
            return question()
        except CoprException as error:
            raise ExternalError(f"copr: {' '.join(str(error).split())}") from error

    def _recall(self) -> dict[str, int]:
        with suppress(OSError, ValueError, AttributeError):
            return {str(title): int(number) for title, number in json.loads(self._memory.read_bytes()).items()}
        return {}

    def _remember(self, title: str, number: int) -> None:
        write_atomic(self._memory, json.dumps({**self._recall(), title: number}, indent=1, sort_keys=True) + "\n")
