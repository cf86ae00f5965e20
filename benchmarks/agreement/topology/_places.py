"""Controllers and devices at every kind of place."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.agreement.topology._domain import ROOT, domain, place

_PCI = (
    "pcie-root-port",
    "pcie-switch-upstream-port",
    "pcie-switch-downstream-port",
    "dmi-to-pci-bridge",
    "pcie-to-pci-bridge",
    "pci-bridge",
    "pcie-expander-bus",
    "pci-expander-bus",
)
_SWITCH = (("pcie-root-port", 2), ("pcie-switch-upstream-port", 0), ("pcie-switch-downstream-port", 0))
_CHAINS: dict[str, dict[str, tuple[tuple[str, int], ...]]] = {
    "q35": {
        "pcie-root": (),
        "pcie-root-port": _SWITCH[:1],
        "pcie-switch-upstream-port": _SWITCH[:2],
        "pcie-switch-downstream-port": _SWITCH,
        "dmi-to-pci-bridge": (("dmi-to-pci-bridge", 2),),
        "pcie-to-pci-bridge": (("pcie-root-port", 2), ("pcie-to-pci-bridge", 0)),
        "pci-bridge": (("dmi-to-pci-bridge", 2), ("pci-bridge", 1)),
        "pcie-expander-bus": (("pcie-expander-bus", 2),),
    },
    "pc": {"pci-root": (), "pci-bridge": (("pci-bridge", 5),), "pci-expander-bus": (("pci-expander-bus", 5),)},
}
"""By machine, the models and slots of the controllers that open a bus of each model."""
_SINGLE = ("pcie-root-port", "pcie-switch-downstream-port")
_DEVICES = {
    "audio": "<sound model='ich6'>{}</sound>",
    "hostdev": "<hostdev mode='subsystem' type='pci'><source><address bus='1'/></source>{}</hostdev>",
    "balloon": "<memballoon model='virtio'>{}</memballoon>",
    "rng": "<rng model='virtio'><backend model='random'>/dev/urandom</backend>{}</rng>",
    "watchdog": "<watchdog model='i6300esb'>{}</watchdog>",
    "xhci": "<controller type='usb' index='0' model='qemu-xhci'>{}</controller>",
    "sata": "<controller type='sata' index='1'>{}</controller>",
    "scsi": "<controller type='scsi' index='0' model='virtio-scsi'>{}</controller>",
    "lsi": "<controller type='scsi' index='0' model='lsilogic'>{}</controller>",
    "shmem": "<shmem name='a'><model type='ivshmem-plain'/><size unit='M'>4</size>{}</shmem>",
    **{
        model: f"<interface type='user'><model type='{model}'/>{{}}</interface>"
        for model in ("virtio", "e1000e", "e1000", "rtl8139", "vmxnet3", "igb", "virtio-transitional")
    },
}


def _controller(index: int, model: str, address: str) -> str:
    target = f"<target busNr='{200 + index}'/>" if "expander" in model else ""
    return f"<controller type='pci' index='{index}' model='{model}'>{target}{address}</controller>"


def _buses() -> Iterator[tuple[str, str, int, str, tuple[int, ...]]]:
    """Machine, model and index of a bus, the controllers that open it, and slots to try."""
    for machine, chains in _CHAINS.items():
        for model, chain in chains.items():
            opened = "".join(
                _controller(index, name, place(index - 1, slot)) for index, (name, slot) in enumerate(chain, 1)
            )
            root = ROOT if machine == "q35" else ""
            slots = (0, 3) if model in _SINGLE else (0, 1, 3) if chain else (6,)
            yield machine, model, len(chain), root + opened, slots


def controllers() -> Iterator[tuple[str, str]]:
    """Each model of controller on each model of bus; numbers of controllers."""
    for machine, bus, index, opened, slots in _buses():
        for model in _PCI:
            for slot in slots:
                text = opened + _controller(9, model, place(index, slot))
                yield f"{machine}: {model} in slot {slot} of {bus}", domain(machine=machine, devices=text, numa="")
    for what, devices in {
        "two of one index": _controller(1, "pcie-root-port", "") * 2,
        "a root port of index 0": _controller(0, "pcie-root-port", ""),
        "a second root": ROOT + ROOT.replace("'0'", "'1'"),
        "an index without those before": ROOT + _controller(5, "pcie-root-port", ""),
        "a chassis of 300": _controller(1, "pcie-root-port", "<target chassis='300'/>"),
        "a bus number of 300": _controller(1, "pcie-expander-bus", "").replace("201", "300"),
        "a bus number of 0": _controller(1, "pcie-expander-bus", "").replace("201", "0"),
        "a cell that is not there": _controller(1, "pcie-expander-bus", "").replace("/>", "><node>7</node></target>"),
    }.items():
        yield f"controllers: {what}", domain(devices=devices)
    yield "a pcie-root of a pc", domain(machine="pc", devices=ROOT)


def devices() -> Iterator[tuple[str, str]]:
    """Each kind of device on each model of bus; addresses that cannot be."""
    for machine, bus, index, opened, slots in _buses():
        for kind, text in _DEVICES.items():
            for slot in slots:
                found = domain(machine=machine, devices=opened + text.format(place(index, slot)), numa="")
                yield f"{machine}: {kind} in slot {slot} of {bus}", found
    card = _DEVICES["virtio"]
    for bus, slot, function in ((0, 32, 0), (0, 3, 8), (0, 3, 0)):
        yield f"a card at {bus}:{slot}.{function}", domain(devices=ROOT + card.format(place(bus, slot, function)))
    at = card.format(place(0, 3))
    yield "two cards at one address", domain(devices=ROOT + at * 2)
    yield "functions of one slot", domain(devices=ROOT + at + card.format(place(0, 3, 1)))
    yield "a card in another domain", domain(devices=ROOT + at.replace("domain='0x0000'", "domain='0x0001'"))


def chipset() -> Iterator[tuple[str, str]]:
    """Devices at the places that the chipset may have for itself."""
    kinds = {name: _DEVICES[name] for name in ("virtio", "scsi", "balloon")} | {
        "sata": "<controller type='sata' index='0'>{}</controller>",
        "ehci": "<controller type='usb' index='0' model='ich9-ehci1'>{}</controller>",
        "video": "<video><model type='vga'/>{}</video>",
        "port": "<controller type='pci' index='1' model='pcie-root-port'>{}</controller>",
        "ide": "<controller type='ide' index='0'>{}</controller>",
        "piix3": "<controller type='usb' index='0' model='piix3-uhci'>{}</controller>",
    }
    for machine in ("q35", "pc"):
        for kind, text in kinds.items():
            if machine == "q35" and kind in ("ide", "piix3"):
                continue  # an emulator may have none
            for slot in (0, 1, 2, 0x1D, 0x1F):
                for function in (0, 1, 2, 3, 7):
                    found = text.format(place(0, slot, function))
                    name = f"{machine}: {kind} at {slot:#x}.{function}"
                    yield name, domain(machine=machine, devices=found, numa="")


def usb() -> Iterator[tuple[str, str]]:
    """USB controllers and their companions."""
    names = {"E": "ich9-ehci1", "1": "ich9-uhci1", "2": "ich9-uhci2", "X": "qemu-xhci", "P": "piix3-uhci", "N": "none"}
    for letters in ("E", "1", "E1", "1E", "E12", "X", "XX", "EE", "N", "P", "X1", "11"):
        for shift in (0, 1):
            for master in ("", "<master startport='0'/>"):
                text = "".join(
                    f"<controller type='usb' index='{number * shift}' model='{names[letter]}'>"
                    f"{master if letter in '12P' else ''}</controller>"
                    for number, letter in enumerate(letters)
                )
                yield f"USB {letters}, {shift}, {bool(master)}", domain(devices=text, numa="")
    for ports in (0, 4, 15, 16):
        xhci = f"<controller type='usb' index='0' model='qemu-xhci' ports='{ports}'/>"
        yield f"USB with {ports} ports", domain(devices=xhci, numa="")


def iommus() -> Iterator[tuple[str, str]]:
    """IOMMUs, alone and in pairs, with each of their settings."""
    for features in ("", "<ioapic driver='qemu'/>", "<ioapic driver='kvm'/>"):
        for model in ("intel", "virtio", "amd", "smmuv3"):
            for setting in ("", "intremap='on'", "caching_mode='on'", "iotlb='on'", "eim='on'", "eim='off'",
                            "aw_bits='48'", "intremap='on' eim='on'"):  # fmt: skip
                driver = f"<driver {setting}/>" if setting else ""
                text = f"<iommu model='{model}'>{driver}</iommu>"
                yield f"IOMMU {model} {setting} {features}", domain(features=features, devices=text)
    for pair in (("intel", "intel"), ("intel", "virtio"), ("virtio", "virtio")):
        yield f"IOMMUs {pair}", domain(devices="".join(f"<iommu model='{model}'/>" for model in pair))
    for model in ("intel", "virtio"):
        yield f"IOMMU {model} at an address", domain(devices=f"{ROOT}<iommu model='{model}'>{place(0, 7)}</iommu>")
    yield "IOMMU virtio without ACPI", domain(devices="<iommu model='virtio'/>").replace("<acpi/>", "")
