"""What each profile leaves out of a comparison; reviewed by hand.

Keys are ``Class.field``; where a class is a union, its variants are meant too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from libvirtxml._impl.diff.requests import CONSOLE_TARGETS
from libvirtxml.errors import SizeError

Values = Mapping[str, Any]
Test = Callable[[Any, Values], bool]
"""Whether a value is to be left out, given the value and all values of its element."""


def _always(value: Any, values: Values) -> bool:  # noqa: ARG001 - a `Test`
    return True


def _matches(pattern: str) -> Test:
    fits = re.compile(pattern).fullmatch
    return lambda value, _values: bool(fits(str(value)))


def _not_own_alias(value: Any, values: Values) -> bool:  # noqa: ARG001 - a `Test`
    """Aliases that users give begin with ``ua-``; all others are libvirt's."""
    return not str(getattr(value, "name", "")).startswith("ua-")


GENERATED_ALIAS = re.compile(
    r"(audio|balloon|ccid|channel|console|crypto|dimm|fdc|fs|hostdev|hub|ide|input|iommu|isa|net|nvdimm|nvram|panic"
    r"|parallel|pcie?\.|pstore|redir|rng|sata|scsi|sd|serial|sgx-?epc|shmem|smartcard|sound|tpm|usb|usb-disk|vhost-user-disk"
    r"|video|virtio-disk|virtio-serial|virtiomem|virtiopmem|vsock|watchdog|xenbus)[0-9.-]*(-codec[0-9]+)?"
)
"""The aliases that drivers of libvirt give to devices; of others, a request that holds one means it."""


def _generated_alias(value: Any, values: Values) -> bool:  # noqa: ARG001 - a `Test`
    return GENERATED_ALIAS.fullmatch(str(getattr(value, "name", ""))) is not None


def _auto_port(value: Any, values: Values) -> bool:
    return bool(values.get("autoport") is True or value == -1)


def _dynamic_label(value: Any, values: Values) -> bool:  # noqa: ARG001 - a `Test`
    return bool(values.get("type", "dynamic") == "dynamic")


def _no_limit(value: Any, values: Values) -> bool:  # noqa: ARG001 - a `Test`
    """From ``VIR_DOMAIN_MEMORY_PARAM_UNLIMITED`` on (KiB), a limit is none."""
    try:
        return bool((value.kib or 0) >= _UNLIMITED)
    except SizeError:
        return False


_UNLIMITED = (1 << 53) - 1


def _from_numa_cells(value: Any, values: Values) -> bool:  # noqa: ARG001 - a `Test`
    """Where a guest has NUMA cells, libvirt adds their memory up, and asks nobody."""
    return bool(getattr(getattr(values.get("cpu"), "numa", None), "cells", None))


def _is_place(value: Any, values: Values) -> bool:  # noqa: ARG001 - a `Test`
    """Whether a port only says which console of the guest this is: libvirt counts them itself, whatever is asked."""
    return values.get("type") in CONSOLE_TARGETS


def _is_nobody(value: Any, values: Values) -> bool:  # noqa: ARG001 - a `Test`
    """Whether a number of a user or group is -1 in 32 bits without a sign: nobody in particular."""
    return int(value) == (1 << 32) - 1


def _is_read_only(value: Any, values: Values) -> bool:
    """Whether a disk is left out of snapshots because it cannot be written: what libvirt assumes anyway."""
    return str(value) == "no" and ("readonly" in values or values.get("device") in ("cdrom", "floppy"))


def _keys(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True)
class Profile:
    """A view of documents.

    Attributes:
        ignored: fields that are left out, if the test says so.
        filled: fields that do not count where one of the two documents lacks them.
        filled_new: fields, and lists of devices, that do not count where the first document lacks them.
        visible: for some classes the only fields that count.
        requested: whether the second document is what libvirt made of the first.
        stability: whether each difference is judged by what libvirt checks before it replaces one domain by another.
        rules: what follows from all this for the classes that were compared, for `libvirtxml._impl.diff.views`.
    """

    name: str
    ignored: Mapping[str, Test] = field(default_factory=dict)
    filled: frozenset[str] = frozenset()
    filled_new: Mapping[str, Test] = field(default_factory=dict)
    visible: Mapping[str, frozenset[str]] = field(default_factory=dict)
    requested: bool = False
    stability: bool = False
    rules: dict[type, Any] = field(default_factory=dict, repr=False, compare=False)


