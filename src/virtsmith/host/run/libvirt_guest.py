"""A probe guest that libvirt runs, with the same interface as a QEMU process of our own."""

from __future__ import annotations

import shlex
import shutil
import time
from contextlib import ExitStack, suppress
from copy import deepcopy
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

from libvirtxml import (
    OS,
    OSNVRAM,
    AddressISA,
    AddressPCI,
    AnySerial,
    CharLog,
    CharSourceFile,
    CharSourceUNIX,
    CharTarget,
    Domain,
    MemBalloon,
    OSType,
    SerialFile,
    SerialTargetModel,
    SerialUNIX,
    Topology,
)
from libvirtxml.files import write_atomic

from virtsmith.core.ownership import undone_by
from virtsmith.core.run import ProgramFailed, ProgramMissing, require_program, run
from virtsmith.core.secrets import redact
from virtsmith.errors import UsageError
from virtsmith.host.build.domain import build_domain
from virtsmith.host.plan.architecture import DEFAULT, find_architecture
from virtsmith.host.plan.topology import Plan
from virtsmith.host.run.ports import FACTS_SLOT
from virtsmith.qemu.guest import GuestFiles
from virtsmith.qemu.libvirtd import standalone_conf

_STATE_SECONDS = 1.0
_VIRSH_SECONDS = 60.0
_START_SECONDS = 120.0
_GONE = 255
"""The status of a transient domain that has ended by itself: libvirt does not record how."""


def probe_domain(
    plan: Plan,
    files: GuestFiles,
    *,
    name: str,
    accel: str,
    kernel: Path,
    initramfs: Path,
    append: str,
    emulator: str | None = None,
    console: Path | None = None,
    document: Domain | None = None,
) -> Domain:
    """The domain of a probe guest: a host that boots kernel and probe directly, with its serial ports in files.

    Args:
        plan: the design.
        files: the files for console, facts and firmware log.
        name: the name of the domain.
        accel: ``kvm`` or ``tcg``.
        kernel: the kernel to boot.
        initramfs: the probe.
        append: the kernel command line.
        emulator: the QEMU program; by default libvirt's choice.
        console: a socket for the first serial port, which makes it interactive; the file is then its log.
        document: the domain to boot instead of the design's. Its disks and serial ports are ignored.
    """
    domain = build_domain(plan, accel=accel) if document is None else _borrowed(document, accel)
    domain.name = name
    domain.on_reboot = "destroy"
    domain.os = domain.os or OS(type=OSType(value="hvm"))
    domain.os.boots.clear()
    domain.os.kernel, domain.os.initrd = (_stage(path, files.directory) for path in (kernel, initramfs))
    domain.os.cmdline = append
    if domain.os.loader or domain.os.firmware:
        template = domain.os.nvram.template if domain.os.nvram else None
        domain.os.nvram = OSNVRAM(template=template, value=str(files.directory / "nvram"))
    devices = domain.devices
    devices.emulator = emulator
    devices.disks.clear()
    devices.consoles.clear()
    devices.memballoon = MemBalloon(model="none")
    first: AnySerial = _file_port(files.console)
    if console is not None:
        first = SerialUNIX(
            sources=[CharSourceUNIX(mode="bind", path=str(console))], log=CharLog(file=str(files.console))
        )
    devices.serials[:] = [first, _file_port(files.facts)]
    architecture = find_architecture(Topology(domain).architecture or DEFAULT.name) or DEFAULT
    if not architecture.has_second_port:
        devices.serials[1].target = CharTarget(type="pci-serial", model=SerialTargetModel(name="pci-serial"))
        devices.serials[1].address = AddressPCI(domain=0, bus=0, slot=FACTS_SLOT, function=0)
    if architecture.has_debug_port:
        devices.serials.append(_firmware_log(files.firmware))
    return domain


def _stage(path: Path, directory: Path) -> str:
    """A copy of a file in a guest's directory: the QEMU of a system libvirt runs as a user who cannot read homes."""
    directory.mkdir(parents=True, exist_ok=True)
    copy = Path(shutil.copyfile(path, directory / path.name))
    copy.chmod(0o644)
    return str(copy)


def _open_up(files: GuestFiles) -> None:
    """Give that user access to a guest's directory and create its files, which libvirt then gives to it."""
    files.directory.mkdir(parents=True, exist_ok=True)
    files.directory.chmod(0o711)
    for path in (files.console, files.facts, files.firmware):
        path.touch(0o644)


