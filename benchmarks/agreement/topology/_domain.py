"""The domain that all documents are made of."""

from __future__ import annotations

CELLS = "<cell id='0' cpus='0-1' memory='1024' unit='MiB'/><cell id='1' cpus='2-3' memory='1024' unit='MiB'/>"
MEMORY = "<memory unit='MiB'>2048</memory>"
ROOT = "<controller type='pci' index='0' model='pcie-root'/>"


def domain(
    *,
    memory: str = MEMORY,
    vcpu: str = "<vcpu>4</vcpu>",
    tuning: str = "",
    machine: str = "q35",
    features: str = "",
    topology: str = "",
    numa: str = f"<numa>{CELLS}</numa>",
    devices: str = "",
) -> str:
    """A small x86 guest under TCG, of whose parts some are replaced."""
    return (
        f"<domain type='qemu'><name>guest</name>{memory}{vcpu}{tuning}<os><type arch='x86_64' machine='{machine}'>hvm"
        f"</type></os><features><acpi/><apic/>{features}</features><cpu mode='custom' match='exact'><model>qemu64"
        f"</model>{topology}{numa}</cpu><devices>{devices}</devices></domain>"
    )


def place(bus: int, slot: int, function: int = 0) -> str:
    """A PCI address."""
    return f"<address type='pci' domain='0x0000' bus='{bus:#04x}' slot='{slot:#04x}' function='{function:#x}'/>"