_ALIASED = _keys(
    """
    Disk Controller Filesystem Interface Serial Parallel Console Channel Input Sound TPM Video Hostdev Hub RedirDev
    Watchdog MemBalloon IOMMU RNG Panic MemoryDevice Shmem Vsock Crypto Pstore Smartcard
    """
)
_ALIASES = {f"{name}.alias" for name in _ALIASED}
_ADDRESSED = _ALIASED | {"NVRAM"}

RUNTIME: dict[str, Test] = {
    "Domain.id": _always,
    "DomainSnapshotInactiveDomain.id": _always,
    **dict.fromkeys(_ALIASES, _not_own_alias),
    "InterfaceTarget.dev": _matches(r"(vnet|macvtap|macvlan|vif|tap|veth|vdpa)\d+(\.\d+)?"),
    "InterfaceNetworkSource.portid": _always,
    "InterfaceBridgeSource.portid": _always,
    "InterfaceDirectSource.portid": _always,
    "InterfaceMAC.current_address": _always,
    "GraphicsVNC.port": _auto_port,
    "GraphicsSPICE.port": _auto_port,
    "GraphicsSPICE.tls_port": _auto_port,
    "GraphicsRDP.port": _auto_port,
    "GraphicsVNC.websocket": lambda value, _values: value == -1,
    "GraphicsVNC.socket": _matches(r".*/libvirt/qemu/domain-[^/]+/.*"),
    "SecLabel.label": _dynamic_label,
    "SecLabel.imagelabel": _always,
    "Disk.snapshot": _is_read_only,
    "Disk.mirror": _always,
    "Disk.private_data": _always,
    **{f"MemTune.{name}": _no_limit for name in ("hard_limit", "soft_limit", "swap_hard_limit")},
    "VCPU.current": _always,
    "Domain.current_memory": _always,
    "MemoryDeviceVirtioMemTarget.current": _always,
    "Console.tty": _always,
    "Serial.tty": _always,
    "Parallel.tty": _always,
    "ChannelTargetVirtio.state": _always,
    "LaunchSecuritySEV.handle": _always,
    "BackingStore.index": _always,
    **{f"{name}.index": _always for name in (
        "DiskFileSource", "DiskBlockSource", "DiskDirSource", "DiskNVMeSource", "DiskNetworkSource",
        "DiskVolumeSource", "DomainSnapshotDiskBlockSource", "DomainSnapshotDiskFileSource",
    )},
    **{f"{name}.connections": _always for name in ("Network", "NetworkForwardInterface", "NetworkForwardAddress")},
    "StoragePoolDevice.free_extents": _always,
    "StoragePool.allocation": _always,
    "StoragePool.available": _always,
    "StoragePool.capacity": _always,
    "StorageVolume.physical": _always,
    "StorageVolumeTarget.timestamps": _always,
    "StorageVolumeBackingStore.timestamps": _always,
}  # fmt: skip
"""What changes while a document is in use, and is not part of its configuration."""

FILLED = _keys(
    """
    Domain.uuid Network.uuid StoragePool.uuid NWFilter.uuid Secret.uuid DomainSnapshotInactiveDomain.uuid
    Interface.mac Interface.target Network.mac Network.bridge NetworkBridge.name
    InterfaceNetworkSource.bridge Disk.backing_store BackingStore.backing_store BackingStore.format
    Domain.resource Domain.seclabels
    ConsolePTY.sources SerialPTY.sources ChannelPTY.sources ParallelPTY.sources CharSourcePath.path
    CharSourceUNIX.path ChannelUNIX.sources
    GraphicsVNC.listens GraphicsSPICE.listens GraphicsRDP.listens GraphicsVNC.listen GraphicsSPICE.listen
    GraphicsRDP.listen
    StorageVolume.key StorageVolumeTarget.path
    """
) | {f"{name}.address" for name in _ADDRESSED}
"""What libvirt makes up where a document does not say it."""


def _controller_libvirt_adds(value: Any, values: Values) -> bool:  # noqa: ARG001 - a `Test`
    return value.type in ("pci", "usb", "ide", "sata", "fdc", "scsi", "virtio-serial", "ccid", "isa")


def _input_libvirt_adds(value: Any, values: Values) -> bool:  # noqa: ARG001 - a `Test`
    return value.type in ("mouse", "keyboard") and value.__dict__.get("bus") in (None, "ps2", "xen", "usb")


