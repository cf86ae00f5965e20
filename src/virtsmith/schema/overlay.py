"""What the schema cannot tell: acronyms, plurals, the names that the rules get wrong, and unions that users expect."""

from __future__ import annotations

from dataclasses import dataclass, field

_ACRONYMS = """
ACL ACPI AMD API AP CCID CCW CIFS CPU CSS DAC DHCP DNS DRM ESP FAT FC FCP FD FDC FS FTP FTPS GIC GID GPU HMAT HPET
HTTP HTTPS HVF ICMP ID IDE IGMP IO IOMMU IP IPMI ISA LUN LXC MAC MBM MMIO MSR MTU NAT KVM NBD NFS NUMA NVDIMM NVRAM
OEM OS OSS PCI PIT PMU PTY QXL RAM RBD RDP RNG ROM RTC S390 SATA SCSI SCTP SDL SEV SGX SHM SMBIOS SMM SNP SPICE SRV
SSH STP TCG TCP TDX TFTP TLS TPM TSC TXT UDP UID UNIX URI USB UUID VCPU VDPA VDS VFIO VGA VLAN VMX VNC VPD VT WWN
WWNN WWPN XML ZFS ZPCI QEMU
"""

SPELLINGS = {word.lower(): word for word in _ACRONYMS.split()} | {
    "ipv4": "IPv4", "ipv6": "IPv6", "nvme": "NVMe", "iscsi": "ISCSI", "mdev": "MDev", "80203": "80203",
}  # fmt: skip

PLURALS = {
    "pages": "pages", "dns": "dns", "settings": "settings", "os": "os", "data": "data", "vcpus": "vcpus",
    "entry": "entries", "alias": "aliases", "address": "addresses", "siblings": "siblings", "cells": "cells",
    "interleave": "interleave", "txt": "txts", "ways": "ways", "flags": "flags", "hostdevs": "hostdevs",
}  # fmt: skip

CONTAINERS = {"/domain", "/domain/devices"}
"""Types whose children are named by their tag alone."""

RESERVED_CLASSES = {"Element", "RawNode", "Extra", "MAC", "Spelled", "Problem", "XMLError", "ModelError"}

CLASS_NAMES = {
    "/domain": "Domain",
    "/device": "NodeDevice",
    "/pool": "StoragePool",
    "/volume": "StorageVolume",
    "/interface": "HostInterface",
    "/filter": "NWFilter",
    "/filterbinding": "NWFilterBinding",
    "/cpu": "CPU",
    "/sysinfo": "Sysinfo",
    "/capabilities": "Capabilities",
    "/domainCapabilities": "DomainCapabilities",
    "/domainsnapshot": "DomainSnapshot",
    "/domaincheckpoint": "DomainCheckpoint",
    "/domainbackup": "DomainBackup",
    "/network": "Network",
    "/networkport": "NetworkPort",
    "/secret": "Secret",
    "/storagepoolCapabilities": "StoragePoolCapabilities",
    "/domain/cpu": "DomainCPU",
    "/domain/pm": "PowerManagement",
    "/domain/sysinfo": "DomainSysinfo",
    "/domain/os/nvram/source/seclabel": "DeviceSeclabel",
    "/cpu/feature": "CPUFeature",
    "/cpu/model": "CPUModel",
    "/cpu/topology": "CPUTopology",
    "/cpu/maxphysaddr": "CPUMaxphysaddr",
    "/device/capability[@type='pci']/capability": "NodeDevicePCICapability",
    "/domain/devices/audio[@type='alsa']/input/settings": "AudioSettings",
    "/domain/devices/console/target/model": "SerialTargetModel",
    "/domain/devices/disk[@type='block']/address": "Address",
    "/domain/devices/disk[@type='block']/address[@type='pci']/zpci": "AddressZPCI",
    "/domain/devices/disk[@type='block']/driver/iothreads": "DriverIothreads",
    "/domain/devices/disk[@type='block']/driver/metadata_cache": "DiskMetadataCache",
    "/domain/devices/shmem/size": "ShmemSize",
    "/domain/os/nvram/source/config": "DiskSourceConfig",
    "/domain/os/nvram/source/cookies": "DiskSourceCookies",
    "/domain/os/nvram/source/host": "DiskSourceHost",
    "/domain/os/nvram/source/identity": "DiskSourceIdentity",
    "/domain/os/nvram/source/knownHosts": "DiskSourceKnownHosts",
    "/domain/os/nvram/source/readahead": "DiskSourceReadahead",
    "/domain/os/nvram/source/reservations": "DiskSourceReservations",
    "/domain/os/nvram/source/slices": "DiskSourceSlices",
    "/domain/os/nvram/source/snapshot": "DiskSourceSnapshot",
    "/domain/os/nvram/source/ssl": "DiskSourceSSL",
    "/domain/os/nvram/source/timeout": "DiskSourceTimeout",
    "/domainCapabilities/os/enum": "DomainCapabilitiesEnum",
    "/network/forward/driver": "NetworkForwardDriver",
    "/network/port": "NetworkPortIsolation",
    "/networkport/plug[@type='hostdev-pci']/address": "PCIAddress",
    "/pool[@type='dir']/source/product": "StoragePoolProduct",
    "/pool[@type='dir']/source/vendor": "StoragePoolVendor",
    "/pool[@type='disk']/source/device": "StoragePoolDevice",
    "/pool[@type='gluster']/source/host": "StoragePoolHost",
    "/pool[@type='iscsi']/source/auth": "StoragePoolAuth",
    "/pool[@type='iscsi']/source/initiator": "StoragePoolInitiator",
    "/volume/backingStore": "StorageVolumeBackingStore",
    "/volume/target/format": "StorageVolumeFormat",
    "/volume/target/timestamps": "StorageVolumeTimestamps",
}
"""Class names by type id, where the rules do not find a good one."""

