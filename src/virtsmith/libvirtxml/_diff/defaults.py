"""Documented defaults: a part that is absent means the same as one with this value.

Each is what libvirt's format documentation says, or what its parser (``src/conf``) assumes whatever the driver,
architecture and machine; defaults that a driver chooses are no defaults here. Keys are ``Class.field``, values the
text as in XML.
"""

from __future__ import annotations

DEFAULTS = {
    # formatdomain, "General metadata" to "Events configuration"; virDomainDefParseXML and its helpers
    "VCPU.placement": "static",
    "Domain.on_poweroff": "destroy",
    "Domain.on_reboot": "restart",
    "Domain.on_crash": "destroy",
    "Clock.offset": "utc",
    "CPUModel.fallback": "allow",
    "DomainCPU.match": "exact",
    "CPUTopology.dies": "1",
    "CPUTopology.clusters": "1",
    "NUMATuneMemory.mode": "strict",
    "OSBios.useserial": "no",
    # formatdomain, "Devices"; virDomainDiskDefParseXML, virDomainNetDefParseXML and the like
    "Disk.type": "file",
    "Disk.device": "disk",
    "DiskTarget.removable": "off",
    "DiskDriver.cache": "default",
    "VideoModel.primary": "no",
    "GraphicsVNC.autoport": "no",
    "GraphicsSPICE.autoport": "no",
    "GraphicsRDP.autoport": "no",
    "InterfaceCoalesceRxFrames.max": "0",
    "DiskTarget.tray": "closed",
    "DiskSourceHost.transport": "tcp",
    "BackingStore.type": "file",
    "Filesystem.type": "mount",
    "FilesystemMount.accessmode": "passthrough",
    "Hostdev.mode": "subsystem",
    "HostdevPCI.managed": "no",
    "HostdevMDev.managed": "no",
    "HostdevUSB.managed": "no",
    "HostdevSCSI.managed": "no",
    "HostdevSCSI.sgio": "filtered",
    "HostdevSCSI.rawio": "no",
    "InterfaceHostdev.managed": "no",
    "Interface.trust_guest_rx_filters": "no",
    "InterfaceTarget.managed": "yes",
    "InterfaceLink.state": "up",
    "AddressPCI.domain": "0",
    "AddressPCI.function": "0",
    "AddressPCI.multifunction": "off",
    "AddressDrive.controller": "0",
    "AddressDrive.bus": "0",
    "AddressDrive.target": "0",
    "AddressDrive.unit": "0",
    "AddressVirtioSerial.controller": "0",
    "AddressVirtioSerial.bus": "0",
    "AddressCCID.controller": "0",
    "AddressUSB.bus": "0",
    "PCIAddress.domain": "0",
    "PCIAddress.function": "0",
    "PCIAddress.multifunction": "off",
    "CharProtocol.type": "raw",
    "GraphicsSPICE.default_mode": "any",
    "RedirDev.bus": "usb",
    "RedirFilterUSBDev.class_": "-1",
    "RNGRate.period": "1000",
    "SecLabel.type": "dynamic",
    "Watchdog.action": "reset",
    "ShmemModel.type": "ivshmem",
    # formatnetwork; virNetworkDefParseXML
    "NetworkForward.mode": "nat",
    "NetworkBridge.stp": "on",
    "NetworkBridge.delay": "0",
    "NetworkDNS.enable": "yes",
    "NetworkDNS.forward_plain_names": "yes",
    "NetworkDomain.local_only": "no",
    "NetworkPortGroup.default": "no",
    "NetworkIP.family": "ipv4",
    "NetworkForward.managed": "no",
    "Network.trust_guest_rx_filters": "no",
    "Network.ipv_6": "no",
    "NetworkIP.local_ptr": "no",
    "Route.family": "ipv4",
    "Route.metric": "1",
    "InterfaceIP.family": "ipv4",
    # formatnwfilter; virNWFilterDefParseXML
    "NWFilter.chain": "root",
    "NWFilterRule.priority": "500",
    # formatsecret, formatstorage, formatsnapshot
    "Secret.ephemeral": "no",
    "Secret.private": "no",
    "DomainBackup.mode": "push",
}

