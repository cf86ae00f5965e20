"""Rules of QEMU's driver that no capability of a QEMU decides: about the machine, and devices of a machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from math import prod
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.guest import (
    VIRTIO,
    Guest,
    address_type,
    each,
    every,
    lacks_shared_memory,
    look,
    members,
    number,
)
from libvirtxml._impl.definition.rule import ALL, Found, measured_before, rule
from libvirtxml.errors import SizeError
from libvirtxml.values import unit_size

if TYPE_CHECKING:
    from libvirtxml import Domain

_PSERIES = ("hpt", "htm", "nested_hv", "ccf_assist", "cfpc", "sbbc", "ibs")
_X86_TIMERS = ("tsc", "kvmclock", "hypervclock")
_SOUNDS = ("sb16", "es1370", "pcspk", "ac97", "ich6", "ich7", "ich9", "usb", "virtio")
_BEFORE_PVPANIC = measured_before("11.3.0")
"""The measured releases, as bits, that choose no pvpanic where the document names no model."""
_WITHOUT_CLUSTERS = measured_before("11.3.0")
"""The measured releases, as bits, that ignore clusters in a topology."""
_LARGEST_START = 253_402_300_799


def _is_set(domain: Any, feature: str) -> bool:
    return look(domain, f"features.{feature}") is not None


def _has_uefi(domain: Any) -> bool:
    return bool(look(domain, "os.firmware") == "efi" or look(domain, "os.loader.type") == "pflash")


@rule(
    "DEF110",
    "the machine has the features that are asked for",
    why="QEMU's driver refuses features of other architectures and machine types.",
    fix="Remove the feature, or choose the machine type that has it.",
    driver="qemu",
)
def check_machine_features(domain: Domain) -> Found:
    """Features of the machine."""
    guest = Guest(domain)
    if look(domain, "features.tcg") is not None and guest.type != "qemu":
        yield "/domain/features/tcg", f"guests of the type {guest.type} do not use it"
    if look(domain, "features.vmport.state") is True and look(domain, "features.ps2.state") is False:
        yield "/domain/features/vmport", "the feature ps2 is off"
    if guest.arch == "aarch64":
        yield from _sve(domain)
    if guest.machine == "isapc" and any(look(item, "type") in ("usb", "pci", "scsi") and look(item, "model") != "none"
                                        for _, item in each(domain, "controllers")):  # fmt: skip
        yield "/domain/os/type/@machine", "an isapc has no PCI bus"
    if not guest.is_known:
        return
    for feature in _PSERIES:
        if _is_set(domain, feature) and not guest.is_pseries:
            yield f"/domain/features/{feature.replace('_', '-')}", f"{guest} has none"
    yield from _features(domain, guest)
    if look(domain, "features.acpi") and guest.arch == "aarch64" and not _has_uefi(domain):
        yield "/domain/features/acpi", "it needs UEFI on this architecture"
    if not look(domain, "features.acpi") and guest.is_x86 and _has_uefi(domain):
        yield "/domain/os", "UEFI needs the feature acpi on this architecture"
    size = look(domain, "features.smm.tseg")
    if size is not None:
        yield from _tseg(size, guest)


def _features(domain: Any, guest: Guest) -> Iterator[tuple[str, str]]:
    for feature, has_it in (
        ("gic", guest.is_arm_virt),
        ("ioapic", guest.is_x86),
        ("pvspinlock", guest.is_x86),
        ("hyperv", guest.is_x86 or guest.is_arm_virt),
        ("ras", guest.is_arm_virt),
        ("aia", guest.is_riscv_virt),
        ("vmport", guest.is_x86),
        ("ps2", guest.is_x86),
    ):
        if _is_set(domain, feature) and not has_it:
            yield f"/domain/features/{feature}", f"{guest} has none"


def _sve(domain: Any) -> Iterator[tuple[str, str]]:
    """Vector lengths of SVE without SVE."""
    features = {str(look(item, "name")): look(item, "policy") for item in members(domain, "cpu.features")}
    lengths = [name for name, policy in features.items() if name[3:].isdecimal() and name[:3] == "sve"]
    if features.get("sve") == "disable" and any(features[name] == "require" for name in lengths):
        yield "/domain/cpu/feature", "SVE is disabled, and has vector lengths"


def _tseg(size: Any, guest: Guest) -> Iterator[tuple[str, str]]:
    if not guest.is_q35:
        yield "/domain/features/smm/tseg", f"{guest} has none"
    elif value := number(size, "value"):
        with suppress(SizeError):  # another rule is about units
            if value * unit_size(str(look(size, "unit") or "MiB")) % unit_size("MiB"):
                yield "/domain/features/smm/tseg", "it is a multiple of 1 MiB"


@rule(
    "DEF111",
    "the CPU, clock and boot of the guest are QEMU's",
    why="QEMU's driver refuses what QEMU cannot do.",
    fix="Remove the setting.",
    driver="qemu",
)
def check_machine(domain: Domain) -> Found:
    """CPU, clock, boot and lifecycle."""
    guest = Guest(domain)
    yield from _cpu(domain, guest)
    yield from _clock(domain, guest)
    for field, tag in (("bootloader", "bootloader"), ("bootloader_args", "bootloader_args")):
        if look(domain, field):
            yield f"/domain/{tag}", "QEMU has none"
    for field in ("on_poweroff", "on_reboot", "on_crash"):
        action = look(domain, field)
        if action == "rename-restart" or (action == "preserve" and field != "on_crash"):
            yield f"/domain/{field}", f"QEMU's driver does not {action}"
    if look(domain, "on_poweroff") == "restart" and look(domain, "on_reboot") == "destroy":
        yield "/domain/on_reboot", "a guest that restarts when it is switched off cannot end when it restarts"
    yield from _boot(domain, guest)
    if (look(domain, "pm.suspend_to_mem") is not None or look(domain, "pm.suspend_to_disk") is not None) and (
        guest.arch and not guest.is_x86
    ):
        yield "/domain/pm", f"{guest} has no such states"


def _boot(domain: Any, guest: Guest) -> Iterator[tuple[str, str]]:
    if (
        look(domain, "os.bios.useserial") is True
        and not look(domain, "devices.serials")
        and not any(look(item, "target.type") in (None, "serial") for item in members(domain, "devices.consoles"))
    ):
        yield "/domain/os/bios/@useserial", "there is no serial port"
    if look(domain, "os.loader.secure") is True and guest.is_known and not guest.is_q35:
        yield "/domain/os/loader/@secure", f"{guest} has no secure boot"
    lacks_smm = look(domain, "os.firmware") is None and look(domain, "features.smm.state") is not True
    if look(domain, "os.loader.secure") is True and guest.is_q35 and lacks_smm:
        yield "/domain/os/loader/@secure", "it needs the feature smm"
    for index, boot in enumerate([item for _, item in _with_loadparm(domain)], 1):
        text = str(boot)
        if not 1 <= len(text) <= 8:
            yield f"/domain/devices//boot[{index}]/@loadparm", "it has one to eight characters"


def _clock(domain: Any, guest: Guest) -> Iterator[tuple[str, str]]:
    for index, timer in enumerate(members(domain, "clock.timers"), 1):
        path, name, policy = f"/domain/clock/timer[{index}]", look(timer, "name"), look(timer, "tickpolicy")
        if name == "platform":
            yield f"{path}/@name", "QEMU has no timer 'platform'"
        if name in _X86_TIMERS and look(timer, "present") is True and guest.arch and not guest.is_x86:
            yield f"{path}/@name", f"{guest} has no timer {name!r}"
        if name == "hpet" and look(timer, "present") is True and guest.arch and not guest.is_x86:
            yield f"{path}/@name", f"{guest} has no timer {name!r}"
        if name == "armvtimer" and guest.is_known and not guest.is_arm_virt:
            yield f"{path}/@name", f"{guest} has no timer {name!r}"
        if (name == "rtc" and policy in ("merge", "discard")) or (name == "pit" and policy == "merge"):
            yield f"{path}/@tickpolicy", f"the timer {name!r} has no policy {policy!r}"
        if name == "rtc" and look(timer, "track") == "boot":
            yield f"{path}/@track", "the timer 'rtc' does not track the boot"
    start = number(domain, "clock.start")
    if start is not None and start > _LARGEST_START:
        yield "/domain/clock/@start", f"it is more than {_LARGEST_START}"


def _with_loadparm(domain: Any) -> Iterator[tuple[str, str]]:
    for name in ("disks", "interfaces", "hostdevs"):
        for path, device in each(domain, name):
            if (text := look(device, "boot.loadparm")) is not None:
                yield path, str(text)


def _cpu(domain: Any, guest: Guest) -> Found:
    address, cache, mode = look(domain, "cpu.maxphysaddr"), look(domain, "cpu.cache"), look(domain, "cpu.mode")
    if address is not None and guest.arch and not guest.is_x86:
        yield "/domain/cpu/maxphysaddr", f"{guest} has none"
    if look(address, "mode") == "passthrough" and look(address, "bits") is not None:
        yield "/domain/cpu/maxphysaddr/@bits", "the host decides with mode='passthrough'"
    kind, level = look(cache, "mode"), look(cache, "level")
    if cache is not None and guest.arch and not guest.is_x86:
        yield "/domain/cpu/cache", f"{guest} has none"
    elif kind == "emulate" and str(level) != "3":
        yield "/domain/cpu/cache/@level", "only the third level is emulated"
    elif kind in ("passthrough", "disable") and level is not None:
        yield "/domain/cpu/cache/@level", f"there is none with mode={kind!r}"
    if kind == "passthrough" and mode not in ("host-passthrough", "maximum"):
        yield "/domain/cpu/cache/@mode", "only a CPU that is passed through has the host's caches"
    topology, most = look(domain, "cpu.topology"), number(domain, "vcpu.value")
    if topology is not None:
        made = prod(number(topology, name) or 1 for name in ("sockets", "dies", "cores", "threads"))
        clusters = number(topology, "clusters") or 1
        for count, releases in ((made, _WITHOUT_CLUSTERS), (made * clusters, ALL & ~_WITHOUT_CLUSTERS)):
            if most is not None and count != most:
                which = ALL if clusters == 1 else releases
                yield "/domain/cpu/topology", f"it makes {count} vCPUs, and the guest has {most}", which
        threads, current = number(topology, "threads") or 1, number(domain, "vcpu.current") or most
        if guest.is_pseries and current and current % threads:
            yield "/domain/vcpu/@current", f"vCPUs are plugged by {threads}, the threads of a core"
    if number(domain, "vcpu.value") == 0:
        yield "/domain/vcpu", "it is 0"


@rule(
    "DEF112",
    "interfaces have what QEMU and their type have",
    why="QEMU's driver refuses settings that a type of interface does not have.",
    fix="Remove the setting, or choose the type that has it.",
    driver="qemu",
)
def check_qemu_interfaces(domain: Domain) -> Found:
    """Interfaces of QEMU's guests."""
    for path, net in each(domain, "interfaces"):
        kind, model = str(look(net, "type") or ""), look(net, "model.type")
        if look(net, "routes"):
            yield f"{path}/route[1]", "QEMU sets no routes in a guest"
        if look(net, "ips") and kind != "user" and look(net, "backend.type") != "passt":
            yield f"{path}/ip[1]", f"interfaces of the type {kind} set no addresses in a guest"
        if kind in ("vhostuser", "vdpa") and model is not None and model not in VIRTIO:
            yield f"{path}/model/@type", f"interfaces of the type {kind} are virtio"
        if kind == "vhostuser" and lacks_shared_memory(domain):
            yield path, "interfaces of the type vhostuser need shared memory"
        if (
            kind == "vhostuser"
            and look(net, "source.mode") == "server"
            and look(net, "source.reconnect.enabled") is True
        ):
            yield f"{path}/source/reconnect", "who waits for a connection does not connect again"
        for name in ("rx_queue_size", "tx_queue_size"):
            size = number(net, f"driver.{name}")
            if size and size & (size - 1):
                yield f"{path}/driver/@{name}", "it is not a power of two"
        if look(net, "teaming.type") == "persistent" and model not in VIRTIO:
            yield f"{path}/teaming/@type", "a persistent interface is of the model virtio"
        if look(net, "teaming.type") == "transient" and kind not in ("hostdev", "network"):
            yield f"{path}/teaming/@type", "a transient interface is of the type hostdev"
        if look(net, "coalesce") is not None and kind not in ("network", "bridge"):
            yield f"{path}/coalesce", f"interfaces of the type {kind} have none"


