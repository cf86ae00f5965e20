"""Hosts for tests: booted once, verified, and able to run commands. `virtsmith.host.pytest_plugin` provides them."""

from __future__ import annotations

import os
import re
import secrets
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from virtsmith.errors import ExternalError, MissingError
from virtsmith.host.facts.model import Facts
from virtsmith.host.plan.topology import Plan, plan
from virtsmith.host.run.boot import BootOptions
from virtsmith.host.run.running import HostFailed, RunningHost, end_host, start_host
from virtsmith.host.spec.examples import NAMES, example_spec
from virtsmith.host.spec.model import HostSpec
from virtsmith.host.spec.reader import load_spec
from virtsmith.host.verify.explain import explain_refusal
from virtsmith.host.verify.verdict import HostVerdict
from virtsmith.host.verify.verify import verify_facts

_COMMAND_SECONDS = 60.0


class NotBootable(MissingError):
    """A host cannot be booted here: a reason to skip a test."""


class NotAsDesigned(ExternalError):
    """A host that booted differs from its design."""


@dataclass(frozen=True)
class VirtualHost:
    """A running host that was verified to be as designed."""

    plan: Plan
    facts: Facts
    running: RunningHost

    def run(self, command: str, timeout: float = _COMMAND_SECONDS) -> str:
        """Run a shell command in the guest, over its console, and return what it printed.

        Raises:
            ExternalError: it failed, or did not end in time.
        """
        mark = secrets.token_hex(8)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as console:
            console.connect(str(self.running.console))
            console.settimeout(1.0)
            # the marks are split in the command line, so that its echo is not taken for the output
            text = f"stty -echo; echo {mark[:8]}''{mark[8:]}; {command}; echo {mark[8:]}''{mark[:8]} $?\n"
            console.sendall(text.encode())
            output = _read_until(console, re.compile(rf"{mark[8:]}{mark[:8]} (\d+)".encode()), timeout)
        body = output.decode(errors="replace").replace("\r", "").split(mark, 1)[-1]
        printed, _, status = body.rpartition(f"{mark[8:]}{mark[:8]} ")
        if status.strip().split("\n", 1)[0] != "0":
            raise ExternalError(f"in the guest, {command!r} ended with status {status.strip()}: {printed.strip()}")
        return printed.strip()


def _read_until(console: socket.socket, end: re.Pattern[bytes], timeout: float) -> bytes:
    output = b""
    deadline = time.monotonic() + timeout
    while (match := end.search(output)) is None:
        if time.monotonic() > deadline:
            raise ExternalError(f"the guest did not answer within {timeout:g} seconds")
        try:
            output += console.recv(1 << 14)
        except TimeoutError:
            continue
    return output[: match.end()]


class HostPool:
    """Boots each host once, on first use; `close` ends them all."""

    def __init__(self, qemu: str | None = None) -> None:
        self._qemu = qemu
        self._hosts: dict[str, VirtualHost] = {}

    def get(self, design: str | Path | HostSpec) -> VirtualHost:
        """The host of an example (by name), a spec file or a spec.

        Raises:
            NotBootable: something needed to boot it is missing, or this QEMU lacks a feature.
            NotAsDesigned: it differs from its design.
            HostFailed: it died or hung.
        """
        spec = _spec(design)
        if spec.name not in self._hosts:
            self._hosts[spec.name] = self._boot(plan(spec))
        return self._hosts[spec.name]

    def close(self) -> None:
        """End all hosts."""
        while self._hosts:
            end_host(self._hosts.popitem()[1].running)

    def _boot(self, design: Plan) -> VirtualHost:
        name = f"{design.spec.name[:40]}-{os.getpid()}-{secrets.token_hex(3)}"
        try:
            running = start_host(design, BootOptions(qemu=self._qemu), name=name)
        except MissingError as error:
            raise NotBootable(f"cannot boot {design.spec.name}: {error}") from error
        except HostFailed as error:
            unsupported, reason = explain_refusal(str(error))
            if unsupported:
                raise NotBootable(f"cannot boot {design.spec.name}: {reason}") from error
            raise
        facts = running.facts()
        result = verify_facts(design, [facts])
        if result.verdict is not HostVerdict.OK:
            end_host(running)
            words = "; ".join(
                f"{finding.subject}: expected {finding.old}, found {finding.new}" for finding in result.findings
            )
            raise NotAsDesigned(f"{design.spec.name} is not as designed: {words}")
        return VirtualHost(design, facts, running)


def _spec(design: str | Path | HostSpec) -> HostSpec:
    if isinstance(design, HostSpec):
        return design
    return example_spec(str(design)) if str(design) in NAMES else load_spec(Path(design))