_DRIVER_DEFAULTS = _keys(
    """
    Domain.clock Domain.on_poweroff Domain.on_reboot Domain.on_crash Domain.vcpu Domain.features Domain.cpu
    Domain.iothreadids Domain.pm Domain.memory Domain.devices Domain.current_memory Domain.os Domain.numatune
    OS.type OS.boots OS.firmware OS.firmware_features OS.loader OS.nvram OS.smbios OSType.machine OSType.arch
    OSLoader.value OSLoader.type OSLoader.readonly OSLoader.secure OSLoader.format OSLoader.stateless OSNVRAM.value
    OSNVRAM.template OSNVRAM.format OSNVRAM.template_format OSNVRAM.type OSNVRAM.source DomainCPU.mode
    DomainCPU.check DomainCPU.match DomainCPU.migratable DomainCPU.model DomainCPU.vendor DomainCPU.features
    DomainCPU.maxphysaddr DomainCPU.numa CPUModel.fallback CPUNUMACell.id CPUNUMACell.distances CPUNUMACell.unit
    Devices.emulator Features.gic Features.hpt Features.apic Features.acpi Features.pmu FeaturesGIC.version
    Disk.snapshot Disk.target Disk.driver Disk.device DiskDriver.name DiskDriver.type DiskTarget.bus DiskTarget.dev
    Disk.readonly Disk.serial Controller.index Controller.driver ControllerUSB.model ControllerSCSI.model
    ControllerIDE.model ControllerPCI.model ControllerUSB.ports ControllerVirtioSerial.ports
    ControllerPCI.hardware_model ControllerPCI.target ControllerUSB.master ControllerPCITarget.chassis
    ControllerPCITarget.port ControllerPCITarget.bus_nr ControllerPCITarget.index ControllerPCITarget.chassis_nr
    ControllerPCITarget.node ControllerPCIModel.name ControllerPCI.pcihole64 Interface.model Interface.driver
    InterfaceDriver.name InterfaceModel.type Interface.guest Hostdev.driver Hostdev.mode HostdevPCI.driver
    HostdevMDev.display HostdevMDev.ramfb HostdevPCI.display Console.target Serial.target Channel.target
    CharTarget.type CharTarget.port CharTarget.model SerialTargetModel.name Channel.protocol Console.protocol
    Serial.protocol ChannelTargetVirtio.name Video.model VideoModel.heads VideoModel.primary VideoModel.vram
    VideoModelQXL.ram VideoModelQXL.vgamem VideoModelQXL.vram64 VideoModelVirtio.device Video.driver Input.bus
    Sound.audio
    GraphicsVNC.audio GraphicsVNC.port GraphicsVNC.autoport GraphicsSPICE.autoport GraphicsSPICE.port
    GraphicsSPICE.tls_port GraphicsRDP.autoport GraphicsRDP.port GraphicsSPICE.gl ListenNetwork.address
    ListenSocket.socket GraphicsVNC.socket GraphicsEGLHeadless.gl GraphicsEGLHeadlessGl.rendernode
    GraphicsGL.rendernode GraphicsSPICE.image MemBalloon.model MemBalloon.stats Panic.model Watchdog.model
    Watchdog.action RNG.model TPM.model TPMBackend.version TPMBackendEmulator.persistent_state
    TPMBackendEmulator.source TPMBackendEmulator.profile Sound.model Shmem.model ShmemModel.type Shmem.size
    Vsock.model VsockCid.address Vsock.cid MemoryDevice.uuid MemoryDevice.access MemoryDeviceVirtioMemTarget.address
    MemoryDeviceVirtioPMEMTarget.address MemoryDeviceVirtioMemTarget.block MemoryDeviceVirtioMemTarget.requested
    AddressPCI.zpci AddressDIMM.base AddressPCI.multifunction AddressUSB.port AddressVirtioSerial.port
    AddressCCID.slot Filesystem.model Filesystem.driver FilesystemMount.accessmode FilesystemMount.binary
    Filesystem.accessmode FilesystemMountBinary.path Crypto.driver CryptoBackend.queues IOMMU.driver
    IOMMUDriver.intremap LaunchSecuritySEV.cbitpos LaunchSecuritySEV.reduced_phys_bits LaunchSecuritySEVSNP.cbitpos
    LaunchSecuritySEVSNP.reduced_phys_bits InterfaceNetworkSource.mac_table_manager
    InterfaceBridgeSource.mac_table_manager SecLabel.model SecLabel.relabel SecLabel.baselabel RedirDev.protocol
    Smartcard.protocol SmartcardHostCertificates.database NetworkBridge.stp NetworkBridge.delay
    NetworkBridge.mac_table_manager NetworkForward.nat NetworkDomain.name NetworkForward.interfaces
    NetworkForward.dev NetworkDNS.enable StoragePool.source StoragePoolTarget.permissions
    StoragePoolLogicalTarget.permissions StoragePool.name StoragePoolLogical.target
    StoragePoolLogicalSource.names
    StoragePoolLogicalSource.format StoragePoolNetFSSource.format StoragePoolLogicalTarget.path
    SCSIAdapter.type StoragePoolGlusterSource.dir StoragePoolZFS.target
    StorageVolume.type StorageVolumeTarget.permissions
    StorageVolumeTarget.compat StorageVolumeTarget.timestamps StorageVolume.allocation StorageVolume.capacity
    StorageVolumeTarget.features
    StorageVolumeTarget.format AddressPCI.domain AddressPCI.bus AddressPCI.slot AddressPCI.function
    AddressSpaprVio.reg AddressCCW.cssid AddressCCW.ssid AddressCCW.devno AddressZPCI.uid AddressZPCI.fid
    AddressDrive.controller AddressDrive.bus AddressDrive.target AddressDrive.unit AddressVirtioSerial.controller
    AddressVirtioSerial.bus AddressUSB.bus AddressISA.iobase AddressISA.irq AddressCCID.controller Encryption.engine
    Features.smm FeaturesHyperV.mode FeaturesAsyncTeardown.enabled
    CPUNUMACellDistances.siblings IOThreadIDs.iothreads OSFirmware.features
    DiskSourceHost.port Sound.streams RNGBackendRandom.value MemoryDeviceDIMMTarget.node
    MemoryDeviceNVDIMMTarget.node MemoryDeviceVirtioMemTarget.node RedirDevSpicePort.sources RedirDevDBus.sources
    NUMATuneMemory.placement FeaturesPMU.state FeaturesVMCoreInfo.state ShmemMsi.ioeventfd CharSource.append
    CharSourceFile.append ConsoleFile.log
    Shmem.msi NWFilter.chain NWFilter.priority Permissions.mode Permissions.owner Permissions.group
    Permissions.label
    """
)

