"""What the schema does not say: acronyms, plurals, names that the rules get wrong, and unions that users expect."""

from __future__ import annotations

from dataclasses import dataclass, field

_ACRONYMS = """
ACL ACPI AMD API AP CCID CCW CIFS CPU CSS DAC DHCP DNS DRM ESP FAT FC FCP FD FDC FS FTP FTPS GIC GID GPU HMAT HPET
HTTP HTTPS HVF ICMP ID IDE IGMP IO IOMMU IP IPMI ISA LUN LXC MAC MBM MMIO MSR MTU NAT KVM NBD NFS NUMA NVDIMM NVRAM
OEM OS OSS PCI PIT PMU PTY QXL RAM RBD RDP RNG ROM RTC S390 SATA SCSI SCTP SDL SEV SGX SHM SMBIOS SMM SNP SPICE SRV
SSH STP TCG TCP TDX TFTP TLS TPM TSC TXT UDP UID UNIX URI USB UUID VCPU VDPA VDS VFIO VGA VLAN VMX VNC VPD VT WWN
WWNN WWPN XML ZFS ZPCI QEMU DIMM PMEM EPC UTC EGL PS2 APIC IOAPIC CTL HAP TFTP PF
"""

_COMPOUNDS = """
BlkioTune BlockIO BootMenu CCWGroup CPUTune CoreAudio DBus EmulatorPin EmulatorSched FilterRef HyperV IOThread
IOThreadIDs IOThreadPin IOThreadSched IOTune LinkDev MemBalloon MemTune MemoryTune NUMATune NetFS
PipeWire PortDev PortGroup PulseAudio RedirDev RedirFilter SecLabel SecModel SpicePort SpiceVMC UDPLite USBDev
VCPUPin VCPUSched VCPUs VDAgent VHostUser VHostVDPA VirtualPort VMCoreInfo VMPort CacheTune EnergyTune DiskSnapshot
ThrottleFilter ThrottleFilters ThrottleGroup ThrottleGroups
"""

SPELLINGS = {word.lower(): word for word in (*_ACRONYMS.split(), *_COMPOUNDS.split())} | {
    "ipv4": "IPv4",
    "ipv6": "IPv6",
    "nvme": "NVMe",
    "iscsi": "ISCSI",
    "mdev": "MDev",
    "80203": "80203",
}

PLURALS = {
    "pages": "pages", "dns": "dns", "settings": "settings", "os": "os", "data": "data", "vcpus": "vcpus",
    "graphics": "graphics", "entry": "entries", "alias": "aliases", "address": "addresses",
    "siblings": "siblings", "cells": "cells", "interleave": "interleave", "txt": "txts",
    "ways": "ways", "flags": "flags", "hostdevs": "hostdevs",
}  # fmt: skip

CONTAINERS = {"/domain", "/domain/devices"}
"""Types whose children are named by their tag only."""

PRESENT_PARTS = {"/domain/devices", "/domain/metadata"}
"""Types of parts that are always there when they are read: users fill them in without asking whether they exist."""

MIXINS = {"/domain/metadata": "OwnMetadata"}
"""What some classes can do beyond holding fields, where the fields do not show it."""

RESERVED_CLASSES = {"Element", "RawNode", "Extra", "MAC", "Spelled", "Problem", "XMLError", "ModelError"}

