"""Two machines: a q35 with a virtio network card behind two bridges, and a PC of old with a virtio disk on its bus."""

import pytest
from helpers.simulated_pc import PciFunction, Registers, SimulatedPC

Q35 = """bus: main-system-bus
  type System
  dev: q35-pcihost, id ""
    short_root_bus = 0 (0x0)
    bus: pcie.0
      type PCIE
      dev: pcie-root-port, id "port0"
        addr = 02.0
        class PCI bridge, addr 00:02.0, pci id 1b36:000c (sub 0000:0000)
        bus: port0
          type PCIE
          dev: x3130-upstream, id "up0"
            addr = 00.0
            class PCI bridge, addr 00:00.0, pci id 104c:8232 (sub 0000:0000)
            bus: up0
              type PCIE
              dev: virtio-net-pci, id "net0"
                addr = 01.0
                mac = "52:54:00:00:00:01"
                class Ethernet controller, addr 00:01.0, pci id 1af4:1041 (sub 1af4:1100)
                bus: virtio-bus
                  type virtio-pci-bus
                  dev: virtio-net-device, id ""
                    speed = 4294967295 (0xffffffff)
      dev: mch, id ""
        addr = 00.0
        class Host bridge, addr 00:00.0, pci id 8086:29c0 (sub 1af4:1100)
"""
I440FX = """bus: main-system-bus
  type System
  dev: i440FX-pcihost, id ""
    bus: pci.0
      type PCI
      dev: virtio-blk-pci, id "blk0"
        addr = 04.0
        class SCSI controller, addr 00:04.0, pci id 1af4:1001 (sub 1af4:0002)
        bus: virtio-bus
          type virtio-pci-bus
          dev: virtio-blk-device, id ""
            num-queues = 2 (0x2)
      dev: i440FX, id ""
        addr = 00.0
        class Host bridge, addr 00:00.0, pci id 8086:1237 (sub 1af4:1100)
"""


@pytest.fixture
def q35():
    """Its host bridge, both bridges and the card are attributes."""
    card = PciFunction(1, vendor=0x1AF4, registers=Registers(1 << 32 | 1 << 5, [256, 256, 64, 0], bar=4, offset=0x2000))
    upstream = PciFunction(0, behind=[card])
    port = PciFunction(2, behind=[upstream])
    host = PciFunction(0, express=False)
    host.config[0x60:0x68] = (0xB000_0000).to_bytes(8, "little")
    machine = SimulatedPC([host, port], qtree=Q35)
    machine.host, machine.port, machine.upstream, machine.card = host, port, upstream, card
    return machine


@pytest.fixture
def i440fx():
    """Its disk is an attribute."""
    disk = PciFunction(4, vendor=0x1AF4, express=False, registers=Registers(1 << 28 | 1, [128, 128], modern=False))
    machine = SimulatedPC([PciFunction(0, express=False), disk], qtree=I440FX)
    machine.disk = disk
    return machine
