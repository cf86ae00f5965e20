"""Hosts that stay up after the command that started them: their records, start and end."""

from __future__ import annotations

import errno
import json
import os
import re
import shlex
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from libvirtxml.files import write_atomic

from virtsmith.core.dirs import state_dir
from virtsmith.core.drafts import write_draft
from virtsmith.core.leftovers import Leftover, is_alive
from virtsmith.core.ownership import owner, removed_if_killed, scratch_directory
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import ExternalError, UsageError
from virtsmith.host.facts.collect import collect_by_ssh
from virtsmith.host.facts.model import Facts, parse_facts
from virtsmith.host.plan.topology import Plan
from virtsmith.host.run.boot import (
    BootOptions,
    kernel_arguments,
    probe_argv,
    probe_modules,
    store_initramfs,
    tcg_threads,
)
from virtsmith.host.run.image import image_argv, own_public_keys
from virtsmith.host.run.ports import port_arguments
from virtsmith.host.run.probe.frame import has_end
from virtsmith.host.run.probe.kernel import Kernel, find_busybox, find_kernel
from virtsmith.host.run.probe.payload import build_initramfs
from virtsmith.qemu.guest import Guest, GuestFiles, end_process, is_running, tail

if TYPE_CHECKING:
    from virtsmith.host.run.libvirt_guest import LibvirtGuest

_RECORD = "host.json"
_OWNER = "owner"
"""File in a host's directory that names the run which starts it: what has no record yet is its business."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_POLL = 0.1
_SETTLE_SECONDS = 3.0
_MAX_SOCKET = 100
"""The longest path of a Unix socket, in bytes."""


class HostFailed(ExternalError):
    """A host did not start; the message ends with its last output."""


@dataclass(frozen=True, slots=True)
class RunningHost:
    """The record of a host: its directory and process, and how to reach it."""

    name: str
    directory: str
    pid: int
    started: float
    kind: str
    """``probe`` or ``image``."""
    accel: str
    command: str
    ssh_port: int | None = None
    ssh_identity: str | None = None
    """The private key that a disk image accepts, unless ssh tries it anyway."""
    libvirt: str | None = None
    """The URI of the libvirt that runs it as a domain with its name."""

    @property
    def files(self) -> GuestFiles:
        """Its console log, facts and errors."""
        return GuestFiles(Path(self.directory))

    @property
    def console(self) -> Path:
        """The socket of its serial console."""
        return Path(self.directory) / "console.sock"

    @property
    def is_up(self) -> bool:
        """Whether its process is running (the command line has its directory, so a reused pid does not match)."""
        if self.libvirt is not None:
            from virtsmith.host.run.libvirt_guest import is_domain_up  # noqa: PLC0415 - loads the document model

            return is_domain_up(self.libvirt, self.name)
        return is_running(self.pid, self.directory)

    def facts(self) -> Facts:
        """The facts that its probe reported; for a disk image, facts that the probe collects now, over ssh.

        Raises:
            FactsDamaged: they are missing or damaged.
            ProgramFailed: a disk image cannot be reached, or not yet.
        """
        if self.ssh_port is not None:
            identity = Path(self.ssh_identity) if self.ssh_identity else None
            return collect_by_ssh(f"root@127.0.0.1:{self.ssh_port}", known=False, identity=identity)
        try:
            data = self.files.facts.read_bytes()
        except OSError:
            data = b""
        return parse_facts(data, self.name)


def state_directory() -> Path:
    """Where hosts are kept: ``VIRTSMITH_HOSTS``, or the user's state directory.

    Root's can be entered by others, such as the user that a system libvirt runs QEMU as.
    """
    if given := os.environ.get("VIRTSMITH_HOSTS"):
        return Path(given).absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/virtsmith/hosts")
    return state_dir() / "hosts"


def list_hosts() -> list[RunningHost]:
    """All recorded hosts, including those that died."""
    records = (_read_record(directory) for directory in _host_directories())
    return [record for record in records if record]


def find_abandoned_hosts() -> list[Leftover]:
    """Hosts that died, and those whose start was killed: what is left of them is in the way of hosts of their names."""
    return [
        Leftover("host", directory, partial(shutil.rmtree, directory, ignore_errors=True))
        for directory in _host_directories()
        if _is_abandoned(directory)
    ]


def _host_directories() -> list[Path]:
    place = state_directory()
    return sorted(path for path in place.iterdir() if path.is_dir()) if place.is_dir() else []


def _read_record(directory: Path) -> RunningHost | None:
    """The record in a directory; None if there is none: a command is still creating it, or it is not ours."""
    try:
        return RunningHost(**json.loads((directory / _RECORD).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _is_abandoned(directory: Path) -> bool:
    """Whether nobody has a use for a host's directory any more: it died, or the run that was starting it did."""
    if record := _read_record(directory):
        return not record.is_up
    try:
        return not is_alive((directory / _OWNER).read_text())
    except OSError:
        return False