_POOL_FS = "http://libvirt.org/schemas/storagepool/fs/1.0"

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
    "/domain/os/nvram/source/seclabel": "DeviceSecLabel",
    "/domain/devices/console/source[type=path]": "CharSourcePath",
    "/domain/devices/console/source[type=file]": "CharSourceFile",
    "/domain/devices/console/source[type=unix]": "CharSourceUNIX",
    "/domain/devices/console/source[type=tcp]": "CharSourceTCP",
    "/domain/devices/console/source[type=udp]": "CharSourceUDP",
    "/domain/devices/console/source[type=channel]": "CharSourceChannel",
    "/domain/devices/console/source[type=nmdm]": "CharSourceNmdm",
    "/domain/devices/console/source[type=qemu-vdagent]": "CharSourceVDAgent",
    "/domain/devices/console/source": "CharSource",
    "/domain/devices/console/target": "CharTarget",
    "/domain/devices/console/protocol": "CharProtocol",
    "/domain/devices/console/log": "CharLog",
    "/domain/devices/disk[@type='block']/acpi": "DeviceACPI",
    "/domain/devices/panic/acpi": "DeviceACPIIndex",
    "/domain/devices/disk[@type='block']/mirror[@type='block']/format": "DiskFormat",
    "/domain/devices/interface[@type='bridge']/ip": "InterfaceIP",
    "/domain/devices/input/driver": "VirtioDriver",
    "/cpu/feature": "CPUFeature",
    "/cpu/model": "CPUModel",
    "/cpu/topology": "CPUTopology",
    "/cpu/maxphysaddr": "CPUMaxPhysAddr",
    "/device/capability[@type='pci']/capability": "NodeDevicePCICapability",
    "/domain/devices/audio[@type='alsa']/input/settings": "AudioSettings",
    "/domain/devices/console/target/model": "SerialTargetModel",
    "/domain/devices/disk[@type='block']/address": "Address",
    "/domain/devices/disk[@type='block']/address[@type='pci']/zpci": "AddressZPCI",
    "/domain/devices/disk[@type='block']/driver/iothreads": "DriverIOThreads",
    "/domain/devices/disk[@type='block']/driver/metadata_cache": "DiskMetadataCache",
    "/domain/devices/pstore/size": "DeviceSize",
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
    "/network/forward/driver": "HostdevDriver",
    "/network/port": "PortIsolation",
    "/networkport/plug[@type='hostdev-pci']/address": "PCIAddress",
    "/pool[@type='dir']/source/product": "StoragePoolProduct",
    "/pool[@type='dir']/source/vendor": "StoragePoolVendor",
    "/pool[@type='disk']/source/device": "StoragePoolDevice",
    "/pool[@type='gluster']/source/host": "StoragePoolHost",
    "/pool[@type='iscsi']/source/auth": "StoragePoolAuth",
    "/pool[@type='iscsi']/source/initiator": "ISCSIInitiator",
    "/volume/backingStore": "StorageVolumeBackingStore",
    "/volume/target/format": "StorageVolumeFormat",
    "/volume/target/timestamps": "StorageVolumeTimestamps",
    "/capabilities/host/topology/cells/cell/cpus": "CapabilitiesNUMACellCPUs",
    "/capabilities/host/topology/cells/cell/cpus/cpu": "CapabilitiesNUMACellCPU",
    "/device/capability[@type='pci']/capability[@type='phys_function']/address": "NodeDevicePCIAddress",
    "/domain/clock[@offset='absolute']/timer[@name='armvtimer']/catchup": "ClockTimerCatchup",
    "/domain/cputune/memorytune/monitor": "CPUTuneMonitor",
    "/domain/defaultiothread": "DefaultIOThread",
    "/domain/devices/controller[@type='pci']/pcihole64": "ControllerPCIHole64",
    "/domain/devices/disk[@type='block']/backenddomain": "BackendDomain",
    "/domain/devices/disk[@type='ctl']/source": "DevSource",
    "/domain/devices/graphics[@type='rdp']/listen": "Listen",
    "/domain/devices/graphics[@type='rdp']/listen[@type='address']": "ListenAddress",
    "/domain/devices/graphics[@type='rdp']/listen[@type='network']": "ListenNetwork",
    "/domain/devices/graphics[@type='rdp']/listen[@type='none']": "ListenNone",
    "/domain/devices/graphics[@type='rdp']/listen[@type='socket']": "ListenSocket",
    "/domain/devices/graphics[@type='spice']/clipboard": "Clipboard",
    "/domain/devices/graphics[@type='spice']/mouse": "Mouse",
    "/domain/devices/interface[@type='bridge']/rom": "DeviceROM",
    "/domain/devices/interface[@type='bridge']/teaming": "Teaming",
    "/domain/devices/interface[@type='hostdev']/source/product": "USBProduct",
    "/domain/devices/interface[@type='hostdev']/source/vendor": "USBVendor",
    "/domain/devices/interface[@type='user']/source": "InterfaceDevSource",
    "/domain/devices/memory/source/pagesize": "MemoryDevicePagesize",
    "/domain/devices/memory/target/address": "MemoryDeviceTargetAddress",
    "/domain/devices/sound/audio": "DeviceAudio",
    "/domain/features/hyperv[@mode='custom']/stimer/direct": "HyperVDirect",
    "/domain/http://libvirt.org/schemas/domain/vmware/1.0:datacenterpath": "VMwareDatacenterPath",
    "/domain/idmap": "IDMap",
    "/domain/idmap/gid": "IDMapGID",
    "/domain/idmap/uid": "IDMapUID",
    "/domain/iommufd": "IOMMUFD",
    "/domain/os/bios": "OSBIOS",
    "/domainbackup/disks/disk/scratch/encryption": "DomainBackupEncryption",
    "/domainsnapshot/disks/disk[@type='block']/driver": "DomainSnapshotDiskDriver",
    "/interface[@type='ethernet']/mac": "HostInterfaceMAC",
    "/network/ip/dhcp/range/lease": "DHCPLease",
    "/network/mtu": "MTU",
    "/networkport/owner": "PortOwner",
    "/pool[@type='dir']/allocation": "StorageAllocation",
    "/pool[@type='dir']/capacity": "StorageCapacity",
    "/pool[@type='scsi']/source/adapter": "SCSIAdapter",
    "/pool[@type='scsi']/source/adapter[@type='fc_host']": "SCSIAdapterFCHost",
    "/pool[@type='scsi']/source/adapter[@type='scsi_host']": "SCSIAdapterSCSIHost",
    "/pool[@type='scsi']/source/adapter[@type='scsi_host']/parentaddr": "SCSIAdapterParentAddr",
    "/storagepoolCapabilities/pool/poolOptions/defaultFormat": "StoragePoolCapabilitiesDefaultFormat",
    "/sysinfo[@type='smbios']/bios": "SysinfoSMBIOSBIOS",
    "/sysinfo[@type='smbios']/bios/entry": "SysinfoSMBIOSBIOSEntry",
    "/device/capability[@type='ap_matrix']/capability": "NodeDeviceMDevTypes",
    "/device/capability[@type='ap_matrix']/capability/type": "NodeDeviceMDevTypesType",
    "/device/capability[@type='pci']/product": "NodeDeviceProduct",
    "/device/capability[@type='pci']/vendor": "NodeDeviceVendor",
    "/domain/devices/audio[@type='coreaudio']/input": "AudioBufferedInput",
    "/domain/devices/audio[@type='coreaudio']/output": "AudioBufferedOutput",
    "/domain/devices/audio[@type='dbus']/input": "AudioInput",
    "/domain/devices/audio[@type='dbus']/output": "AudioOutput",
    "/domain/devices/audio[@type='pipewire']/input": "AudioStreamInput",
    "/domain/devices/audio[@type='pipewire']/output": "AudioStreamOutput",
    "/domain/devices/graphics[@type='dbus']/gl": "GraphicsGL",
    "/domain/devices/interface[@type='client']/source": "InterfaceSocketSource",
    "/pool[@type='dir']/target": "StoragePoolTarget",
    f"/pool[@type='fs']/{_POOL_FS}:mount_opts": "StoragePoolMountOpts",
    f"/pool[@type='fs']/{_POOL_FS}:mount_opts/{_POOL_FS}:option": "StoragePoolMountOptsOption",
}
"""Class names by type id, for which the rules do not find a good name."""

