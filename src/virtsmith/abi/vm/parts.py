"""Devices of a domain document as QEMU devices with dummy backends: null disks, unplugged networks, no display."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from libvirtxml import (
    IOMMU,
    RNG,
    Channel,
    ChannelTargetVirtio,
    Devices,
    Disk,
    Element,
    Input,
    Interface,
    InterfaceHostdev,
    MemBalloon,
    Panic,
    Sound,
    Video,
    VideoModelQXL,
    Watchdog,
)
from libvirtxml.topology import DrivePlace, disk_bus

from virtsmith.abi.machine.devices import SetDevice
from virtsmith.abi.vm.buses import VIRTIO_SUFFIX, Buses, index_of, virtio_options, virtio_type
from virtsmith.abi.vm.hardware import escaped
from virtsmith.abi.vm.system import on_off

E = TypeVar("E", bound=Element)
Part = tuple[SetDevice, str]
"""A device, and its name in the document."""
_LEFT_OUT = {
    "hostdevs": "host devices: left out; whether they migrate depends on their drivers",
    "tpms": "TPM: left out; its state is in a separate program",
    "filesystems": "shared directories: left out; they need a server, and most prevent migration",
    "smartcards": "smartcards: left out", "shmems": "shared memory: left out",
    "vsock": "vsock: left out, needs the host",
    "redirdevs": "USB redirection: left out", "cryptos": "crypto devices: left out; they prevent migration",
    "memories": "memory devices: left out", "nvram": "NVRAM: left out", "pstore": "pstore: left out",
    "hubs": "USB hubs: left out",
}  # fmt: skip
_INPUTS = {"tablet": "tablet", "mouse": "mouse", "keyboard": "kbd"}
_VIDEOS = {
    "vga": "VGA", "cirrus": "cirrus-vga", "vmvga": "vmware-svga", "bochs": "bochs-display", "ramfb": "ramfb",
}  # fmt: skip
_SOUNDS = {
    "ich6": "intel-hda",
    "ich9": "ich9-intel-hda",
    "ac97": "AC97",
    "es1370": "ES1370",
    "virtio": "virtio-sound-pci",
}
_NETWORKS = {"virtio-transitional": "-transitional", "virtio-non-transitional": "-non-transitional", "virtio": ""}


class Parts:
    """Collects the devices of a document; ``notes`` says what was left out."""

    def __init__(self, buses: Buses, notes: list[str]) -> None:
        self.buses = buses
        self.notes = notes

    def all(self, devices: Devices) -> Iterator[Part]:
        """Yield every device, controllers first."""
        for name, note in _LEFT_OUT.items():
            if getattr(devices, name):
                self.notes.append(note)
        for controller in devices.controllers:
            made = self.buses.controller(controller)
            if made:
                yield made, f"controller {controller.type} {controller.index or 0}"
        yield from self._iommus(devices.iommus)
        yield from self._numbered("disk", devices.disks, self._disk)
        yield from self._numbered("net", devices.interfaces, self._network)
        yield from self._characters(devices)
        yield from self._numbered("input", devices.inputs, self._input)
        yield from self._numbered("video", devices.videos, self._video)
        yield from self._numbered("sound", devices.sounds, self._sound)
        yield from self._numbered("watchdog", devices.watchdogs, self._watchdog)
        yield from self._numbered("rng", devices.rngs, self._rng)
        yield from self._balloon(devices.memballoon)
        yield from self._numbered("panic", devices.panics, self._panic)

    def _numbered(self, name: str, elements: list[E], make: Callable[[E, str], Iterator[Part]]) -> Iterator[Part]:
        for number, element in enumerate(elements):
            yield from make(element, f"{name}{number}")

    def _pci(
        self, kind: str, name: str, element: Element, options: list[str], backend: tuple[str, ...] = ()
    ) -> SetDevice:
        parent, place = self.buses.pci(element)
        driver = virtio_options(getattr(element, "driver", None)) if kind.startswith("virtio-") else []
        return SetDevice(kind, name, parent, ",".join([*options, *driver, *place]), backend)

    def _usb(
        self, kind: str, name: str, element: Element, options: list[str], backend: tuple[str, ...] = ()
    ) -> SetDevice:
        parent, place = self.buses.usb(element)
        return SetDevice(kind, name, parent, ",".join([*options, *place]), backend)

    def _iommus(self, elements: list[IOMMU]) -> Iterator[Part]:
        for element in elements:
            if element.model == "virtio":
                yield self._pci("virtio-iommu-pci", "iommu0", element, []), "iommu virtio"
            else:
                self.notes.append(f"IOMMU {element.model}: left out")

    def _disk(self, disk: Disk, name: str) -> Iterator[Part]:
        bus, target = disk_bus(disk) or "virtio", disk.target.dev
        is_cd = disk.device == "cdrom"
        read_only = ",readonly=on" if is_cd or disk.readonly else ""
        backend = ("-drive", f"if=none,id=drive-{name},driver=null-co,size=64M,read-zeroes=on{read_only}")
        options = [f"drive=drive-{name}"]
        options += [f"bootindex={disk.boot.order}"] if disk.boot is not None else []
        options += [f"serial={escaped(disk.serial)}"] if disk.serial else []
        place = f"disk {target} ({bus})"
        where = self.buses.drive(disk)
        match bus:
            case "virtio":
                driver = disk.driver
                if driver is not None:
                    options += [f"num-queues={driver.queues}"] if driver.queues is not None else []
                    options += [f"queue-size={driver.queue_size}"] if driver.queue_size is not None else []
                    options += [f"event_idx={on_off(driver.event_idx)}"] if driver.event_idx is not None else []
                yield self._pci(virtio_type("virtio-blk", disk.model), name, disk, options, backend), place
            case "scsi":
                controller = f"scsi{where.controller}"
                options += [f"bus={controller}.0", "channel=0", f"scsi-id={where.target}", f"lun={where.unit}"]
                yield SetDevice("scsi-cd" if is_cd else "scsi-hd", name, controller, ",".join(options), backend), place
            case "sata" | "ide":
                on, seat = self._ide(where)
                kind = "ide-cd" if is_cd else "ide-hd"
                yield SetDevice(kind, name, on, ",".join([*options, *seat]), backend), place
            case "usb":
                yield self._usb("usb-storage", name, disk, options, backend), place
            case _:
                self.notes.append(f"{place}: left out")

    def _ide(self, where: DrivePlace) -> tuple[str, list[str]]:
        """Return the controller of an IDE or SATA disk (empty: the machine's own), and the options for its address."""
        if where.bus_type == "ide":
            # libvirt also accepts unit 2 of the first bus, QEMU only the first of the second
            return "", [f"bus=ide.{where.bus or where.unit // 2}", f"unit={where.unit % 2}"]
        if self.buses.is_q35 and not where.controller:
            return "", [f"bus=ide.{where.unit}"]
        return f"sata{where.controller}", [f"bus=sata{where.controller}.{where.unit}"]

    def _network(self, element: Interface, name: str) -> Iterator[Part]:
        model = element.model.type if element.model is not None else "rtl8139"
        mac = element.mac.address if element.mac is not None else ""
        place = f"interface {mac or name} ({model})"
        if isinstance(element, InterfaceHostdev):
            self.notes.append(f"{place}: a host device, left out")
            return
        options = [f"netdev=host{name}", *([f"mac={mac}"] if mac else [])]
        options += [f"bootindex={element.boot.order}"] if element.boot is not None else []
        options += [f"host_mtu={element.mtu.size}"] if element.mtu is not None and model in _NETWORKS else []
        backend = ("-netdev", f"hubport,id=host{name},hubid={name.removeprefix('net')}")
        driver = element.driver
        if driver is not None and model in _NETWORKS:
            options += [f"rx_queue_size={driver.rx_queue_size}"] if driver.rx_queue_size is not None else []
            options += [f"tx_queue_size={driver.tx_queue_size}"] if driver.tx_queue_size is not None else []
            if driver.queues and driver.queues > 1:
                self.notes.append(f"{place}: one pair of queues instead of {driver.queues}, which need a real backend")
        kind = f"virtio-net-pci{_NETWORKS[model]}" if model in _NETWORKS else model
        yield self._pci(kind, name, element, options, backend), place

    def _characters(self, devices: Devices) -> Iterator[Part]:
        for number, serial in enumerate(devices.serials):
            name = f"serial{number}"
            kind = serial.target.type if serial.target is not None else None
            backend = ("-chardev", f"null,id=char{name}")
            options = [f"chardev=char{name}"]
            if kind == "usb-serial":
                yield self._usb("usb-serial", name, serial, options, backend), f"serial {number} (USB)"
            elif kind == "pci-serial":
                yield self._pci("pci-serial", name, serial, options, backend), f"serial {number} (PCI)"
            else:
                yield (
                    SetDevice("isa-serial", name, "", ",".join([*options, f"index={number}"]), backend),
                    f"serial {number}",
                )
        for number, _ in enumerate(devices.parallels):
            name = f"parallel{number}"
            backend = ("-chardev", f"null,id=char{name}")
            yield SetDevice("isa-parallel", name, "", f"chardev=char{name}", backend), f"parallel {number}"
        yield from self._numbered("channel", devices.channels, self._channel)
        for number, console in enumerate(devices.consoles):
            if console.target is not None and console.target.type == "virtio":
                yield self._port("virtconsole", f"console{number}", console, []), f"console {number} (virtio)"

    def _channel(self, channel: Channel, name: str) -> Iterator[Part]:
        if not isinstance(channel.target, ChannelTargetVirtio):
            self.notes.append(f"{name}: left out, not a virtio channel")
            return
        options = [f"name={escaped(channel.target.name)}"] if channel.target.name else []
        yield self._port("virtserialport", name, channel, options), f"channel {channel.target.name or name}"

    def _port(self, kind: str, name: str, element: Element, options: list[str]) -> SetDevice:
        controller = f"virtio-serial{index_of(element)}"
        port = getattr(getattr(element, "address", None), "port", None)
        options = [
            f"bus={controller}.0",
            *([f"nr={port}"] if port is not None else []),
            f"chardev=char{name}",
            *options,
        ]
        return SetDevice(kind, name, controller, ",".join(options), ("-chardev", f"null,id=char{name}"))

    def _input(self, element: Input, name: str) -> Iterator[Part]:
        kind = getattr(element, "type", "")
        bus = element.bus or "usb"
        if kind not in _INPUTS or bus not in ("usb", "virtio"):
            if bus != "ps2":  # which the machine has
                self.notes.append(f"input {kind} ({bus}): left out")
            return
        if bus == "usb":
            yield self._usb(f"usb-{_INPUTS[kind]}", name, element, []), f"input {kind} (USB)"
        else:
            yield self._pci(virtio_type(f"virtio-{kind}", element.model), name, element, []), f"input {kind} (virtio)"

    def _video(self, video: Video, name: str) -> Iterator[Part]:
        model, first = video.model, name == "video0"
        kind = getattr(model, "type", "vga")
        options = [f"max_outputs={model.heads}"] if model is not None and kind == "virtio" and model.heads else []
        if isinstance(model, VideoModelQXL):
            sizes = {"ram_size": model.ram, "vram_size": model.vram}
            options = [f"{key}={size << 10}" for key, size in sizes.items() if size]
            options += [f"vgamem_mb={model.vgamem >> 10}"] if model.vgamem else []
            yield self._pci("qxl-vga" if first else "qxl", name, video, options), "video qxl"
        elif kind == "virtio":
            if model is not None and model.acceleration is not None:
                self.notes.append("video virtio: 3D acceleration is left out")
            yield self._pci("virtio-vga" if first else "virtio-gpu-pci", name, video, options), "video virtio"
        elif kind in _VIDEOS:
            if kind == "vga" and model is not None and model.vram:
                options.append(f"vgamem_mb={max(1, model.vram >> 10)}")
            device = SetDevice("ramfb", name) if kind == "ramfb" else self._pci(_VIDEOS[kind], name, video, options)
            yield device, f"video {kind}"
        elif kind != "none":
            self.notes.append(f"video {kind}: left out")

    def _sound(self, sound: Sound, name: str) -> Iterator[Part]:
        backend = ("-audiodev", f"none,id=audio-{name}")
        place = f"sound {sound.model}"
        if sound.model == "usb":
            yield self._usb("usb-audio", name, sound, [f"audiodev=audio-{name}"], backend), place
        elif sound.model in ("ich6", "ich9"):
            yield self._pci(_SOUNDS[sound.model], name, sound, []), place
            codec_options = f"bus={name}.0,cad=0,audiodev=audio-{name}"
            codec = sound.codecs[0].type if sound.codecs else "duplex"
            yield SetDevice(f"hda-{codec}", f"{name}-codec0", name, codec_options, backend), f"{place} codec"
        elif sound.model in _SOUNDS:
            options = [f"streams={sound.streams}"] if sound.streams is not None else []
            yield self._pci(_SOUNDS[sound.model], name, sound, [f"audiodev=audio-{name}", *options], backend), place
        else:
            self.notes.append(f"{place}: left out")

    def _watchdog(self, watchdog: Watchdog, name: str) -> Iterator[Part]:
        if watchdog.model == "i6300esb":
            yield self._pci("i6300esb", name, watchdog, []), "watchdog i6300esb"
        elif watchdog.model == "ib700":
            yield SetDevice("ib700", name), "watchdog ib700"
        elif watchdog.model != "itco":  # which the machine has
            self.notes.append(f"watchdog {watchdog.model}: left out")

    def _rng(self, rng: RNG, name: str) -> Iterator[Part]:
        options = [f"rng=source-{name}"]
        if rng.rate is not None:
            options += [f"max-bytes={rng.rate.bytes}", f"period={rng.rate.period or 1000}"]
        backend = ("-object", f"rng-random,id=source-{name},filename=/dev/urandom")
        yield self._pci(virtio_type("virtio-rng", rng.model), name, rng, options, backend), "rng virtio"

    def _balloon(self, balloon: MemBalloon | None) -> Iterator[Part]:
        """Yield the balloon, which libvirt adds to a document without one."""
        if balloon is None:
            self.notes.append("memory balloon: not in the document; libvirt adds one (virtio)")
            yield SetDevice("virtio-balloon-pci", "balloon0"), "memballoon virtio (added)"
        elif balloon.model.startswith("virtio"):
            flags = {"deflate-on-oom": balloon.autodeflate, "free-page-reporting": balloon.free_page_reporting}
            options = [f"{name}={on_off(state)}" for name, state in flags.items() if state is not None]
            kind = f"virtio-balloon-pci{VIRTIO_SUFFIX.get(balloon.model, '')}"
            yield self._pci(kind, "balloon0", balloon, options), "memballoon virtio"

    def _panic(self, panic: Panic, name: str) -> Iterator[Part]:
        model = panic.model or "isa"
        if model == "isa":
            port = getattr(panic.address, "iobase", None)
            yield SetDevice("pvpanic", name, "", f"ioport={port}" if port is not None else ""), "panic isa"
        elif model == "pvpanic":
            yield self._pci("pvpanic-pci", name, panic, []), "panic pvpanic"
        elif model != "hyperv":
            self.notes.append(f"panic {model}: left out")