def find_host(name: str) -> RunningHost:
    """The host with a name.

    Raises:
        UsageError: it does not exist.
    """
    for host in list_hosts():
        if host.name == name:
            return host
    names = ", ".join(host.name for host in list_hosts())
    raise UsageError(f"there is no host named {name}", hint=f"existing hosts: {names}" if names else None)


def end_host(host: RunningHost) -> None:
    """End a host and remove its files.

    Raises:
        HostFailed: its process does not end.
    """
    if not _end(host):
        raise HostFailed(f"host {host.name} does not end", hint=f"kill process {host.pid}")
    shutil.rmtree(host.directory, ignore_errors=True)


def _end(host: RunningHost) -> bool:
    if host.libvirt is None:
        return end_process(host.pid, host.directory)
    from virtsmith.host.run.libvirt_guest import end_domain  # noqa: PLC0415 - loads the document model

    return end_domain(host.libvirt, host.name)


def start_host(
    plan: Plan,
    options: BootOptions,
    *,
    name: str | None = None,
    image: Path | None = None,
    ssh_key: Path | None = None,
    progress: Progress = SILENT,
) -> RunningHost:
    """Start a host that stays up: with the probe inside, or from a disk image (which is never written to).

    Its directory is created first, so that two hosts never share files, and removed if the start fails.

    Raises:
        UsageError: a host with this name is already running, or the name or image is not valid.
        HostFailed: it died or hung.
        MissingError: no QEMU, kernel or busybox.
    """
    name = name or plan.spec.name
    if _NAME.fullmatch(name) is None:
        raise UsageError(f"not a valid name for a host: {name!r}")
    directory = _take_directory(name)
    guest: Guest | LibvirtGuest | None = None
    port: int | None = None
    try:
        with removed_if_killed(directory):
            progress.start(f"starting {name}")
            if image:
                argv, port = _image_argv(plan, options, directory, image, [ssh_key] if ssh_key else own_public_keys())
                guest = Guest(argv, GuestFiles(directory), _ports(plan, directory))
            elif options.libvirt:
                guest = _libvirt_guest(plan, options, directory, name)
            else:
                guest = Guest(_probe_argv(plan, options), GuestFiles(directory), _ports(plan, directory))
            _wait(guest, options.time_limit, wants_facts=image is None)
            progress.done()
            host = RunningHost(
                name,
                str(directory),
                guest.pid,
                time.time(),
                "image" if image else "probe",
                options.accel,
                shlex.join(guest.argv),
                port,
                _identity(ssh_key),
                options.libvirt,
            )
            write_atomic(directory / _RECORD, json.dumps(asdict(host), indent=2, sort_keys=True) + "\n")
        guest.detach()
    except BaseException:
        if guest is not None:
            guest.stop()
        shutil.rmtree(directory, ignore_errors=True)
        raise
    return host


