"""What keeps an ark from working on this machine, with the line that mends each."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from virtsmith.ark import daemon
from virtsmith.ark.install import launcher
from virtsmith.ark.layout import Ark
from virtsmith.core.dirs import STATE_HOME
from virtsmith.core.run import find_program, run
from virtsmith.errors import VirtsmithError

_KVM_GET_API_VERSION = 0xAE00
_KVM_CREATE_VM = 0xAE01
_LONGEST_SOCKET_PATH = 107
_ENOUGH_SPACE = 1 << 30


class Health(StrEnum):
    """``OK``; ``WEAK``: something will not work or be slow; ``BROKEN``: nothing will."""

    OK = "ok"
    WEAK = "weak"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at; ``fix`` is a command or a setting, empty when all is well."""

    subject: str
    health: Health
    message: str
    fix: str = ""


Trial = Callable[[Path], Diagnosis]


def examine(ark: Ark) -> Iterator[Diagnosis]:
    """Yield a diagnosis of everything that installs, launchers, daemons and builds need."""
    yield _place(ark)
    yield _space(ark)
    yield _namespaces(ark)
    yield kvm()
    yield from _programs()
    yield from _versions(ark)
    yield from _daemons()


def _place(ark: Ark) -> Diagnosis:
    subject = f"ark {ark.path}"
    try:
        launcher.require_plain(launcher.busybox(ark))
    except VirtsmithError as error:
        return Diagnosis(subject, Health.BROKEN, str(error), error.hint or "")
    parent = next(path for path in (ark.path, *ark.path.parents) if path.exists())
    if not os.access(parent, os.W_OK):
        return Diagnosis(subject, Health.WEAK, "can be used but not changed", f"chown {_user()} {parent}")
    return Diagnosis(subject, Health.OK, "can be used and changed" if ark.path.exists() else "is empty")


def _space(ark: Ark) -> Diagnosis:
    parent = next(path for path in (ark.path, *ark.path.parents) if path.exists())
    free = shutil.disk_usage(parent).free
    health = Health.OK if free >= _ENOUGH_SPACE else Health.WEAK
    return Diagnosis("space", health, f"{free / 1e9:.1f} GB free", "" if health is Health.OK else "virtsmith ark clean")


def _namespaces(ark: Ark) -> Diagnosis:
    """Try it: settings of kernel, distribution and container all have a say."""
    subject = "namespaces"
    tool = launcher.busybox(ark)
    argv = [tool, "unshare"] if tool.exists() else [find_program("unshare") or "unshare"]
    with suppress(VirtsmithError):
        if run([*argv, "-U", "-r", "-m", "true"], allow=()).status == 0:
            return Diagnosis(subject, Health.OK, "user and mount namespaces work")
    settings = {
        "user.max_user_namespaces": ("0", "sysctl -w user.max_user_namespaces=15000"),
        "kernel.unprivileged_userns_clone": ("0", "sysctl -w kernel.unprivileged_userns_clone=1"),
        "kernel.apparmor_restrict_unprivileged_userns": (
            "1",
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    }
    fix = "allow user namespaces (in a container: --security-opt seccomp=unconfined, or --privileged)"
    for name, (bad, line) in settings.items():
        with suppress(OSError):
            if Path("/proc/sys", *name.split(".")).read_text().strip() == bad:
                fix = line
    with suppress(VirtsmithError):
        if run([*argv, "-m", "true"], allow=()).status == 0:
            return Diagnosis(
                subject, Health.WEAK, "mount namespaces work for root only; some libvirts start no QEMU", fix
            )
    return Diagnosis(subject, Health.BROKEN, "this machine allows neither user nor mount namespaces", fix)


def kvm(device: Path = Path("/dev/kvm")) -> Diagnosis:
    """Make a virtual machine, and throw it away: a device file alone proves nothing."""
    subject = "kvm"
    try:
        descriptor = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        reasons = {
            errno.ENOENT: "no /dev/kvm: guests are emulated, which is slow",
            errno.EACCES: f"{device} is not yours",
        }
        fix = (
            f"setfacl -m u:{_user()}:rw {device}"
            if error.errno == errno.EACCES
            else "modprobe kvm_intel || modprobe kvm_amd"
        )
        return Diagnosis(subject, Health.WEAK, reasons.get(error.errno or 0, str(error)), fix)
    try:
        version = fcntl.ioctl(descriptor, _KVM_GET_API_VERSION, 0)
        os.close(fcntl.ioctl(descriptor, _KVM_CREATE_VM, 0))
    except OSError as error:
        return Diagnosis(
            subject, Health.WEAK, f"makes no machine: {(error.strerror or '').lower()}", "dmesg | grep -i kvm"
        )
    finally:
        os.close(descriptor)
    return Diagnosis(subject, Health.OK, f"makes machines (API {version})")


_PROGRAMS = {
    "gpgv": (Health.BROKEN, "to check archive signatures", "apt-get install gpgv || dnf install gnupg2"),
    "zstd": (
        Health.WEAK,
        "for packages of distributions that compress with it",
        "apt-get install zstd || dnf install zstd",
    ),
    "rpmbuild": (Health.WEAK, "for ark srpm and ark build", "apt-get install rpm || dnf install rpm-build"),
    "cc": (Health.WEAK, "for ark build --backend local", "apt-get install build-essential || dnf install gcc"),
}


def _programs() -> Iterator[Diagnosis]:
    for name, (health, why, fix) in _PROGRAMS.items():
        if find_program(name):
            yield Diagnosis(name, Health.OK, "is there")
        else:
            yield Diagnosis(name, health, f"is missing ({why})", fix)


def _versions(ark: Ark) -> Iterator[Diagnosis]:
    for version in ark.installed():
        main = version.path / "bin" / version.program
        if not version.root.is_dir():
            continue
        if f"#!{launcher.busybox(ark)} " not in main.read_text(errors="replace").partition("\n")[0] + " ":
            yield Diagnosis(
                version.name,
                Health.BROKEN,
                "was moved here",
                f"virtsmith ark install --again {version.app}@{version.id}",
            )
    confined = Path("/sys/kernel/security/apparmor/profiles")
    with suppress(OSError):
        if "libvirtd (enforce)" in confined.read_text():
            rule = f"echo '{ark.path}/** rmix,' >> /etc/apparmor.d/local/abstractions/libvirt-qemu"
            yield Diagnosis("AppArmor", Health.WEAK, "the host's own libvirtd may not start QEMUs of the ark", rule)


def _daemons() -> Iterator[Diagnosis]:
    for status in daemon.iter_status():
        made = daemon.known(status.name)
        if status.pid is None and made.socket.exists():
            fix = f"virtsmith ark daemon forget {status.name}"
            yield Diagnosis(f"daemon {status.name}", Health.WEAK, "ended without a word and left its socket", fix)
        if len(str(made.socket)) > _LONGEST_SOCKET_PATH:
            yield Diagnosis(
                f"daemon {status.name}", Health.WEAK, "its socket's path is too long for clients outside the ark",
                f"export {STATE_HOME}=/var/tmp/state",
            )  # fmt: skip


def _user() -> str:
    return os.environ.get("USER") or str(os.geteuid())
