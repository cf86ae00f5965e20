"""Documents built with the model, for a live libvirt to define; none needs hardware, KVM or an existing image."""

from libvirtxml import (
    CPUNUMA,
    OS,
    RNG,
    VCPU,
    AddressPCI,
    ChannelTargetVirtio,
    ChannelUNIX,
    CharTarget,
    ClockTimerRTC,
    ClockUTC,
    ControllerPCI,
    ControllerSCSI,
    ControllerUSB,
    CPUNUMACell,
    CPUTopology,
    CPUTune,
    Devices,
    DiskDriver,
    DiskFile,
    DiskFileSource,
    DiskIOTune,
    DiskNetwork,
    DiskSourceHost,
    DiskSourceRBD,
    DiskTarget,
    Domain,
    DomainCPU,
    Features,
    FeaturesAPIC,
    FilterRef,
    GraphicsVNC,
    InputTablet,
    InterfaceModel,
    InterfaceNetwork,
    InterfaceNetworkSource,
    InterfaceUser,
    MemBalloon,
    Memory,
    Metadata,
    Network,
    NetworkBridge,
    NetworkDNS,
    NetworkDNSHost,
    NetworkDomain,
    NetworkForward,
    NetworkIP,
    NetworkIPDHCP,
    NetworkIPDHCPHost,
    NetworkIPDHCPRange,
    NWFilter,
    NWFilterRule,
    NWFilterRuleAll,
    NWFilterRuleTCP,
    OSBoot,
    OSType,
    QEMUArg,
    QEMUCommandline,
    RawNode,
    RNGBackendRandom,
    Secret,
    SecretUsageVolume,
    SerialPTY,
    Sound,
    StorageAllocation,
    StorageCapacity,
    StoragePoolDir,
    StoragePoolTarget,
    StorageVolume,
    StorageVolumeFormat,
    StorageVolumeTarget,
    VCPUPin,
    VCPUSched,
    Video,
    VideoModelVGA,
    Watchdog,
)

NAMESPACE = {"inv": "urn:example:inventory"}


def small_domain(image: str) -> Domain:
    """A machine that QEMU starts anywhere, from an image that need not hold anything."""
    disk = DiskFile(
        device="disk",
        driver=DiskDriver(name="qemu", type="qcow2", discard="unmap"),
        source=DiskFileSource(file=image),
        target=DiskTarget(dev="vda", bus="virtio"),
    )
    return Domain(
        type="qemu",
        name="small",
        memory=Memory(unit="MiB", value=64),
        vcpu=VCPU(value=1),
        os=OS(type=OSType(arch="x86_64", machine="q35", value="hvm"), boots=[OSBoot(dev="hd")]),
        devices=Devices(
            disks=[disk],
            serials=[SerialPTY()],
            channels=[ChannelUNIX(target=ChannelTargetVirtio(name="org.qemu.guest_agent.0"))],
            rngs=[RNG(model="virtio", backend=RNGBackendRandom(value="/dev/urandom"))],
        ),
    )


def large_domain() -> Domain:
    """A machine with something of everything that is common."""
    return Domain(
        type="qemu",
        name="large",
        uuid="6a1c0e37-94d5-4b8e-a2f5-3d6d0f2b7c11",
        title="Something of everything",
        description="Line & <line>",
        metadata=Metadata(
            nodes=[RawNode.from_string("<inv:host rack='7'><inv:owner>Ops</inv:owner></inv:host>", NAMESPACE)]
        ),
        memory=Memory(unit="GiB", value=2),
        vcpu=VCPU(value=4, cpuset="0-3,^2"),
        iothreads=2,
        cputune=CPUTune(
            shares=2048,
            vcpupins=[VCPUPin(vcpu=0, cpuset="0"), VCPUPin(vcpu=1, cpuset="1")],
            vcpuscheds=[VCPUSched(vcpus="2-3", scheduler="batch")],
        ),
        os=OS(type=OSType(arch="x86_64", machine="q35", value="hvm"), boots=[OSBoot(dev="hd"), OSBoot(dev="network")]),
        features=Features(acpi=True, apic=FeaturesAPIC()),
        cpu=DomainCPU(
            topology=CPUTopology(sockets=2, cores=2, threads=1),
            numa=CPUNUMA(
                cells=[
                    CPUNUMACell(id=0, cpus="0-1", memory=1, unit="GiB"),
                    CPUNUMACell(id=1, cpus="2-3", memory=1, unit="GiB"),
                ]
            ),
        ),
        clock=ClockUTC(timers=[ClockTimerRTC(tickpolicy="catchup")]),
        on_poweroff="destroy",
        on_reboot="restart",
        on_crash="preserve",
        devices=_many_devices(),
        qemu_commandline=QEMUCommandline(qemu_args=[QEMUArg(value="-name"), QEMUArg(value="a name, with 'quotes'")]),
    )


