"""Devices of a domain document as QEMU devices with dummy backends: null disks, unplugged networks, no display."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from libvirtxml import (
    IOMMU,
    RNG,
    Channel,
    ChannelTargetVirtio,
    Devices,
    Element,
    Input,
    Interface,
    InterfaceHostdev,
    MemBalloon,
    Panic,
    Sound,
    SoundCodec,
    Video,
    VideoModelQXL,
    Watchdog,
)

from virtsmith.abi.machine.devices import SetDevice
from virtsmith.abi.vm.buses import VIRTIO_SUFFIX, Buses, common_options, index_of, virtio_options, virtio_type
from virtsmith.abi.vm.hardware import escaped, on_off
from virtsmith.abi.vm.memory import memory_device
from virtsmith.abi.vm.storage import Storage

E = TypeVar("E", bound=Element)
Part = tuple[SetDevice, str]
"""A device, and its name in the document."""
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
_OTHER_NETWORKS = {"ne2k_pci": "ne2k_pci", "pcnet": "pcnet", "usb-net": "usb-net"}
_NETWORKS = {"virtio-transitional": "-transitional", "virtio-non-transitional": "-non-transitional", "virtio": ""}


class Parts:
    """Collects the devices of a document; ``notes`` says what was assumed."""

    def __init__(self, buses: Buses, notes: list[str], orders: dict[int, int]) -> None:
        self.buses = buses
        self.notes = notes
        self._orders = orders

    def all(self, devices: Devices) -> Iterator[Part]:
        """Yield every device, controllers first."""
        for controller in devices.controllers:
            made = self.buses.controller(controller)
            if made:
                yield made, f"controller {controller.type} {controller.index or 0}"
        yield from self._iommus(devices.iommus)
        yield from Storage(self.buses, self._orders).all(devices)
        yield from self._numbered("net", devices.interfaces, self._network)
        yield from self._characters(devices)
        yield from self._numbered("input", devices.inputs, self._input)
        yield from self._numbered("video", devices.videos, self._video)
        yield from self._numbered("sound", devices.sounds, self._sound)
        yield from self._numbered("watchdog", devices.watchdogs, self._watchdog)
        yield from self._numbered("rng", devices.rngs, self._rng)
        yield from self._balloon(devices.memballoon)
        yield from self._numbered("panic", devices.panics, self._panic)
        yield from self._memories(devices)
        yield from self._others(devices)

    def _numbered(self, name: str, elements: list[E], make: Callable[[E, str], Iterator[Part]]) -> Iterator[Part]:
        for number, element in enumerate(elements):
            yield from make(element, f"{name}{number}")

    def _pci(
        self, kind: str, name: str, element: Element, options: list[str], backend: tuple[str, ...] = ()
    ) -> SetDevice:
        parent, place = self.buses.pci(element)
        driver = virtio_options(getattr(element, "driver", None)) if kind.startswith("virtio-") else []
        words = [*options, *common_options(element), *driver, *place]
        return SetDevice(kind, name, parent, ",".join(words), backend)

    def _usb(
        self, kind: str, name: str, element: Element, options: list[str], backend: tuple[str, ...] = ()
    ) -> SetDevice:
        parent, place = self.buses.usb(element)
        return SetDevice(kind, name, parent, ",".join([*options, *place]), backend)

    def _iommus(self, elements: list[IOMMU]) -> Iterator[Part]:
        for element in elements:
            if element.model == "virtio":
                yield self._pci("virtio-iommu-pci", "iommu0", element, []), "iommu virtio"
            elif element.model == "intel":
                names = {"intremap": "intremap", "caching_mode": "caching-mode", "eim": "eim", "iotlb": "device-iotlb",
                         "aw_bits": "aw-bits", "dma_translation": "dma-translation"}  # fmt: skip
                yield SetDevice("intel-iommu", "iommu0", "", ",".join(_settings(element.driver, names))), "iommu intel"

    def _network(self, element: Interface, name: str) -> Iterator[Part]:
        model = element.model.type if element.model is not None else "rtl8139"
        mac = element.mac.address if element.mac is not None else ""
        place = f"interface {mac or name} ({model})"
        if isinstance(element, InterfaceHostdev):
            return
        options = [f"netdev=host{name}", *([f"mac={mac}"] if mac else [])]
        order = element.boot.order if element.boot is not None else self._orders.get(id(element))
        options += [f"bootindex={order}"] if order is not None else []
        backend = ("-netdev", f"hubport,id=host{name},hubid={name.removeprefix('net')}")
        if model in _NETWORKS:
            options += [f"host_mtu={element.mtu.size}"] if element.mtu is not None else []
            options += _offloads(element)
        kind = f"virtio-net-pci{_NETWORKS[model]}" if model in _NETWORKS else _OTHER_NETWORKS.get(model, model)
        if kind.startswith("usb-"):
            yield self._usb(kind, name, element, options, backend), place
        else:
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
            return
        options = [f"name={escaped(channel.target.name)}"] if channel.target.name else []
        yield self._port("virtserialport", name, channel, options), f"channel {channel.target.name or name}"

    def _port(self, kind: str, name: str, element: Element, options: list[str]) -> SetDevice:
        controller = f"virtio-serial{index_of(element)}"
        port = getattr(getattr(element, "address", None), "port", None)
        options = [
            *([f"bus={controller}.0"] if getattr(element, "address", None) is not None else []),
            *([f"nr={port}"] if port is not None else []),
            f"chardev=char{name}",
            *options,
        ]
        return SetDevice(kind, name, controller, ",".join(options), ("-chardev", f"null,id=char{name}"))

    def _input(self, element: Input, name: str) -> Iterator[Part]:
        kind = getattr(element, "type", "")
        bus = element.bus or "usb"
        if kind not in _INPUTS or bus not in ("usb", "virtio"):
            return  # PS/2 devices are those of the machine
        if bus == "usb":
            yield self._usb(f"usb-{_INPUTS[kind]}", name, element, []), f"input {kind} (USB)"
        else:
            yield self._pci(virtio_type(f"virtio-{kind}", element.model), name, element, []), f"input {kind} (virtio)"

    def _video(self, video: Video, name: str) -> Iterator[Part]:
        model, first = video.model, name == "video0"
        kind = getattr(model, "type", "vga")
        options = list(_settings(model, {"blob": "blob", "edid": "edid"}))
        options += list(_settings(getattr(model, "resolution", None), {"x": "xres", "y": "yres"}))
        options += [f"max_outputs={model.heads}"] if model is not None and kind == "virtio" and model.heads else []
        if isinstance(model, VideoModelQXL):
            sizes = {"ram_size": model.ram, "vram_size": model.vram}
            options += [f"{key}={size << 10}" for key, size in sizes.items() if size]
            options += [f"vram64_size_mb={model.vram64 >> 10}"] if model.vram64 else []
            options += [f"vgamem_mb={model.vgamem >> 10}"] if model.vgamem else []
            options += [f"max_outputs={model.heads}"] if model.heads else []
            yield self._pci("qxl-vga" if first else "qxl", name, video, options), "video qxl"
        elif kind == "virtio":
            yield self._pci("virtio-vga" if first else "virtio-gpu-pci", name, video, options), "video virtio"
        elif kind in _VIDEOS:
            if kind == "vga" and model is not None and model.vram:
                options.append(f"vgamem_mb={max(1, model.vram >> 10)}")
            device = SetDevice("ramfb", name) if kind == "ramfb" else self._pci(_VIDEOS[kind], name, video, options)
            yield device, f"video {kind}"

    def _sound(self, sound: Sound, name: str) -> Iterator[Part]:
        backend = ("-audiodev", f"none,id=audio-{name}")
        place = f"sound {sound.model}"
        if sound.model == "usb":
            yield self._usb("usb-audio", name, sound, [f"audiodev=audio-{name}"], backend), place
        elif sound.model in ("ich6", "ich9"):
            yield self._pci(_SOUNDS[sound.model], name, sound, []), place
            for number, codec in enumerate(sound.codecs or [SoundCodec(type="duplex")]):
                words = f"bus={name}.0,cad={number},audiodev=audio-{name}"
                yield SetDevice(f"hda-{codec.type}", f"{name}-codec{number}", name, words, backend), f"{place} codec"
        elif sound.model in _SOUNDS:
            options = [f"streams={sound.streams}"] if sound.streams is not None else []
            yield self._pci(_SOUNDS[sound.model], name, sound, [f"audiodev=audio-{name}", *options], backend), place

    def _watchdog(self, watchdog: Watchdog, name: str) -> Iterator[Part]:
        if watchdog.model == "i6300esb":
            yield self._pci("i6300esb", name, watchdog, []), "watchdog i6300esb"
        elif watchdog.model == "ib700":
            yield SetDevice("ib700", name), "watchdog ib700"

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

    def _memories(self, devices: Devices) -> Iterator[Part]:
        for number, element in enumerate(devices.memories):
            made = memory_device(element, number, self.buses)
            if made is not None:
                yield made

    def _others(self, devices: Devices) -> Iterator[Part]:
        """Yield devices that need nothing, or only an empty backend."""
        for number, hub in enumerate(devices.hubs):
            yield self._usb("usb-hub", f"hub{number}", hub, []), f"hub {number} (USB)"
        for number, redirection in enumerate(devices.redirdevs):
            name = f"redir{number}"
            backend = ("-chardev", f"null,id=char{name}")
            options = [f"chardev=char{name}"]
            options += [f"bootindex={redirection.boot.order}"] if redirection.boot is not None else []
            yield self._usb("usb-redir", name, redirection, options, backend), f"redirdev {number}"
        for number, crypto in enumerate(devices.cryptos):
            name = f"crypto{number}"
            backend = ("-object", f"cryptodev-backend-builtin,id=obj{name}")
            yield self._pci("virtio-crypto-pci", name, crypto, [f"cryptodev=obj{name}"], backend), f"crypto {number}"
        for number, shared in enumerate(devices.shmems):
            if shared.model is not None and shared.model.type == "ivshmem-plain" and shared.server is None:
                name, size = f"shmem{number}", (shared.size.bytes if shared.size is not None else None) or 4 << 20
                backend = ("-object", f"memory-backend-ram,id=mem{name},size={size >> 10}k,share=on")
                options = [f"memdev=mem{name}", *([f"master={on_off(shared.role == 'master')}"] if shared.role else [])]
                yield self._pci("ivshmem-plain", name, shared, options, backend), f"shmem {shared.name}"


def _offloads(element: Interface) -> Iterator[str]:
    """Yield what ``<driver>`` of a virtio network card offers to the guest."""
    driver = element.driver
    if driver is None:
        return
    known = {"rx_queue_size": driver.rx_queue_size, "tx_queue_size": driver.tx_queue_size}
    yield from (f"{name}={value}" for name, value in known.items() if value is not None)
    if driver.event_idx is not None:
        yield f"event_idx={on_off(driver.event_idx)}"
    yield from _settings(driver, {"rss": "rss", "rss_hash_report": "hash"})
    host = {name: f"host_{name}" for name in ("tso4", "tso6", "ecn", "ufo")}
    host |= {name: name for name in ("csum", "gso", "mrg_rxbuf")}
    guest = {name: f"guest_{name}" for name in ("csum", "tso4", "tso6", "ecn", "ufo")}
    yield from _settings(driver.host, host)
    yield from _settings(driver.guest, guest)


def _settings(element: Element | None, names: Mapping[str, str]) -> Iterator[str]:
    """Yield options for the fields that an element has."""
    for field, name in names.items():
        value = getattr(element, field, None)
        if value is not None:
            yield f"{name}={on_off(value) if isinstance(value, bool) else value}"
