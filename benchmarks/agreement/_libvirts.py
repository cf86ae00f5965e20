"""The libvirts that answer: the system's own, in the process of its bindings, and those of an ark, as daemons."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from libvirtxml.versions import Version

from virtsmith.ark import daemon
from virtsmith.ark.layout import Ark
from virtsmith.errors import VirtsmithError
from virtsmith.qemu.libvirtd import PrivateDaemon

Server = tuple[str, Callable[[], None]]
"""The URI of a test driver, and what brings its daemon back after a crash."""


@contextmanager
def libvirts() -> Iterator[list[Server]]:
    """The system's libvirt first, then the newer ones of the ark (``VIRTSMITH_ARK``), oldest first."""
    found: list[Server] = [("test:///default", lambda: None)]
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="agree-")))
        for made in daemons(directory):
            made.up()
            stack.callback(made.down)
            found.append((f"test+unix:///default?socket={made.socket}", partial(revive, made)))
        yield found


def revive(made: PrivateDaemon) -> None:
    """Start a daemon again."""
    made.down()
    made.up()


def daemons(directory: Path, oldest: str = "9.0.1") -> Iterator[PrivateDaemon]:
    """Daemons of the ark's libvirts from a release on, oldest first, with the newest QEMU; none without an ark."""
    try:
        ark = Ark.open(None)
        emulators, versions = ark.installed("qemu"), ark.installed("libvirt")
    except VirtsmithError:
        return
    for version in sorted(versions, key=lambda version: version.order):
        if emulators and version.order[0] >= Version.parse(oldest):
            yield daemon.make(version, emulators[-1], directory / version.name.replace("@", "-"))