def _borrowed(document: Domain, accel: str) -> Domain:
    """A copy of a domain that can run beside it, with this accelerator."""
    domain = deepcopy(document)
    domain.uuid = None
    domain.type = "kvm" if accel == "kvm" else "qemu"
    if accel != "kvm" and domain.cpu is not None and domain.cpu.mode in ("host-passthrough", "host-model"):
        domain.cpu.mode, domain.cpu.check, domain.cpu.migratable = "maximum", None, None
    return domain


def _file_port(path: Path) -> SerialFile:
    return SerialFile(sources=[CharSourceFile(path=str(path))])


def _firmware_log(path: Path) -> SerialFile:
    """The debug port that SeaBIOS writes its log to (libvirt 8.1 or newer)."""
    port = _file_port(path)
    port.target = CharTarget(type="isa-debug", model=SerialTargetModel(name="isa-debugcon"))
    port.address = AddressISA(iobase=0x402)
    return port


def is_domain_up(uri: str, name: str) -> bool:
    """Whether libvirt runs a domain with this name; true as long as libvirt does not answer."""
    try:
        return name in run(["virsh", "-c", uri, "list", "--name"], timeout=_VIRSH_SECONDS).text.split()
    except (ProgramFailed, ProgramMissing):
        return True


def end_domain(uri: str, name: str) -> bool:
    """End a transient domain; return whether it is gone."""
    with suppress(ProgramFailed):  # it may have ended by itself
        run(["virsh", "-c", uri, "destroy", name], timeout=_VIRSH_SECONDS)
    return not is_domain_up(uri, name)


def prepare_embedded(uri: str) -> None:
    """Configure a libvirt that runs inside virsh (``qemu:///embed?root=DIRECTORY``), unless it has a configuration.

    Raises:
        UsageError: the address names no directory.
    """
    parts = urlsplit(uri)
    if not parts.path.endswith("/embed"):
        return
    root = Path(parse_qs(parts.query).get("root", [""])[0])
    if not root.is_absolute():
        raise UsageError(
            f"not the address of an embedded libvirt: {uri}", hint="write qemu:///embed?root=/some/directory"
        )
    if not (root / "etc/qemu.conf").exists():
        write_atomic(root / "etc/qemu.conf", standalone_conf())


class LibvirtGuest:
    """A transient domain. Leaving the ``with`` block ends it in any case."""

    def __init__(self, uri: str, domain: Domain, files: GuestFiles) -> None:
        require_program("virsh", hint="install libvirt-clients")
        prepare_embedded(uri)
        _open_up(files)
        self.files = files
        self._uri = uri
        self._name = domain.name
        self._document = files.directory / "domain.xml"
        write_atomic(self._document, domain.to_xml())
        self._undo = ExitStack()
        self._undo.enter_context(undone_by(["virsh", "-c", uri, "destroy", domain.name]))
        self._asked = 0.0
        self._status: int | None = None
        try:
            run(self.argv, timeout=_START_SECONDS)
        except ProgramFailed as error:
            self._status = error.result.status
            write_atomic(files.errors, error.result.stderr_text)
            end_domain(uri, self._name)  # it may have started late
        self.started = time.monotonic()  # a slow daemon does not count against the guest's time limit

    @property
    def argv(self) -> tuple[str, ...]:
        """The command that starts it."""
        return "virsh", "-c", self._uri, "create", str(self._document)

    @property
    def pid(self) -> int:
        """0: it is not a child process."""
        return 0

    @property
    def replay(self) -> str:
        """The command that starts it, quoted for a shell; its document exists only with a directory to keep."""
        return f"{redact(shlex.join(self.argv))}  # needs the directory of --keep"

    @property
    def seconds(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.started

    def status(self) -> int | None:
        """None while it runs; asked of libvirt at most once a second."""
        now = time.monotonic()
        if self._status is None and now - self._asked > _STATE_SECONDS:
            self._asked = now
            if not is_domain_up(self._uri, self._name):
                self._status = _GONE
                write_atomic(self.files.errors, "libvirt no longer runs the guest\n")
        return self._status

    def stop(self) -> int:
        """End it."""
        if self._status is None:
            end_domain(self._uri, self._name)
            self._status = 0
        self._undo.close()
        return self._status

    def detach(self) -> int:
        """Leave it running when this program ends; returns 0, since libvirt owns its process."""
        self._undo.close()
        return 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