@rule(
    "DEF113",
    "displays, sounds and devices of the host have what QEMU has",
    why="QEMU's driver refuses what QEMU cannot show or play.",
    fix="Remove the setting, or choose the model that has it.",
    driver="qemu",
)
def check_qemu_displays(domain: Domain) -> Found:
    """Graphics, video, sound and mediated devices."""
    kinds = [str(look(item, "type")) for _, item in each(domain, "graphics")]
    for path, graphics in each(domain, "graphics"):
        if "egl-headless" in kinds and look(graphics, "type") == "spice" and look(graphics, "gl.enable") is True:
            yield f"{path}/gl", "egl-headless has OpenGL already"
        if "egl-headless" in kinds and look(graphics, "type") not in ("egl-headless", "vnc", "spice"):
            yield f"{path}/@type", "egl-headless goes with VNC and SPICE only"
        if look(graphics, "type") == "vnc" and len(str(look(graphics, "passwd") or "")) > 8:
            yield f"{path}/@passwd", "a password of VNC has eight characters at most"
    for index, (path, video) in enumerate(each(domain, "videos")):
        yield from _video(path, video, index, domain)
    for path, sound in each(domain, "sounds"):
        if look(sound, "model") is not None and look(sound, "model") not in _SOUNDS:
            yield f"{path}/@model", f"QEMU has no {sound.model}"
    for path, audio in each(domain, "audios"):
        if look(audio, "type") == "spice" and "spice" not in kinds:
            yield f"{path}/@type", "there are no SPICE graphics"
    yield from _hostdevs(domain, kinds)