FILLED_BY_LIBVIRT: dict[str, Test] = {
    "Devices.controllers": _controller_libvirt_adds,
    "Devices.inputs": _input_libvirt_adds,
    "Devices.consoles": _always,
    "Devices.serials": _always,
    "Devices.videos": _always,
    "Devices.audios": _always,
    "Devices.memballoon": _always,
    "Devices.panics": _always,
    "Devices.watchdogs": lambda value, _values: value.__dict__.get("model") in ("itco", "diag288"),
    "Devices.nvram": _always,
    "Devices.hubs": _always,
    **dict.fromkeys(_DRIVER_DEFAULTS, _always),
}  # fmt: skip
"""What a hypervisor driver adds to what it was asked for: defaults of machine, architecture and version."""

HIDDEN = (
    _keys(
        """
    Domain.id Domain.name Domain.title Domain.description Domain.metadata Domain.current_memory Domain.blkiotune
    Domain.memory_backing Domain.memtune Domain.cputune Domain.numatune Domain.resource Domain.iothreads
    Domain.iothreadids Domain.defaultiothread Domain.throttlegroups Domain.perf Domain.seclabels Domain.on_poweroff
    Domain.on_reboot Domain.on_crash Domain.on_lockfailure Domain.bootloader Domain.bootloader_args Domain.idmap
    Domain.iommufd Domain.uids Domain.gids Domain.vcpus
    VCPU.placement VCPU.cpuset VCPU.current Memory.dump_core
    OS.kernel OS.initrd OS.dtb OS.shim OS.init OS.initargs OS.initenvs OS.initdir OS.inituser OS.initgroup OS.root
    OSLoader.value OSLoader.readonly OSLoader.format OS.nvram OS.varstore OS.boots OS.bootmenu
    DomainCPU.check DomainCPU.match DomainCPU.migratable CPUModel.fallback CPUNUMACell.mem_access CPUNUMACell.discard
    Devices.emulator Devices.leases Devices.graphics Devices.audios Devices.redirfilters
    Disk.type Disk.source Disk.snapshot Disk.auth Disk.encryption Disk.iotune Disk.throttlefilters Disk.backing_store
    Disk.mirror Disk.private_data Disk.transient Disk.backenddomain Disk.shareable DiskBlock.rawio DiskBlock.sgio
    DiskNetwork.rawio DiskNetwork.sgio DiskVolume.rawio DiskVolume.sgio
    DiskFile.source DiskBlock.source DiskNetwork.source DiskDir.source DiskVolume.source DiskNVMe.source
    DiskVHostUser.source DiskVHostVDPA.source DiskCTL.source
    Interface.type Interface.source Interface.virtualport Interface.bandwidth Interface.ips Interface.port
    Interface.port_forwards Interface.routes Interface.guest Interface.script Interface.downscript Interface.target
    Interface.vlan Interface.backend Interface.filterref Interface.tune Interface.backenddomain Interface.link
    Interface.coalesce Interface.trust_guest_rx_filters InterfaceMAC.check InterfaceMAC.type
    InterfaceMAC.current_address InterfaceHostdev.managed
    Hostdev.source Hostdev.readonly Hostdev.shareable HostdevPCI.managed HostdevPCI.driver HostdevUSB.managed
    HostdevMDev.managed HostdevSCSI.managed HostdevSCSI.rawio HostdevSCSI.sgio HostdevSCSIHost.managed HostdevNet.ips
    HostdevNet.routes DeviceROM.file
    Filesystem.type Filesystem.source Filesystem.readonly Filesystem.accessmode Filesystem.fmode Filesystem.dmode
    Filesystem.multidevs Filesystem.space_hard_limit Filesystem.space_soft_limit FilesystemMount.binary
    FilesystemMount.idmap FilesystemDriver.wrpolicy FilesystemDriver.format FilesystemDriver.type
    ControllerDriver.iothread ControllerDriver.iothreads ControllerDriver.ioeventfd
    Console.type Console.tty Console.sources Console.protocol Console.log
    Serial.type Serial.tty Serial.sources Serial.protocol Serial.log
    Parallel.type Parallel.tty Parallel.sources Parallel.protocol Parallel.log
    Channel.type Channel.sources Channel.protocol Channel.log ChannelTargetVirtio.state
    RedirDev.type RedirDev.sources RedirDev.protocol RedirDev.log
    SmartcardPassthrough.type SmartcardPassthrough.sources SmartcardPassthrough.protocol SmartcardPassthrough.log
    Smartcard.certificates Smartcard.database
    InputEvdev.source InputPassthrough.source Sound.audio Sound.multichannel
    RNG.backend RNG.rate Watchdog.action MemBalloon.stats
    TPMBackendPassthrough.device TPMBackendExternal.source TPMBackendEmulator.source TPMBackendEmulator.encryption
    TPMBackendEmulator.debug TPMBackendEmulator.persistent_state TPMBackendEmulator.profile TPMBackend.type
    MemoryDevice.source MemoryDevice.access MemoryDevice.discard MemoryDeviceVirtioMemTarget.requested
    MemoryDeviceVirtioMemTarget.current
    Shmem.server ShmemMsi.ioeventfd Crypto.backend Pstore.path VideoModelAcceleration.rendernode VsockCid.auto
    QEMUCommandline.qemu_envs
    """
    )
    | _ALIASES
)
"""What a guest cannot see: how and from where the host provides it, names, tunings."""

