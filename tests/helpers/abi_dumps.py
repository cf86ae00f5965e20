"""Small dumps for tests of comparisons."""

from virtsmith.abi.dump.model import Binary, Dump, Section, SectionStatus

PROPS = {
    "net0": {"@type": "virtio-net-pci", "@bus": "pcie.0", "mac": "52:54:00:00:00:01", "rombar": "1"},
    "pvpanic0": {"@type": "pvpanic", "events": "3"},
    "ICH9 SMB@1f.3": {"@type": "ICH9 SMB", "addr": "1f.3"},
}
PCI = {
    "00:03.0 net0": {"@device": "net0", "0x00": "f4", "0x01": "1a", "0x34": "40", "0x40": "10", "0x53": "20"},
    "00:1f.3 ICH9 SMB": {"@device": "ICH9 SMB@1f.3", "0x00": "86", "0x01": "80"},
}
VIRTIO = {"net0": {"features": {"VERSION_1": True}, "queues": {"0": 256, "1": 256, "2": 64}}}


def binary(version="7.2.0", digest=""):
    return Binary(version, "", (digest or version.replace(".", "")).ljust(64, "0"))


def dump(version="7.2.0", machine="pc-q35-7.2", accel="tcg", label="default-0123abcd", digest="", **sections):
    """A dump; sections are trees (then they are known) or whole sections."""
    chosen = sections or {"props": PROPS, "pci": PCI, "virtio": VIRTIO}
    parts = {
        name.replace("_", "-"): part if isinstance(part, Section) else Section(SectionStatus.OK, part)
        for name, part in chosen.items()
    }
    return Dump(binary(version, digest), machine, label if machine else "", accel, parts)


def queues(size):
    return {"net0": {"features": {"VERSION_1": True}, "queues": {"0": size, "1": size}}}


def itself(version, machines, **sections):
    """What a binary says of itself."""
    return dump(version, None, machines={name: {"cpu-max": 288} for name in machines}, **sections)
