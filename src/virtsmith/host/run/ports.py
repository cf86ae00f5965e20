"""The serial ports of a guest as QEMU arguments: its console, the facts that the probe sends, the firmware's log."""

from __future__ import annotations

from pathlib import Path

from virtsmith.host.plan.architecture import Architecture
from virtsmith.qemu.guest import GuestFiles

FACTS_SLOT = 1
"""The slot of a port for facts on the root bus, which designs leave to the primary video device."""


def replay_arguments(architecture: Architecture) -> list[str]:
    """The QEMU arguments that show the console on standard output instead."""
    return ["-serial", "stdio", *(["-serial", "null"] if architecture.has_second_port else [])]


def port_arguments(architecture: Architecture, files: GuestFiles, console: Path | None = None) -> list[str]:
    """The QEMU arguments by which the ports write to files.

    Args:
        architecture: the guest's.
        files: the files.
        console: a socket that makes the console interactive; the file is then its log.
    """
    if console is None:
        arguments = ["-serial", f"file:{files.console}"]
    else:
        socket = f"socket,id=console,path={console},server=on,wait=off,logfile={files.console}"
        arguments = ["-chardev", socket, "-serial", "chardev:console"]
    if architecture.has_second_port:
        arguments += ["-serial", f"file:{files.facts}"]
    else:
        device = f"pci-serial,chardev=facts,bus=pcie.0,addr=0x{FACTS_SLOT:x}"
        arguments += ["-chardev", f"file,id=facts,path={files.facts}", "-device", device]
    if architecture.has_debug_port:
        arguments += ["-chardev", f"file,id=firmware,path={files.firmware}"]
        arguments += ["-device", "isa-debugcon,iobase=0x402,chardev=firmware"]
    return arguments