VARIANT_PREFIXES = {
    "/device/capability": "NodeDevice",
    "/domain/devices/disk[@type='network']/source": "DiskSource",
    "/domain/features/hyperv": "HyperV",
}
"""Prefixes of the class names of variants, if not the class name of the union."""

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
    "CPUTune": "",
    "ThrottleGroups": "",
    "DomainCapabilitiesDevices": "DomainCapabilities",
    "DomainCapabilitiesFeatures": "DomainCapabilities",
    "FeaturesHyperV": "HyperV",
    "FeaturesKVM": "KVM",
    "FeaturesTCG": "TCG",
    "FeaturesXen": "Xen",
    "FeaturesCapabilities": "LXCCapabilities",
    "HyperVCustom": "HyperV",
    "DomainBackupDisks": "DomainBackup",
    "DomainCheckpointDisks": "DomainCheckpoint",
    "DomainSnapshotDisks": "DomainSnapshot",
    "ThrottleGroupsThrottleGroup": "ThrottleGroup",
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
    """Return a class name as a prefix for its children's names."""
    return _SHORT.get(name, name)


# --- unions that the schema does not express --------------------------------------------------------------------------

EVERYTHING = frozenset("*")


@dataclass(frozen=True)
class ForcedUnion:
    """A union over an attribute, to be made from a flat type.

    ``children`` gives for each value which slots of which child remain (``EVERYTHING`` for all); for other values the
    child is as in ``rest``, or absent. ``only`` lists slots of the element itself that belong to certain values.
    ``default`` is the value that a missing attribute implies; with ``absent``, a missing attribute is a variant.
    """

    paths: tuple[str, ...]
    attribute: str
    children: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)
    rest: dict[str, frozenset[str]] = field(default_factory=dict)
    only: dict[str, frozenset[str]] = field(default_factory=dict)
    default: str | None = None
    absent: bool = False
    labels: dict[str, str] = field(default_factory=dict)
    """The name shared by values whose narrowed children have the same class."""


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
"""The content of a character device's source, by the device's type (libvirt's formatdomain, "Host interface")."""