def _hostdevs(domain: Any, kinds: list[str]) -> Iterator[tuple[str, str]]:
    found = ""
    for path, device in each(domain, "hostdevs"):
        if look(device, "display") is True and not kinds:
            yield f"{path}/@display", "there are no graphics"
        if look(device, "display") is not None and look(device, "model") in ("vfio-ap", "vfio-ccw"):
            yield f"{path}/@display", f"{device.model} has none"
        if number(device, "boot.order") and (
            look(device, "type") == "scsi_host" or look(device, "model") in ("vfio-pci", "vfio-ap")
        ):
            yield f"{path}/boot", "nothing boots from it"
        if look(device, "model") == "vfio-pci" and address_type(device) not in (None, "pci"):
            yield f"{path}/address/@type", "it is pci for the model vfio-pci"
        if look(device, "model") == "vfio-ap":
            if found:
                yield path, f"{found} is of the model vfio-ap already"
            found = path
        if look(device, "mode") == "capabilities":
            yield f"{path}/@mode", "QEMU has no capabilities of the host"
        if look(device, "source.write_filtering") is not None:
            yield f"{path}/source/@writeFiltering", "QEMU has none"


def _video(path: str, video: Any, index: int, domain: Any) -> Iterator[tuple[str, str]]:
    model, primary = look(video, "model.type"), look(video, "model.primary") is True
    if model in ("xen", "vbox", "gop", "default"):
        yield f"{path}/model/@type", f"QEMU has no {model}"
        return
    first_is_primary = not any(look(item, "model.primary") is True for _, item in each(domain, "videos"))
    if model not in (None, "qxl", "virtio", "none"):
        if not primary and not (index == 0 and first_is_primary):
            yield f"{path}/model/@type", f"{model} is the primary video device only"
        if (number(video, "model.heads") or 1) != 1:
            yield f"{path}/model/@heads", f"{model} has one"
    if look(video, "model.acceleration.accel2d") is True:
        yield f"{path}/model/acceleration/@accel2d", "QEMU has none"
    if (
        look(video, "model.acceleration.accel3d") is True
        and model != "virtio"
        and look(video, "driver.name") != "vhostuser"
    ):
        yield f"{path}/model/acceleration/@accel3d", "only virtio has it"
    memory = number(video, "model.vgamem")
    if memory and (memory < 1024 or memory & (memory - 1)):
        yield f"{path}/model/@vgamem", "it is a power of two, and 1024 at least"
    if model in ("vga", "vmvga") and 0 < (number(video, "model.vram") or 1024) < 1024:
        yield f"{path}/model/@vram", "it is 1024 at least"
    if look(video, "model.resolution") is not None and model in ("cirrus", "vmvga", "ramfb"):
        yield f"{path}/model/resolution", f"{model} has none"
    if look(video, "model.blob") is True and look(domain, "memory_backing.source.type") != "memfd":
        yield f"{path}/model/@blob", "it needs memory of the type memfd"
    if look(video, "model.edid") is False and model == "qxl":
        yield f"{path}/model/@edid", "qxl cannot do without"


