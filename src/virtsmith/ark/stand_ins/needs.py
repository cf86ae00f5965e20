"""What a domain needs that is installed with a version or comes with a machine, and what a pair of versions lacks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from virtsmith.ark.layout import InstalledVersion
from virtsmith.ark.stand_ins.place import drop, strip
from virtsmith.ark.stand_ins.system import leave_out_uefi, uses_uefi

if TYPE_CHECKING:
    from lxml import etree

_SECURITY = ("/sys/module/kvm_amd/parameters/sev", "/sys/module/kvm_intel/parameters/tdx")


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that a domain uses and that is missing here: it says nothing about the versions.

    ``remedy`` is what provides it, a command where there is one.
    """

    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what} (fix it with: {self.remedy})"


@dataclass(frozen=True, slots=True)
class Need:
    """Something that documents may use: how to see that, where it would be, and how to do without."""

    what: str
    part: str
    """Its name for ``ark install --with``; empty if it belongs to the machine."""
    is_used: Callable[[etree._Element], bool]
    of: tuple[str, ...]
    """The applications whose file trees must have it."""
    files: tuple[str, ...]
    """Patterns below ``usr`` of such a tree, or paths on the machine; one of them is enough."""
    leave_out: Callable[[etree._Element], object]


def find_lacks(root: etree._Element, libvirt: InstalledVersion, qemu: InstalledVersion) -> dict[str, Lack]:
    """Return what a domain needs and a pair of versions lacks, by the need's description."""
    versions = {"libvirt": libvirt, "qemu": qemu}
    found: dict[str, Lack] = {}
    for need in _NEEDS:
        if not need.is_used(root):
            continue
        without = [versions[app] for app in need.of if not _has(versions[app].root / "usr", need.files)]
        if without:
            words = " ".join(f"{version.name}" for version in without)
            lacking = f"{words} {'has' if len(without) == 1 else 'have'} no {need.what}"
            found[need.what] = Lack(lacking, f"virtsmith ark install {words} --with {need.part}")
        elif not need.of and not any(os.path.exists(path) for path in need.files):  # noqa: PTH110
            found[need.what] = Lack(f"this machine has no {need.what}", "a machine that has it")
    return found


def do_without(root: etree._Element, lacks: dict[str, Lack]) -> None:
    """Remove from a document what a pair of versions lacks."""
    for need in _NEEDS:
        if need.what in lacks:
            need.leave_out(root)


def _has(tree: Path, patterns: tuple[str, ...]) -> bool:
    return any(True for pattern in patterns for _ in tree.glob(pattern))


def _devices(root: etree._Element, *paths: str) -> Iterator[etree._Element]:
    for path in paths:
        yield from root.findall(f"devices/{path}")


def _uses_spice(root: etree._Element) -> bool:
    return bool(
        [graphics for graphics in _devices(root, "graphics") if graphics.get("type") == "spice"]
        or [model for model in _devices(root, "video/model") if model.get("type") == "qxl"]
        or [device for device in _devices(root, *_SPICE_DEVICES) if str(device.get("type", "")).startswith("spice")]
        or list(_devices(root, "redirdev", "smartcard"))
    )


_OF_SPICE = ("channel", "image", "jpeg", "zlib", "playback", "streaming", "clipboard", "mouse", "filetransfer", "gl")
_SPICE_DEVICES = ("channel", "serial", "console", "parallel", "audio")


def _leave_out_spice(root: etree._Element) -> None:
    for graphics in _devices(root, "graphics"):
        if graphics.get("type") == "spice":
            graphics.set("type", "vnc")
            strip(graphics, "tlsPort", "defaultMode")
            drop(graphics, *_OF_SPICE)
    for model in _devices(root, "video/model"):
        if model.get("type") == "qxl":
            strip(model, "ram", "vram", "vram64", "vgamem")
            model.set("type", "vga")
    for device in list(_devices(root, *_SPICE_DEVICES)):
        if str(device.get("type", "")).startswith("spice"):
            device.set("type", "none" if device.tag == "audio" else "pty")
            drop(device, "source")
            for target in device.findall("target"):
                if target.get("name") == "com.redhat.spice.0":
                    target.set("name", "left.out")
    drop(root.find("devices"), "redirdev", "smartcard")


def _uses_tpm(root: etree._Element) -> bool:
    return any(backend.get("type") != "passthrough" for backend in _devices(root, "tpm/backend"))


def _virtiofs(root: etree._Element) -> list[etree._Element]:
    return [driver for driver in _devices(root, "filesystem/driver") if driver.get("type") == "virtiofs"]


def _leave_out_virtiofs(root: etree._Element) -> None:
    for driver in _virtiofs(root):
        filesystem = driver.getparent()
        devices = root.find("devices")
        if filesystem is not None and devices is not None:
            devices.remove(filesystem)


_NEEDS = (
    Need(
        "UEFI firmware",
        "firmware",
        uses_uefi,
        ("libvirt", "qemu"),
        ("share/OVMF/*.fd", "share/AAVMF/*.fd", "share/edk2/**/*.fd"),
        leave_out_uefi,
    ),
    Need("swtpm", "tpm", _uses_tpm, ("libvirt",), ("bin/swtpm",), lambda root: drop(root.find("devices"), "tpm")),
    Need(
        "virtiofsd",
        "virtiofs",
        lambda root: bool(_virtiofs(root)),
        ("libvirt",),
        ("lib/qemu/virtiofsd", "libexec/virtiofsd"),
        _leave_out_virtiofs,
    ),
    Need("SPICE module", "modules", _uses_spice, ("qemu",), ("lib/**/qemu/ui-spice-core.so",), _leave_out_spice),
    Need(
        "support for encrypted guests",
        "",
        lambda root: root.find("launchSecurity") is not None,
        (),
        _SECURITY,
        lambda root: drop(root, "launchSecurity"),
    ),
)
