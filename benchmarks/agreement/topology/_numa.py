"""Memory, NUMA cells and vCPUs."""

from __future__ import annotations

import random
from collections.abc import Iterator

from benchmarks.agreement.topology._domain import CELLS, MEMORY, domain

_SOURCES = dict.fromkeys(("nvdimm", "virtio-pmem"), "<source><path>/dev/zero</path></source>")
_TARGETS = {"virtio-mem": "<block unit='KiB'>2048</block><requested unit='KiB'>0</requested>"}
_MACHINES = ("pc", "q35", "pc-q35-7.2", "pc-q35-6.0", "pc-q35-8.0", "pc-q35-8.1", "pc-q35-9.1", "pc-i440fx-7.2")


def _room(most: int = 8192, slots: int | None = 4) -> str:
    given = "" if slots is None else f" slots='{slots}'"
    return f"<maxMemory{given} unit='MiB'>{most}</maxMemory>{MEMORY}"


def _plugged(model: str, *, size: int = 512, node: int | None = 0, more: str = "", address: str = "") -> str:
    cell = "" if node is None else f"<node>{node}</node>"
    target = f"<target><size unit='MiB'>{size}</size>{cell}{more or _TARGETS.get(model, '')}</target>"
    return f"<memory model='{model}'>{_SOURCES.get(model, '')}{target}{address}</memory>"


def memory_devices() -> Iterator[tuple[str, str]]:
    """Memory devices of all models: their room, slots, cells, sizes and addresses."""
    for model in ("dimm", "nvdimm", "virtio-mem", "virtio-pmem"):
        node = None if model == "virtio-pmem" else 0
        device = _plugged(model, node=node)
        for what, memory, devices in (
            ("as it should be", _room(), device),
            ("without room", MEMORY, device),
            ("of no cell", _room(), _plugged(model, node=None)),
            ("two in one slot", _room(slots=1), device * 2),
            ("beside a DIMM in one slot", _room(slots=1), device + _plugged("dimm")),
            ("at a PCI address", _room(), _plugged(model, node=node, address="<address type='pci' slot='7'/>")),
            *((f"with a size of {size}", _room(), _plugged(model, node=node, size=size)) for size in (0, 1, 513, 8192)),
        ):
            yield f"{model} {what}", domain(memory=memory, devices=devices)
            yield f"{model} {what}, no cells", domain(memory=memory, devices=devices, numa="")
        for most in (2048, 2559, 2560):
            yield f"{model}, {most} at most", domain(memory=_room(most), devices=device)
            yield f"{model}, {most} at most, no cells", domain(memory=_room(most), devices=device, numa="")
        for slot in (1, 2, 3):
            slotted = _plugged(model, node=node, address=f"<address type='dimm' slot='{slot}'/>")
            yield f"{model} in slot {slot} of 2", domain(memory=_room(slots=2), devices=slotted)
        for access in ("shared", "private"):
            shared = device.replace("<memory ", f"<memory access='{access}' ")
            yield f"{model}, {access}", domain(memory=_room(), devices=shared)
    for size in (0, 64, 128, 524_287, 524_288):
        label = _plugged("nvdimm", more=f"<label><size unit='KiB'>{size}</size></label>")
        yield f"label of {size}", domain(memory=_room(), devices=label)
    for block, asked in ((2048, 524_288), (2048, 1024), (3072, 0), (2048, 1_048_576), (4096, 4096)):
        blocks = f"<block unit='KiB'>{block}</block><requested unit='KiB'>{asked}</requested>"
        yield f"block of {block}, {asked}", domain(memory=_room(), devices=_plugged("virtio-mem", more=blocks))
    for most, slots in ((1024, 4), (2048, 4), (8192, 0), (8192, None)):
        for numa in ("", f"<numa>{CELLS}</numa>"):
            yield f"{most} in {slots} slots, {bool(numa)}", domain(memory=_room(most, slots), numa=numa)