@rule(
    "DEF114",
    "the smaller devices are ones that the machine has",
    why="QEMU's driver knows which devices a machine can have.",
    fix="Remove the device, or choose the model that the machine has.",
    driver="qemu",
)
def check_machine_devices(domain: Domain) -> Found:
    """Panic devices, watchdogs, TPMs, IOMMUs, shared memory, filesystems."""
    guest = Guest(domain)
    yield from _panics(domain, guest)
    yield from _watchdogs(domain, guest)
    yield from _tpms(domain, guest)
    yield from _iommus(domain, guest)
    for path, shmem in each(domain, "shmems"):
        size = look(shmem, "size")
        value = getattr(size, "bytes", None) if size is not None and isinstance(look(size, "value"), int) else None
        if value and (value < 1 << 20 or value & (value - 1)):
            yield f"{path}/size", "it is a power of two, and 1 MiB at least"
    yield from _filesystems(domain)
    for path, _ in each(domain, "nvram"):
        if guest.is_known and not guest.is_pseries:
            yield path, f"{guest} has none"
    for path, device in each(domain, "redirdevs"):
        if look(device, "bus") not in (None, "usb"):
            yield f"{path}/@bus", "QEMU redirects USB devices"
    yield from _memory(domain)
    for path, device in every(domain):
        reg = number(device, "address.reg")
        if reg is not None and reg > 0xFFFFFFFF:
            yield f"{path}/address/@reg", f"{reg:#x} is more than 0xffffffff"