def _take_directory(name: str) -> Path:
    """Create the directory of a host; remains of a host that died are replaced."""
    directory = state_directory() / name
    if len(str(directory / "console.sock")) > _MAX_SOCKET:
        raise UsageError(f"the path of the state directory is too long: {directory.parent}", hint="set VIRTSMITH_HOSTS")
    if _is_abandoned(directory):
        shutil.rmtree(directory, ignore_errors=True)
    directory.parent.mkdir(parents=True, exist_ok=True)
    with scratch_directory(f".{name}-", parent=directory.parent) as draft:  # it is never there without its owner's name
        write_draft(draft / _OWNER, owner())
        try:
            return draft.rename(directory)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
            hint = f"virtsmith host down {name}, or choose another with --name"
            raise UsageError(f"a host named {name} is already running", hint=hint) from None


def _probe_parts(plan: Plan, options: BootOptions) -> tuple[Kernel, Path, str]:
    """Kernel, initramfs and kernel command line of a probe guest that stays up."""
    kernel = options.kernel or find_kernel(architecture=plan.spec.architecture)
    modules = probe_modules(plan, check_kvm=options.check_kvm)
    image = build_initramfs(kernel, find_busybox(plan.spec.architecture), modules)
    return kernel, store_initramfs(image), kernel_arguments(plan, ["virtsmith.mode=stay"])


def _probe_argv(plan: Plan, options: BootOptions) -> list[str]:
    kernel, initramfs, words = _probe_parts(plan, options)
    return probe_argv(plan, options, kernel=kernel, initramfs=initramfs, append=words)


def _libvirt_guest(plan: Plan, options: BootOptions, directory: Path, name: str) -> LibvirtGuest:
    from virtsmith.host.run.libvirt_guest import LibvirtGuest, probe_domain  # noqa: PLC0415 - loads the document model

    kernel, initramfs, words = _probe_parts(plan, options)
    files = GuestFiles(directory)
    domain = probe_domain(
        plan,
        files,
        name=name,
        accel=options.accel,
        kernel=kernel.image,
        initramfs=initramfs,
        append=words,
        emulator=options.qemu,
        console=directory / "console.sock",
    )
    return LibvirtGuest(options.libvirt or "", domain, files)


def _ports(plan: Plan, directory: Path) -> list[str]:
    return port_arguments(plan.spec.architecture, GuestFiles(directory), directory / "console.sock")


def _image_argv(
    plan: Plan, options: BootOptions, directory: Path, image: Path, keys: Sequence[Path]
) -> tuple[list[str], int]:
    return image_argv(
        plan,
        image,
        directory / "seed",
        qemu=options.qemu,
        accel=options.accel,
        threads=tcg_threads(plan, options),
        keys=keys,
    )


def _identity(public: Path | None) -> str | None:
    """The private key beside a public one; None if there is none, since an agent may hold it."""
    private = public.absolute().with_suffix("") if public and public.suffix == ".pub" else None
    return str(private) if private and private.exists() else None


def _wait(guest: Guest | LibvirtGuest, limit: float, *, wants_facts: bool) -> None:
    """Wait until the probe has reported its facts, or the QEMU of an image has been running for a moment."""
    while True:
        if (status := guest.status()) is not None:
            words = (tail(guest.files.errors) or tail(guest.files.console)).strip().splitlines()
            last = f": {words[-1]}" if words else ""
            raise HostFailed(
                f"QEMU ended with status {status}{last}", hint=f"run it manually: {shlex.join(guest.argv)}"
            )
        if wants_facts and guest.files.facts.exists() and has_end(guest.files.facts.read_bytes()):
            return
        if not wants_facts and guest.seconds > _SETTLE_SECONDS:
            return
        if guest.seconds > limit:
            lines = tail(guest.files.console).strip().splitlines()[-5:]
            raise HostFailed("the guest hung; its last output: " + " | ".join(lines or ["none"]))
        time.sleep(_POLL)
