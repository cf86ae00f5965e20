"""Collects facts from running machines: this one, over ssh, through the QEMU guest agent, or from a libvirt."""

from __future__ import annotations

import base64
import json
import re
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from virtsmith.core.run import require_program, run
from virtsmith.errors import ExternalError, UsageError
from virtsmith.host.facts.model import Facts, FactsDamaged, parse_facts
from virtsmith.host.facts.parsers.capabilities import parse_capabilities
from virtsmith.host.facts.parsers.nodedev import parse_nodedev_xml
from virtsmith.host.run.probe.payload import script

_DESTINATION = re.compile(r"(?P<host>(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?")
_SECONDS = 60.0
_SEND = b"""
sum=$(printf '%s' "$facts" | md5sum)
printf 'BEGIN %s %s\\n%s\\nEND\\n' "${sum%% *}" "${#facts}" "$facts"
"""
_MAX_ANSWER = 32 << 20
_AT_ONCE = 500
"""Devices that one virsh is asked for, so that the names fit into one argument."""


class AgentFailed(ExternalError):
    """The guest agent did not answer, or refused."""


def probe_script() -> bytes:
    """The probe as one shell script that prints a frame."""
    return b"LC_ALL=C\n" + script("probe.sh") + _SEND


def collect_by_ssh(destination: str, *, known: bool = True, identity: Path | None = None) -> Facts:
    """Run the probe in a guest over ssh, with the user's own ssh settings and without asking for passwords.

    Args:
        destination: ``[USER@]HOST[:PORT]``.
        known: whether the guest's host key must be known to ssh; guests started here have a new one each time.
        identity: the private key to use; by default those that ssh finds itself.

    Raises:
        UsageError: not ``[USER@]HOST[:PORT]``.
        ProgramFailed: ssh failed.
        FactsDamaged: the facts did not arrive completely.
    """
    match = _DESTINATION.fullmatch(destination)
    if match is None or destination.startswith("-"):
        raise UsageError(f"not a destination for ssh: {destination!r}", hint="write [USER@]HOST[:PORT]")
    options = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=20"]
    if not known:
        options += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
    if identity:
        options += ["-i", str(identity)]
    if match["port"]:
        options += ["-p", match["port"]]
    argv = ["ssh", *options, match["host"], "sh", "-s"]
    return parse_facts(run(argv, stdin=probe_script(), timeout=_SECONDS).stdout, destination)


def collect_here() -> Facts:
    """Run the probe on this machine. It only reads, and needs no privileges.

    Raises:
        ProgramFailed: the shell failed.
        FactsDamaged: the facts did not arrive completely.
    """
    return parse_facts(run(["sh", "-s"], stdin=probe_script(), timeout=_SECONDS).stdout, "this machine")


def collect_by_libvirt(uri: str) -> list[Facts]:
    """Query a libvirt through ``virsh`` for the capabilities and the PCI and network devices of its host.

    Raises:
        MissingError: virsh is not installed.
        ProgramFailed: virsh failed; the message is its own.
        FactsDamaged: its answer cannot be read.
    """
    virsh = [str(require_program("virsh")), "-q", "-c", uri]

    def ask(*words: str) -> str:
        return run([*virsh, *words], timeout=_SECONDS).text

    found = [parse_capabilities(ask("capabilities"), f"{uri} capabilities")]
    names = [name for name in ask("nodedev-list").split() if name.startswith(("pci_", "net_"))]
    dumps = [
        ask("; ".join(f"nodedev-dumpxml {name}" for name in names[start : start + _AT_ONCE]))
        for start in range(0, len(names), _AT_ONCE)
    ]
    if any(name.startswith("pci_") for name in names):
        devices = parse_nodedev_xml("".join(dumps), f"{uri} devices")
        found.append(replace(devices, complete=True, groups_known=True))
    return found


def collect_by_agent(path: Path) -> Facts:
    """Run the probe through the guest agent behind a Unix socket.

    Raises:
        AgentFailed: nobody answers, or the guest does not allow the agent to run programs.
        FactsDamaged: the facts did not arrive completely.
    """
    with _Agent(path) as agent:
        arguments = {
            "path": "/bin/sh",
            "arg": ["-s"],
            "input-data": base64.b64encode(probe_script()).decode(),
            "capture-output": True,
        }
        pid = agent.ask("guest-exec", arguments)["pid"]
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            status = agent.ask("guest-exec-status", {"pid": pid})
            if status.get("exited"):
                try:
                    return parse_facts(base64.b64decode(status.get("out-data", "")), str(path))
                except ValueError as error:
                    raise FactsDamaged(f"the agent's answer is damaged: {error}", source=str(path)) from error
            time.sleep(0.2)
    raise AgentFailed(f"the probe did not end within {_SECONDS:.0f} seconds")


class _Agent:
    """A connection to a guest agent: one JSON object per line in both directions (QEMU ``qga/qapi-schema.json``)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_SECONDS)
        self._buffer = b""

    def __enter__(self) -> Self:
        try:
            self._socket.connect(str(self._path))
        except OSError as error:
            self._socket.close()
            raise AgentFailed(f"no guest agent at {self._path}: {error.strerror}") from error
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, command: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Send a command and return its answer."""
        request = json.dumps({"execute": command, "arguments": arguments}) + "\n"
        try:
            self._socket.sendall(request.encode())
            answer = json.loads(self._line())
        except (OSError, ValueError) as error:
            raise AgentFailed(f"the guest agent at {self._path} does not answer: {error}") from error
        if not isinstance(answer, dict) or not isinstance(answer.get("return"), dict):
            reason = answer.get("error", {}).get("desc", "") if isinstance(answer, dict) else ""
            raise AgentFailed(f"the guest agent refuses {command}: {reason or 'unexpected answer'}")
        found: dict[str, Any] = answer["return"]
        return found

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            more = self._socket.recv(1 << 16)
            if not more or len(self._buffer) > _MAX_ANSWER:
                raise ValueError("the connection ended")
            self._buffer += more
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line