def _memory(domain: Any) -> Iterator[tuple[str, str]]:
    if members(domain, "memory_backing.hugepages.pages") or look(domain, "memory_backing.hugepages") is not None:
        if look(domain, "memory_backing.source.type") == "anonymous":
            yield "/domain/memoryBacking/source/@type", "huge pages are not anonymous"
        if look(domain, "memory_backing.allocation.mode") == "ondemand":
            yield "/domain/memoryBacking/allocation/@mode", "huge pages are not allocated on demand"
    if look(domain, "memtune.min_guarantee") is not None:
        yield "/domain/memtune/min_guarantee", "QEMU has none"


def _iommus(domain: Any, guest: Guest) -> Iterator[tuple[str, str]]:
    for path, iommu in each(domain, "iommus"):
        model = look(iommu, "model")
        has_it = {"intel": guest.is_q35, "amd": guest.is_q35, "smmuv3": guest.is_arm_virt}.get(
            str(model), guest.is_q35 or guest.is_arm_virt
        )
        if guest.is_known and not has_it:
            yield f"{path}/@model", f"{guest} has no IOMMU {model}"
        if model == "virtio" and not look(domain, "features.acpi"):
            yield f"{path}/@model", "it needs the feature acpi"
        if model == "virtio" and address_type(iommu) not in (None, "pci"):
            yield f"{path}/address/@type", "it is pci"
        if model == "virtio" and number(iommu, "address.bus"):
            yield f"{path}/address/@bus", "it sits on the root bus"