UNITS = {
    "Memory": "KiB", "CurrentMemory": "KiB", "MaxMemory": "KiB", "MemTuneHardLimit": "KiB",
    "MemTuneSoftLimit": "KiB", "MemTuneSwapHardLimit": "KiB", "MemTuneMinGuarantee": "KiB",
    "MemoryDeviceDIMMSourcePagesize": "KiB", "MemoryDeviceNVDIMMSourceAlignsize": "KiB",
    "MemoryDeviceVirtioMemTargetBlock": "KiB", "MemoryDeviceVirtioMemTargetRequested": "KiB",
    "MemoryDeviceVirtioMemTargetCurrent": "KiB", "ShmemSize": "KiB", "ControllerPCIPcihole64": "KiB",
    "FeaturesSMMTseg": "MiB", "TCGTbCache": "MiB", "FeaturesHptMaxpagesize": "bytes",
    "DiskMetadataCacheMaxSize": "bytes", "FilesystemSpaceHardLimit": "bytes", "FilesystemSpaceSoftLimit": "bytes",
    "StoragePoolAllocation": "bytes", "StoragePoolAvailable": "bytes", "StoragePoolCapacity": "bytes",
    "StorageVolumePhysical": "bytes", "StorageVolumeTargetClusterSize": "bytes",
    "CapabilitiesNUMACellMemory": "KiB", "CapabilitiesNUMACellPages.size": "KiB", "CPUPages.size": "KiB",
    "CPUNUMACell.memory": "KiB", "CPUNUMACellCacheLine.value": "KiB", "CPUNUMACellCacheSize.value": "KiB",
    "CPUNUMAInterconnectsBandwidth.value": "KiB", "CacheTuneCache.size": "bytes", "HugepagesPage.size": "KiB",
    "CapabilitiesHostCacheBank.size": "bytes", "CapabilitiesHostCacheBankControl.granularity": "bytes",
    "IOMMUDriverGranule.size": "bytes", "DomainCapabilitiesSGXSectionSize": "KiB",
    "DomainCapabilitiesSGXSectionsSection.size": "KiB",
}  # fmt: skip
"""The unit of an amount that names none, for all classes with a unit: of its text, or of the attribute named."""

UNIT_FIELDS = {"FilesystemRAMSource.usage": ("units", "KiB"), "NetworkIPDHCPHostLease.expiry": ("unit", "minutes")}
"""Amounts whose unit has another name, or is not one of size."""

MEANINGLESS_EMPTY = {
    "Devices", "Metadata", "Features", "BlkioTune", "MemTune", "CPUTune", "NUMATune", "Resource", "MemoryBacking",
    "InterfaceTarget", "DiskDriver", "InterfaceDriver", "ControllerDriver", "VirtioDriver", "VideoDriver",
    "IOThreadIDs",
    "DiskIOTune", "Alias", "PowerManagement", "OSACPI", "Perf", "Keywrap", "Idmap", "InterfaceLink", "NetworkDNS",
    "NetworkIPDHCP", "NetworkDomain", "Bandwidth", "FeaturesKVM", "FeaturesTCG", "FeaturesXen", "MemBalloonStats",
    "DiskBlockIO", "StoragePoolFeatures", "StorageVolumeTargetFeatures", "CPUNUMA", "Clock", "ClockUTC", "CharProtocol",
    "QEMUCommandline", "QEMUCapabilities", "QEMUOverride", "InterfaceTune", "OSBootMenu", "VLAN",
    "InterfaceGuest", "InterfaceBackend", "DomainSnapshotDisks", "GraphicsSPICEClipboard", "NetworkForwardNAT",
    "DiskThrottleFilters", "StoragePoolDirSource", "OSBios",
    "CPUTopology", "CPUNUMACellDistances", "VCPUs", "ThrottleGroups", "StorageVolumeSource", "NetworkDnsmasqOptions",
    "SysinfoSMBIOSOEMStrings", "InterfaceCoalesce", "InterfaceCoalesceRx",
    "InterfaceCoalesceRxFrames", "CPUModel",
}  # fmt: skip
"""Elements that say nothing when nothing is in them: the same as their absence."""