def _many_devices() -> Devices:
    return Devices(
        disks=[
            DiskFile(
                device="disk",
                driver=DiskDriver(name="qemu", type="raw", cache="none", io="native", iothread=1),
                source=DiskFileSource(file="/nowhere/root.img"),
                target=DiskTarget(dev="vda", bus="virtio"),
                iotune=DiskIOTune(total_iops_sec=1000),
                serial="S1",
                address=AddressPCI(bus=1, slot=0),
            ),
            DiskNetwork(
                device="disk",
                driver=DiskDriver(name="qemu", type="raw"),
                source=DiskSourceRBD(name="pool/data", hosts=[DiskSourceHost(name="ceph.example.com", port=6789)]),
                target=DiskTarget(dev="sda", bus="scsi"),
                readonly=True,
            ),
            DiskFile(device="cdrom", target=DiskTarget(dev="sdb", bus="sata"), readonly=True),
        ],
        controllers=[
            ControllerPCI(index=0, model="pcie-root"),
            ControllerPCI(index=1, model="pcie-root-port"),
            ControllerSCSI(index=0, model="virtio-scsi"),
            ControllerUSB(index=0, model="qemu-xhci", ports=8),
        ],
        interfaces=[
            InterfaceNetwork(source=InterfaceNetworkSource(network="default"), model=InterfaceModel(type="virtio")),
            InterfaceUser(model=InterfaceModel(type="e1000e")),
        ],
        serials=[SerialPTY(target=CharTarget(port="0"))],
        channels=[ChannelUNIX(target=ChannelTargetVirtio(name="org.qemu.guest_agent.0"))],
        inputs=[InputTablet(bus="usb")],
        graphics=[GraphicsVNC(port=-1, autoport=True)],
        sounds=[Sound(model="ich9")],
        videos=[Video(model=VideoModelVGA(vram=16384, heads=1))],
        watchdogs=[Watchdog(model="i6300esb", action="poweroff")],
        memballoon=MemBalloon(model="virtio"),
        rngs=[RNG(model="virtio", backend=RNGBackendRandom(value="/dev/urandom"))],
    )


def network() -> Network:
    """A network with its own addresses, names and leases."""
    dhcp = NetworkIPDHCP(
        ranges=[NetworkIPDHCPRange(start="192.168.77.100", end="192.168.77.200")],
        hosts=[NetworkIPDHCPHost(mac="52:54:00:0a:0b:0c", name="web", ip="192.168.77.10")],
    )
    return Network(
        name="lab",
        forward=NetworkForward(mode="nat"),
        bridge=NetworkBridge(name="virbr77"),
        domain=NetworkDomain(name="lab.example.com"),
        dns=NetworkDNS(hosts=[NetworkDNSHost(ip="192.168.77.2", hostnames=["gateway"])]),
        ips=[NetworkIP(address="192.168.77.1", netmask="255.255.255.0", dhcp=dhcp)],
    )


def pool(directory: str) -> StoragePoolDir:
    """A pool that is a directory."""
    return StoragePoolDir(name="images", target=StoragePoolTarget(path=directory))


def volume() -> StorageVolume:
    """A volume for it."""
    return StorageVolume(
        name="disk.qcow2",
        capacity=StorageCapacity(unit="MiB", value=8),
        allocation=StorageAllocation(value=0),
        target=StorageVolumeTarget(format=StorageVolumeFormat(type="qcow2")),
    )


def secret() -> Secret:
    """The key of a volume."""
    return Secret(
        ephemeral=False,
        private=True,
        uuid="b5c9f1d4-0f53-4ad3-9d35-2d3f6c8a7e10",
        description="key of a disk",
        usage=SecretUsageVolume(volume="/nowhere/root.img"),
    )


def nwfilter() -> NWFilter:
    """A filter that lets one port through."""
    accept = NWFilterRuleTCP(dstportstart=443, srcipaddr="$CLIENTS")
    return NWFilter(
        name="web-only",
        chain="root",
        filterrefs=[FilterRef(filter="no-mac-spoofing")],
        rules=[
            NWFilterRule(action="accept", direction="in", priority=500, tcp=accept),
            NWFilterRule(action="drop", direction="in", priority=1000, all=NWFilterRuleAll()),
        ],
    )