def _tpms(domain: Any, guest: Guest) -> Iterator[tuple[str, str]]:
    proxies = [path for path, tpm in each(domain, "tpms") if look(tpm, "model") == "spapr-tpm-proxy"]
    others = [path for path, tpm in each(domain, "tpms") if look(tpm, "model") != "spapr-tpm-proxy"]
    for found in (proxies, others):
        for path in found[1:]:
            yield path, f"{found[0]} is one already"
    for path, tpm in each(domain, "tpms"):
        model, version = look(tpm, "model"), str(look(tpm, "backend.version"))
        is_possible = model in (None, "tpm-tis") and (guest.is_x86 or not guest.arch)
        if look(tpm, "backend.type") == "emulator" and version == "1.2" and not is_possible:
            yield f"{path}/backend/@version", f"TPM 1.2 is a tpm-tis of x86, not a {model} of {guest}"


def _panics(domain: Any, guest: Guest) -> Iterator[tuple[str, str] | tuple[str, str, int]]:
    for path, panic in each(domain, "panics"):
        model, address = look(panic, "model"), address_type(panic)
        if model in ("s390", "hyperv", "pseries") and address is not None:
            yield f"{path}/address", f"a {model} has none"
        elif model == "isa" and address not in (None, "isa"):
            yield f"{path}/address/@type", "it is isa"
        elif model == "pvpanic" and address not in (None, "pci"):
            yield f"{path}/address/@type", "it is pci"
        elif model is None and address is not None and (guest.is_s390 or guest.is_pseries):
            yield f"{path}/address", f"{guest} has a panic device without address"
        has_it = {"s390": guest.is_s390, "hyperv": guest.is_x86, "pseries": guest.is_pseries, "isa": guest.is_x86}
        if guest.is_known and not has_it.get(str(model), True):
            yield f"{path}/@model", f"{guest} has no panic device {model}"
        if guest.is_known and model is None and not (guest.is_x86 or guest.is_s390 or guest.is_pseries):
            since = _BEFORE_PVPANIC if guest.is_arm_virt or guest.is_riscv_virt else ALL
            yield f"{path}/@model", f"{guest} has no panic device of its own", since


def _watchdogs(domain: Any, guest: Guest) -> Iterator[tuple[str, str]]:
    seen: dict[str, str] = {}
    first = None
    for path, watchdog in each(domain, "watchdogs"):
        model, action = str(look(watchdog, "model")), str(look(watchdog, "action") or "reset")
        first = first or action
        if action != first:
            yield f"{path}/@action", "all watchdogs have one action"
        if model in seen and model != "i6300esb":
            yield path, f"{seen[model]} is of the same model"
        seen.setdefault(model, path)
        if model in ("ib700", "diag288", "itco") and address_type(watchdog) is not None:
            yield f"{path}/address", f"an {model} has none"
        elif model == "i6300esb" and address_type(watchdog) not in (None, "pci"):
            yield f"{path}/address/@type", "it is pci"
        has_it = {"ib700": guest.is_i440fx, "diag288": guest.is_s390, "itco": guest.is_q35}
        if guest.is_known and not has_it.get(model, True):
            yield f"{path}/@model", f"{guest} has no {model}"


def _filesystems(domain: Any) -> Iterator[tuple[str, str]]:
    for path, item in each(domain, "filesystems"):
        driver = str(look(item, "driver.type") or "path")
        if look(item, "type") not in (None, "mount"):
            yield f"{path}/@type", f"QEMU has no filesystems of the type {item.type}"
        if look(item, "space_hard_limit") is not None or look(item, "space_soft_limit") is not None:
            yield path, "QEMU has no limits of space"
        if (look(item, "fmode") is not None or look(item, "dmode") is not None) and look(
            item, "accessmode"
        ) != "mapped":
            yield f"{path}/@fmode", "it needs accessmode='mapped'"
        if driver == "virtiofs":
            if look(item, "accessmode") not in (None, "passthrough"):
                yield f"{path}/@accessmode", "virtiofs has 'passthrough' only"
            if lacks_shared_memory(domain):
                yield path, "virtiofs needs shared memory"
            is_ccw = Guest(domain).is_s390 and address_type(item) is None
            if number(item, "boot.order") and (is_ccw or address_type(item) not in (None, "pci")):
                yield f"{path}/boot", "virtiofs boots from PCI only"
        elif driver in ("loop", "nbd", "ploop"):
            yield f"{path}/driver/@type", f"QEMU has no driver {driver}"