def cells() -> Iterator[tuple[str, str]]:
    """Cells, distances, huge pages and tuning."""
    first, rest = CELLS.split("/>", 1)
    for what, more in {
        "to itself 20": "0 20 1 21",
        "to a cell that is not there": "0 10 9 21",
        "of 9": "0 10 1 9",
        "of 256": "0 10 1 256",
        "of 10 to another": "0 10 1 10",
        "to the other only": "1 20",
        "twice": "1 20 1 21",
    }.items():
        words = more.split()
        siblings = "".join(f"<sibling id='{i}' value='{v}'/>" for i, v in zip(words[::2], words[1::2], strict=True))
        yield f"distance {what}", domain(numa=f"<numa>{first}><distances>{siblings}</distances></cell>{rest}</numa>")
    for what, inner in {
        "none": "",
        "one": "<cell id='0' cpus='0-3' memory='2048' unit='MiB'/>",
        "without numbers": CELLS.replace(" id='0'", "").replace(" id='1'", ""),
        "in another order": CELLS.replace("id='0'", "id='9'").replace("id='1'", "id='0'").replace("id='9'", "id='1'"),
        "with a gap": CELLS.replace("id='1'", "id='2'"),
        "with one number": CELLS.replace("id='1'", "id='0'"),
        "with one vCPU twice": CELLS.replace("2-3", "1-3"),
        "with too many vCPUs": CELLS.replace("2-3", "2-4"),
        "with too few vCPUs": CELLS.replace("2-3", "2"),
        "without memory": CELLS.replace(" memory='1024'", ""),
        "with vCPUs that are none": CELLS.replace("2-3", "a"),
        "with less memory": CELLS.replace("1024", "1000"),
        "with a strange unit": CELLS.replace("MiB", "X"),
    }.items():
        yield f"cells {what}", domain(numa=f"<numa>{inner}</numa>")
    for what, tuning in {
        "a cell that is not there": "<memnode cellid='5' mode='strict' nodeset='0'/>",
        "one cell twice": "<memnode cellid='1' mode='strict' nodeset='0'/>" * 2,
        "a cell of automatic memory": "<memory mode='strict' placement='auto'/>"
        "<memnode cellid='0' mode='strict' nodeset='0'/>",
        "a cell": "<memnode cellid='1' mode='strict' nodeset='0'/>",
    }.items():
        yield f"tuning of {what}", domain(tuning=f"<numatune>{tuning}</numatune>")
    for what, pages in {
        "for all": "<page size='2048'/>",
        "for all, twice": "<page size='2048'/><page size='1048576'/>",
        "for each": "<page size='2048' nodeset='0'/><page size='1048576' nodeset='1'/>",
        "for a cell twice": "<page size='2048' nodeset='0'/><page size='1048576' nodeset='0'/>",
        "for a cell that is not there": "<page size='2048' nodeset='0-2'/>",
        "of nothing": "<page size='0'/>",
    }.items():
        yield f"huge pages {what}", domain(tuning=f"<memoryBacking><hugepages>{pages}</hugepages></memoryBacking>")


def interconnects() -> Iterator[tuple[str, str]]:
    """Caches of cells, latencies and bandwidths."""

    def cache(level: int) -> str:
        inner = "<size value='10' unit='KiB'/><line value='8' unit='B'/>"
        return f"<cache level='{level}' associativity='direct' policy='writeback'>{inner}</cache>"

    def numa(values: str, caches: str = "", cpus: str = " cpus='2-3'") -> str:
        own = f"<cell id='0' cpus='0-1' memory='1024' unit='MiB'>{caches}</cell>"
        other = f"<cell id='1'{cpus} memory='1024' unit='MiB'/>"
        return f"<numa>{own}{other}{f'<interconnects>{values}</interconnects>' if values else ''}</numa>"

    for levels in ((1,), (2,), (1, 2), (2, 1), (1, 1), (1, 3), (0,), (4,)):
        yield f"caches {levels}", domain(numa=numa("", "".join(map(cache, levels))))
    for tag, amount in (("latency", "value='5'"), ("bandwidth", "value='204800' unit='KiB'")):

        def value(ends: str, more: str = "type='access'", tag: str = tag, amount: str = amount) -> str:
            initiator, target = ends
            return f"<{tag} initiator='{initiator}' target='{target}' {more} {amount}/>"

        for what, text in {
            "as it should be": value("00"),
            "to a cell that is not there": value("02"),
            "from a cell that is not there": value("20"),
            "twice": value("00") * 2,
            "of two kinds": value("00", "type='read'") + value("00", "type='write'"),
            "of a strange kind": value("00", "type='x'"),
            "of a cache that is not there": value("00", "type='access' cache='1'"),
        }.items():
            yield f"{tag} {what}", domain(numa=numa(text))
        for what, text in {
            "": value("00", "type='access' cache='1'"),
            " of another level": value("00", "type='access' cache='2'"),
            " of the initiator": value("01", "type='access' cache='1'"),
            " of the target": value("10", "type='access' cache='1'"),
            " and of the memory": value("00") + value("00", "type='access' cache='1'"),
        }.items():
            yield f"{tag} of a cache{what}", domain(numa=numa(text, cache(1)))
        for ends in ("10", "01"):
            yield f"{tag} {ends} without vCPUs", domain(vcpu="<vcpu>2</vcpu>", numa=numa(value(ends), cpus=""))


