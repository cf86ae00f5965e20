"""The PCI devices that a virtual host can have, with what each needs and shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Model:
    """A device model: its QEMU driver, what ``lspci -n`` shows, and what it requires of the machine."""

    name: str
    driver: str
    vendor: int
    device: int
    pci_class: int
    label: str
    is_nic: bool = False
    has_io: bool = False
    """It has an I/O BAR, so the firmware gives its port 4 KiB of the 64 KiB I/O space."""
    modules: tuple[str, ...] = ()
    """The Linux modules of its driver, found by name in the kernel's module directory."""
    max_vfs: int = 0
    vf_device: int = 0
    vf_offset: int = 0
    vf_stride: int = 0
    min_qemu: str = ""
    """The first QEMU release with it; empty if every supported release has it."""

    @property
    def is_virtio(self) -> bool:
        """Whether it is a virtio device, whose DMA goes through an IOMMU only on request."""
        return self.driver.startswith("virtio-")

    @property
    def ids(self) -> str:
        """Vendor and device in the form ``8086:10d3``."""
        return f"{self.vendor:04x}:{self.device:04x}"


MODELS = {
    model.name: model
    for model in (
        Model(
            "e1000e",
            "e1000e",
            0x8086,
            0x10D3,
            0x020000,
            "82574L Gigabit Network Connection",
            is_nic=True,
            has_io=True,
            modules=("e1000e",),
        ),
        Model(
            "igb",
            "igb",
            0x8086,
            0x10C9,
            0x020000,
            "82576 Gigabit Network Connection",
            is_nic=True,
            has_io=True,
            modules=("igb", "igbvf"),
            max_vfs=7,
            vf_device=0x10CA,
            vf_offset=0x80,
            vf_stride=2,
            min_qemu="8.0",
        ),
        Model(
            "virtio",
            "virtio-net-pci",
            0x1AF4,
            0x1041,
            0x020000,
            "Virtio 1.0 network device",
            is_nic=True,
            modules=("virtio_pci", "virtio_net"),
        ),
        Model("nvme", "nvme", 0x1B36, 0x0010, 0x010802, "QEMU NVM Express Controller", modules=("nvme",)),
        Model("generic", "virtio-rng-pci", 0x1AF4, 0x1044, 0x00FF00, "Virtio 1.0 RNG"),
    )
}
"""Every device model by its name in a spec.

Identifiers and SR-IOV numbers are those of QEMU's ``hw/net/e1000e.c``, ``igb.c`` and ``igb_common.h``, ``hw/virtio``
and ``hw/nvme``. A *generic* device is any other QEMU driver, named in the spec with its identifiers; by default it is
a virtio random number generator.
"""

ROOT_PORT_MODELS = {"pcie-root-port": (0x1B36, 0x000C), "ioh3420": (0x8086, 0x3420)}
"""Root port models and their identifiers. Only ``pcie-root-port`` has ACS, so only it splits IOMMU groups."""

EXPANDER_IDS = (0x1B36, 0x000B)
DMI_BRIDGE_IDS = (0x8086, 0x244E)
PCI_BRIDGE_IDS = (0x1B36, 0x0001)
