"""The rules of a verification, by the ids of its findings."""

from __future__ import annotations

from libvirtxml.findings import Rule

_DESIGN = "The host was not built as designed, or the guest's kernel does not see it that way."
_ABOUT = {
    "boot": ("the host boots", "Nothing can be compared until it does.", "Read the console, which --keep stores."),
    "nodes": ("the guest has the designed NUMA nodes", _DESIGN, "Look for SRAT messages in the kernel log."),
    "cpus": ("each node has its CPUs", _DESIGN, "Look for SRAT messages in the kernel log."),
    "distances": ("nodes are as far apart as designed", _DESIGN, "Look for SLIT messages in the kernel log."),
    "hugepages": ("each node has its huge pages", "The kernel silently reserves only as many as fit.",
                  "Give the node more memory, or the kernel command line the right page counts."),
    "latency": ("nodes have the designed latency", "It comes from the HMAT.", "Use a kernel that reads the HMAT."),
    "bandwidth": ("nodes have the designed bandwidth", "It comes from the HMAT.", "Use a kernel that reads the HMAT."),
    "memory": ("each node has its memory", _DESIGN, "Look for reservations in the kernel log."),
    "topology": ("sockets, dies and cores are as designed", _DESIGN, "See the cause in the finding."),
    "device": ("the guest has the designed devices, and no others", _DESIGN, "See the cause in the finding."),
    "ids": ("each device is the designed one", "Another device is at its address.", "Compare addresses in the design."),
    "place": ("each device is at its address", "Firmware or kernel numbered the buses differently.",
              "Leave gaps between the ranges of bus numbers."),
    "node": ("each device is on its node", "The guest takes the node from the root complex above the device.",
             "Put the device below a root complex of that node."),
    "vfs": ("cards have their virtual functions", "The function driver creates them.",
            "Use a card and a QEMU with SR-IOV, and bring the card up."),
    "hotplug": ("ports take hot-plug as designed", _DESIGN, "Set hotplug of the port, or of the design."),
    "dma": ("virtio devices use the IOMMU as designed", "Past it, a device that is assigned writes where it likes.",
            "Give the device <driver iommu='on'/>."),
    "machine": ("the machine type is the designed one", _DESIGN, "Compare the machine type in the design."),
    "kernel": ("the kernel does not complain of the machine", "It ignores what it complains of.",
               "Read the message: it names what does not fit together."),
    "driver": ("each device has a driver", "Nothing can use it otherwise.", "Use a kernel with the driver."),
    "traffic": ("each card gets an address from its network", "A card without traffic is not connected.",
                "Check the network of the card, and its driver."),
    "iommu": ("the IOMMU works", "Without it no device can be assigned.", "See the kernel log for DMAR and AMD-Vi."),
    "groups": ("devices are in their IOMMU groups", "Devices of one group can only be assigned together.",
               "Put a port with access control above the device."),
    "kvm": ("virtualisation can be nested", "The guest is meant to run guests of its own.",
            "Enable nesting in the KVM module of the real host, and choose a CPU model with it."),
    "nested": ("a nested guest gets the device", "Assignment is the purpose of such a host.",
               "See the cause in the finding."),
}  # fmt: skip
RULES = tuple(Rule(f"verify/{name}", *texts) for name, texts in _ABOUT.items())
"""All rules of ``host verify``."""