def groups_and_pins() -> Iterator[tuple[str, str]]:
    """Pins, schedulers, shares, and groups that share caches and bandwidth."""
    both = "<cache id='0' level='3' type='both' size='3' unit='MiB'/>"
    tuned = f"<cachetune vcpus='0-1'>{both}</cachetune>"
    half = "<memorytune vcpus='1-2'><node id='0' bandwidth='60'/></memorytune>"
    for text in (
        "<vcpupin vcpu='0' cpuset='0'/>",
        "<vcpupin vcpu='0' cpuset='0'/>" * 2,
        "<vcpupin vcpu='9' cpuset='0'/>",
        "<vcpupin vcpu='0' cpuset='0,^0'/>",
        "<emulatorpin cpuset='1,^1'/>",
        "<emulatorpin cpuset='0'/>",
        "<vcpusched vcpus='0' scheduler='fifo' priority='1'/>",
        "<vcpusched vcpus='0' scheduler='fifo'/>",
        "<vcpusched vcpus='0' scheduler='batch'/>",
        "<vcpusched vcpus='9' scheduler='fifo' priority='1'/>",
        *(f"<shares>{count}</shares>" for count in (0, 1, 2, 262_144, 262_145)),
        tuned,
        tuned * 2,
        tuned.replace("0-1", "9"),
        tuned + tuned.replace("0-1", "1-2"),
        tuned.replace(both, both * 2),
        tuned.replace(both, both + both.replace("both", "code")),
        tuned.replace(both, "<monitor level='3' vcpus='2'/>"),
        tuned.replace(both, "<monitor level='1' vcpus='0'/>"),
        "<cachetune vcpus='0'/>",
        half,
        half * 2,
        tuned + half,
        half.replace("60", "101"),
        half.replace("</mem", "<node id='0' bandwidth='50'/></mem"),
    ):
        yield f"tuning {text}", domain(tuning=f"<cputune>{text}</cputune>")
        kvm = domain(tuning=f"<cputune>{text}</cputune>").replace("type='qemu'", "type='kvm'")
        yield f"tuning {text}, KVM", kvm


def machine_sizes() -> Iterator[tuple[str, str]]:
    """Numbers of vCPUs, and the topologies that they have."""
    extended = "<iommu model='intel'><driver intremap='on' eim='on'/></iommu>"
    for machine in _MACHINES:
        for count in (255, 256, 288, 289, 1024, 1025, 4096, 4097):
            vcpu = f"<vcpu>{count}</vcpu>"
            yield f"{machine} with {count} vCPUs", domain(machine=machine, vcpu=vcpu, numa="")
            if "q35" in machine:
                name = f"{machine} with {count} vCPUs and extended interrupts"
                split = "<ioapic driver='qemu'/>"
                yield name, domain(machine=machine, vcpu=vcpu, numa="", features=split, devices=extended)
    for shape in ("1 1 1 3 2", "1 1 1 2 2", "2 2 1 1 1", "1 1 2 2 1", "1 1 2 4 1", "0 1 1 4 1", "4 1 1 1 1"):
        names = ("sockets", "dies", "clusters", "cores", "threads")
        levels = " ".join(f"{name}='{count}'" for name, count in zip(names, shape.split(), strict=True))
        yield f"topology {levels}", domain(topology=f"<topology {levels}/>")


def listed_vcpus(chance: random.Random, count: int = 150) -> Iterator[tuple[str, str]]:
    """Random lists of vCPUs that are on or off, can be plugged or not, in some order."""
    for number in range(count):
        most, is_ordered = chance.choice((3, 4)), chance.random() < 0.6
        listed, order = "", 1
        for vcpu in range(most + (chance.random() < 0.03)):
            if chance.random() < 0.1:
                continue
            enabled = chance.random() < (0.97 if vcpu == 0 else 0.7)
            choices = ("no", "no", "yes", "") if vcpu == 0 else ("yes", "no", "")
            plugged = chance.choice(choices) if enabled or chance.random() < 0.05 else "yes"
            listed += f"<vcpu id='{vcpu}' enabled='{'yes' if enabled else 'no'}'"
            listed += f" hotpluggable='{plugged}'" if plugged else ""
            if is_ordered and (enabled or chance.random() < 0.2) and chance.random() < 0.93:
                listed += f" order='{order if chance.random() < 0.85 else chance.randint(0, 4)}'"
                order += 1
            listed += "/>"
        vcpus = f"<vcpu>{most}</vcpu><vcpus>{listed}</vcpus>" if listed else f"<vcpu>{most}</vcpu>"
        yield f"vCPUs, list {number}", domain(vcpu=vcpus, numa="")