_CHARDEV_LABELS = {"pty": "path", "dev": "path", "pipe": "path", "spiceport": "channel", "dbus": "channel"}

FORCED_UNIONS = (
    ForcedUnion(
        paths=(
            *(f"/domain/devices/{name}" for name in ("console", "serial", "parallel", "channel", "redirdev")),
            "/domain/devices/smartcard[@mode='passthrough']",
        ),
        attribute="type",
        children=_CHARDEV_SOURCES,
        labels=_CHARDEV_LABELS,
        absent=True,
    ),
    ForcedUnion(
        paths=("/domain/devices/memory",),
        attribute="model",
        children={
            "dimm": {"source": _slots("pagesize nodemask"), "target": _slots("size node")},
            "nvdimm": {
                "source": _slots("path alignsize pmem nodemask"),
                "target": _slots("size node label readonly"),
            },
            "virtio-pmem": {"source": _slots("path"), "target": _slots("size address")},
            "virtio-mem": {
                "source": _slots("pagesize nodemask"),
                "target": _slots("size node block requested current address @dynamicMemslots"),
            },
            "sgx-epc": {"source": _slots("nodemask"), "target": _slots("size node")},
        },
    ),
    ForcedUnion(
        paths=("/domain/devices/input",),
        attribute="type",
        children={
            "evdev": {"source": _slots("@dev @grab @grabToggle @repeat")},
            "passthrough": {"source": _slots("@evdev")},
        },
    ),
    ForcedUnion(
        paths=("/network/virtualport",),
        attribute="type",
        children={
            "802.1Qbg": {"parameters": _slots("@managerid @typeid @typeidversion @instanceid")},
            "802.1Qbh": {"parameters": _slots("@profileid")},
            "midonet": {"parameters": _slots("@interfaceid")},
            "openvswitch": {"parameters": _slots("@interfaceid @profileid")},
            "": {"parameters": EVERYTHING},
        },
        absent=True,
    ),
    ForcedUnion(
        paths=("/domain/devices/interface[@type='hostdev']/source/address",),
        attribute="type",
        only={
            "pci": _slots("@domain @bus @slot @function @multifunction"),
            "usb": _slots("@bus @device @port"),
            "": _slots("@domain @bus @slot @function @multifunction @device @port"),
        },
        absent=True,
    ),
)
