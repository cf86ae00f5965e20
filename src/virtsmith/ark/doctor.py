"""What keeps an ark from working on this machine, with a command that fixes each problem."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from libvirtxml.findings import Finding, Rule, Severity

from virtsmith.ark import daemon
from virtsmith.ark.install import launcher
from virtsmith.ark.layout import Ark
from virtsmith.core.dirs import STATE_HOME
from virtsmith.core.run import find_program, run
from virtsmith.errors import MissingError, VirtsmithError

_KVM_GET_API_VERSION = 0xAE00
_KVM_CREATE_VM = 0xAE01
_LONGEST_SOCKET_PATH = 107
_ENOUGH_SPACE = 1 << 30


class Health(StrEnum):
    """``OK``; ``WEAK``: something will not work or will be slow; ``BROKEN``: nothing will work."""

    OK = "ok"
    WEAK = "weak"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of one examination; ``fix`` is a command or a setting, empty if all is well."""

    subject: str
    health: Health
    message: str
    fix: str = ""
    rule: str = ""
    """The id of its rule in `RULES`."""

    def to_finding(self) -> Finding | None:
        """The problem as a finding; None if all is well."""
        if self.health is Health.OK:
            return None
        severity = Severity.ERROR if self.health is Health.BROKEN else Severity.NOTE
        fix = f"; fix: {self.fix}" if self.fix else ""
        return Finding(self.rule, severity, self.subject, f"{self.message}{fix}")


def examine(ark: Ark) -> Iterator[Diagnosis]:
    """Yield a diagnosis of everything that installation, launchers, daemons and builds need."""
    for rule, look in _CHECKS:
        for diagnosis in look(ark):
            yield replace(diagnosis, rule=rule.id)


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
    """Try it, because settings of the kernel, the distribution and the container all matter."""
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
                subject,
                Health.WEAK,
                "mount namespaces work for root only; some libvirt versions cannot start QEMU",
                fix,
            )
    return Diagnosis(subject, Health.BROKEN, "this machine allows neither user nor mount namespaces", fix)


def require_kvm() -> None:
    """Raise unless KVM can create virtual machines here.

    Raises:
        MissingError: it cannot; the message gives the reason.
    """
    diagnosis = kvm()
    if diagnosis.health is not Health.OK:
        raise MissingError(f"KVM does not work here: {diagnosis.message}", hint=diagnosis.fix or "use --accel tcg")


def kvm(device: Path = Path("/dev/kvm")) -> Diagnosis:
    """Create a virtual machine and discard it: a device file alone proves nothing."""
    subject = "kvm"
    try:
        descriptor = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        reasons = {
            errno.ENOENT: "no /dev/kvm: guests are emulated, which is slow",
            errno.EACCES: f"you have no access to {device}",
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
            subject,
            Health.WEAK,
            f"cannot create a virtual machine: {(error.strerror or '').lower()}",
            "dmesg | grep -i kvm",
        )
    finally:
        os.close(descriptor)
    return Diagnosis(subject, Health.OK, f"creates virtual machines (API {version})")


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


def _programs(_ark: Ark) -> Iterator[Diagnosis]:
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
                "was moved here after its installation",
                f"virtsmith ark install --again {version.app}@{version.id}",
            )


def _confinement(ark: Ark) -> Iterator[Diagnosis]:
    confined = Path("/sys/kernel/security/apparmor/profiles")
    with suppress(OSError):
        if "libvirtd (enforce)" in confined.read_text():
            rule = f"echo '{ark.path}/** rmix,' >> /etc/apparmor.d/local/abstractions/libvirt-qemu"
            yield Diagnosis("AppArmor", Health.WEAK, "the host's own libvirtd may not start QEMUs of the ark", rule)


def _daemons(_ark: Ark) -> Iterator[Diagnosis]:
    for status in daemon.iter_status():
        made = daemon.known(status.name)
        if status.pid is None and made.socket.exists():
            fix = f"virtsmith ark daemon forget {status.name}"
            yield Diagnosis(f"daemon {status.name}", Health.WEAK, "ended unexpectedly and left its socket", fix)
        if len(str(made.socket)) > _LONGEST_SOCKET_PATH:
            yield Diagnosis(
                f"daemon {status.name}",
                Health.WEAK,
                "the path of its socket is too long for clients outside the ark",
                f"export {STATE_HOME}=/var/tmp/state",
            )


def _user() -> str:
    return os.environ.get("USER") or str(os.geteuid())


_CHECKS: tuple[tuple[Rule, Callable[[Ark], Iterable[Diagnosis]]], ...] = (
    (Rule("ARK101", "the ark's directory can be used and changed", "Nothing can be installed otherwise.",
          "Make it writable, or choose another one with --ark."), lambda ark: [_place(ark)]),
    (Rule("ARK102", "there is disk space for versions", "An installation that runs out of space is undone.",
          "Run `virtsmith ark clean`, or free disk space."), lambda ark: [_space(ark)]),
    (Rule("ARK103", "namespaces can be created", "Versions run in a file tree of their own.",
          "Allow user namespaces, as the finding describes."), lambda ark: [_namespaces(ark)]),
    (Rule("ARK104", "KVM creates virtual machines", "Without it guests are emulated, which is slow.",
          "Give yourself access to /dev/kvm, or enable virtualisation in the firmware.", Severity.NOTE),
     lambda _ark: [kvm()]),
    (Rule("ARK105", "required programs are installed", "Some commands need them.",
          "Install the package that the finding names."), _programs),
    (Rule("ARK106", "versions are where they were installed", "Launchers of an ark that was moved do not work.",
          "Run `virtsmith ark install --again APP@VERSION`."), _versions),
    (Rule("ARK107", "the host's libvirtd may start QEMUs of the ark", "AppArmor denies it programs that it "
          "does not know.", "Add the rule that the finding names.", Severity.NOTE), _confinement),
    (Rule("ARK108", "daemons have been shut down", "Clients wait at a socket that is left over.",
          "Run `virtsmith ark daemon forget NAME`.", Severity.NOTE), _daemons),
)  # fmt: skip
RULES = tuple(rule for rule, _ in _CHECKS)
"""The rules, each with its examination."""