VARIANT_PREFIXES = {
    "/device/capability": "NodeDevice",
    "/domain/devices/disk[@type='network']/source": "DiskSource",
    "/domain/features/hyperv": "Hyperv",
}
"""What the class names of variants begin with, where it is not the name of the union."""

FIELD_NAMES: dict[tuple[str, str], str] = {
    ("/capabilities/host/cpu", "features"): "hardware_features",
    ("/cpu", "features"): "hardware_features",
    ("/device/capability[@type='drm']", "type"): "drm_type",
    ("/device/capability[@type='mdev']", "type"): "mdev_type",
    ("/device/capability[@type='scsi']", "type"): "scsi_type",
    ("/domain/devices/controller[@type='pci']", "model"): "hardware_model",
    ("/domain/os", "firmware"): "firmware_features",
}
"""Field names by type id and slot key."""

FIELD_PATTERNS: list[tuple[str, str, str]] = [
    (r"/mirror", "@format", "format_attribute"),
]
"""Field names by a pattern for type ids and a slot key."""

_SHORT = {
    "DomainCapabilitiesDevices": "DomainCapabilities",
    "DomainCapabilitiesFeatures": "DomainCapabilities",
    "FeaturesHyperv": "Hyperv",
    "FeaturesKVM": "KVM",
    "FeaturesTCG": "TCG",
    "FeaturesXen": "Xen",
    "FeaturesCapabilities": "LXCCapabilities",
    "HypervCustom": "Hyperv",
    "DomainBackupDisks": "DomainBackup",
    "DomainCheckpointDisks": "DomainCheckpoint",
    "DomainSnapshotDisks": "DomainSnapshot",
    "ThrottlegroupsThrottlegroup": "Throttlegroup",
    "CapabilitiesHostTopologyCells": "CapabilitiesNUMA",
    "CapabilitiesNUMACell": "CapabilitiesNUMACell",
    "StoragePoolCapabilitiesPool": "StoragePoolCapabilities",
    "MemoryBackingHugepages": "Hugepages",
    "QEMUCommandline": "",
    "QEMUCapabilities": "QEMUCapability",
    "QEMUOverride": "",
    "QEMUDevice": "QEMUDevice",
    "BhyveCommandline": "",
    "XenCommandline": "",
    "LXCNamespace": "",
}


def shortened(name: str) -> str:
    """A class name as a prefix of its children's names."""
    return _SHORT.get(name, name)


# --- unions that the schema does not tie ---------------------------------------------------------------------------

EVERYTHING = frozenset("*")


@dataclass(frozen=True)
class Forced:
    """A union by an attribute, to be made of a flat type.

    ``children`` says for each value which slots of which child remain (``EVERYTHING`` for all); a value that is not
    named has the child as ``rest`` says, or not at all. ``only`` names slots of the element itself that belong to
    some values alone. ``default`` is the value that a missing attribute stands for; with ``absent``, a missing
    attribute is a variant of its own.
    """

    paths: tuple[str, ...]
    attribute: str
    children: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)
    rest: dict[str, frozenset[str]] = field(default_factory=dict)
    only: dict[str, frozenset[str]] = field(default_factory=dict)
    default: str | None = None
    absent: bool = False
    labels: dict[str, str] = field(default_factory=dict)
    """Values whose narrowed children are the same class: value to the name that they share."""


def _slots(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CHARDEV_SOURCES = {
    "pty": {"source": _slots("@path seclabel")},
    "dev": {"source": _slots("@path seclabel")},
    "pipe": {"source": _slots("@path seclabel")},
    "file": {"source": _slots("@path @append seclabel")},
    "unix": {"source": _slots("@path @mode reconnect seclabel")},
    "tcp": {"source": _slots("@host @service @mode @tls @wiremode reconnect seclabel")},
    "udp": {"source": _slots("@host @service @mode seclabel")},
    "spiceport": {"source": _slots("@channel seclabel")},
    "dbus": {"source": _slots("@channel seclabel")},
    "nmdm": {"source": _slots("@master @slave seclabel")},
    "qemu-vdagent": {"source": _slots("clipboard mouse seclabel")},
}
"""What the source of a character device may hold, by the device's type (libvirt's formatdomain, "Host interface")."""

_CHARDEV_LABELS = {"pty": "path", "dev": "path", "pipe": "path", "spiceport": "channel", "dbus": "channel"}

_TARGET = "node size "

FORCED_UNIONS = (
    Forced(
        paths=tuple(f"/domain/devices/{name}" for name in ("console", "serial", "parallel", "channel", "redirdev")),
        attribute="type",
        children=_CHARDEV_SOURCES,
        labels=_CHARDEV_LABELS,
        absent=True,
    ),
)
