"""Which emulated device represents a real PCI function in a twin, and which functions have none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from virtsmith.host.facts.model import DeviceFacts
from virtsmith.host.plan.devices import MODELS
from virtsmith.host.spec.model import Device

_BY_IDS = {**{model.ids: model for model in MODELS.values()}, "1af4:1000": MODELS["virtio"]}
"""Models by PCI ids; the second id is that of transitional virtio cards."""
_MANAGEMENT_VENDORS = {"1a03", "102b", "1234", "1b36", "1013"}
"""Vendors of the display adapters of service processors and emulators: ASPEED, Matrox, QEMU, Red Hat, Cirrus."""
_PLATFORM = {
    "memory controller": (0x0500, 0x0501, 0x0580), "bridge": tuple(range(0x0600, 0x0700)),
    "communication": tuple(range(0x0700, 0x0800)), "system": tuple(range(0x0800, 0x0900)),
    "sound": tuple(range(0x0400, 0x0500)), "USB": (0x0C03,), "SMBus": (0x0C05,), "IPMI": (0x0C07,),
    "SATA": (0x0101, 0x0106, 0x0180), "signal processing": (0x1101, 0x1180), "encryption": tuple(range(0x1000, 0x1100)),
    "instrumentation": tuple(range(0x1300, 0x1400)), "base system": tuple(range(0x0900, 0x0A00)),
}  # fmt: skip
_PLATFORM_CLASSES = {pci_class for classes in _PLATFORM.values() for pci_class in classes}
_SOC_VENDORS = {"1022", "1d94"}
"""Vendors whose processors have their controllers behind internal bridges: AMD, Hygon."""
_SERVICE_PROCESSORS = {"1a03", "103c"}
"""Vendors of service processors with serial ports, USB and system devices of their own: ASPEED, HP."""
_BUILT_IN = {"8086:0b25": "data streaming accelerator", "8086:0cfe": "analytics accelerator"}
"""Functions of processors that guests are given like cards."""
_BRIDGE = 0x0604
_NETWORK = 0x02
_NVME = 0x0108
_INFINIBAND = 0x0207
_NAMES = {
    0x0100: "SCSI controller", 0x0104: "RAID controller", 0x0107: "SAS controller", 0x0300: "display adapter",
    0x0302: "GPU", 0x0380: "GPU", 0x0502: "CXL memory", 0x0B40: "coprocessor", 0x0C04: "fibre channel adapter",
    0x0C06: "InfiniBand adapter", 0x1200: "accelerator", 0x0680: "bridge", 0x0580: "memory controller",
    0x0C03: "USB controller", 0x0106: "SATA controller", 0x0880: "system device", 0x1080: "encryption device",
    0x1180: "signal processor", 0x0780: "communication device",
}  # fmt: skip


class FunctionRole(Enum):
    """How a function of the real machine appears in its twin."""

    PLAYED = auto()
    BRIDGE = auto()
    PLATFORM = auto()
    """Part of the chipset or processor; the twin has that of QEMU's machine type."""
    UNKNOWN = auto()
    """The facts do not identify it."""
    LOST = auto()
    """No emulated device can represent it."""


@dataclass(frozen=True, slots=True)
class Part:
    """The role of a function, and its device if it has one."""

    role: FunctionRole
    device: Device | None = None
    exact: bool = False
    """The device is the same model, not just of the same kind."""


def match_device(found: DeviceFacts, functions: int, *, on_card: bool = False) -> Part:
    """Choose the emulated device for a physical function with a number of virtual functions.

    Args:
        found: the function.
        functions: how many virtual functions it has.
        on_card: whether it is behind a port or bridge, where it is not part of the chipset.
    """
    kind = None if found.pci_class is None else found.pci_class >> 8
    if kind == _BRIDGE:
        return Part(FunctionRole.BRIDGE)
    model = _BY_IDS.get(found.ids or "")
    if model is not None:
        mac = _own_mac(found) if model.is_nic else None
        return Part(
            FunctionRole.PLAYED, Device(model=model.name, mac=mac, vfs=min(functions, model.max_vfs)), exact=True
        )
    if kind is None:
        return Part(FunctionRole.UNKNOWN)
    if kind >> 8 == _NETWORK or kind == _NVME:
        return Part(FunctionRole.PLAYED, Device(model="nvme") if kind == _NVME else _card(found, functions))
    return Part(FunctionRole.PLATFORM if _is_platform(found, kind, on_card=on_card) else FunctionRole.LOST)


def _is_platform(found: DeviceFacts, kind: int, *, on_card: bool) -> bool:
    vendor = (found.ids or "")[:4]
    if kind == 0x0300:
        return vendor in _MANAGEMENT_VENDORS
    if kind not in _PLATFORM_CLASSES or found.ids in _BUILT_IN:
        return False
    return not on_card or vendor in _SOC_VENDORS or vendor in _SERVICE_PROCESSORS


def _card(found: DeviceFacts, functions: int) -> Device:
    if functions or found.total_vfs:
        return Device(model="igb", mac=_own_mac(found), vfs=min(functions, MODELS["igb"].max_vfs))
    return Device(model="e1000e", mac=_own_mac(found))


def _own_mac(found: DeviceFacts) -> str | None:
    """A locally administered MAC address; a universal one belongs to the real card only."""
    return found.mac if found.mac and int(found.mac[:2], 16) & 2 else None


def describe(found: DeviceFacts) -> str:
    """A description of a function."""
    kind = (found.pci_class or 0) >> 8
    name = _BUILT_IN.get(found.ids or "") or _NAMES.get(kind, f"device of class {kind:04x}")
    return f"{name} {found.ids}" if found.ids else name


def is_infiniband(found: DeviceFacts) -> bool:
    """Whether it is an InfiniBand card, which a twin replaces by Ethernet."""
    return (found.pci_class or 0) >> 8 == _INFINIBAND