VIRTIO = _keys("iommu ats packed page_per_vq")
VISIBLE = {
    "DiskDriver": VIRTIO | _keys("queues queue_size event_idx discard detect_zeroes"),
    "InterfaceDriver": VIRTIO
    | _keys("queues rx_queue_size tx_queue_size event_idx host guest rss rss_hash_report model"),
}
"""Of drivers, which mostly hold tunings, a guest sees this alone."""

ALL = Profile("all")
CONFIG = Profile("config", RUNTIME, FILLED)
_NOT_ANSWERED: dict[str, Test] = {
    "Domain.memory": _from_numa_cells,
    "CharTarget.port": _is_place,
    "Permissions.owner": _is_nobody,
    "Permissions.group": _is_nobody,
    "StorageVolume.source": _always,  # which extents of which devices: only ever written by libvirt
    "StorageVolumeTarget.nocow": _always,  # wanted when the volume is made, and forgotten
}
"""What a request may hold, and libvirt takes, without that it would come back."""
REQUESTED = Profile(
    "requested",
    RUNTIME | _NOT_ANSWERED | dict.fromkeys(_ALIASES, _generated_alias),
    FILLED,
    FILLED_BY_LIBVIRT | dict.fromkeys(_ALIASES, _not_own_alias),
    requested=True,
)
ABI = Profile("abi", dict.fromkeys(HIDDEN, _always), visible=VISIBLE, stability=True)
PROFILES = {profile.name: profile for profile in (ALL, CONFIG, ABI, REQUESTED)}
"""By name; the command line has the same."""
