"""A plan as text: the controller tree with libvirt's numbers, and what ``lspci -t`` will print in the guest."""

from __future__ import annotations

from collections.abc import Iterator

from virtsmith.host.plan.predict import Expected, ExpectedDevice, predict, root_name
from virtsmith.host.plan.topology import Plan, PlannedController
from virtsmith.host.spec.quantities import format_cpus, format_kib


def show_text(plan: Plan) -> str:
    """Nodes, the controller tree, the predicted ``lspci -t`` and the predicted IOMMU groups."""
    expected = predict(plan)
    parts = [
        ("NUMA nodes", _nodes(plan, expected)),
        ("PCI controllers (index is what `bus` means in a libvirt address)", controller_tree(plan)),
        ("lspci -t in the guest", lspci_tree(expected)),
    ]
    if expected.groups:
        parts.append(("IOMMU groups in the guest (their numbers are arbitrary)", _groups(expected)))
    return "\n".join(f"{title}\n\n{body}" for title, body in parts)


def _nodes(plan: Plan, expected: Expected) -> str:
    lines = []
    for node in expected.nodes:
        pages = "".join(f", {count} pages of {format_kib(kib)}" for kib, count in sorted(node.hugepages.items()))
        cpus = format_cpus(node.cpus) or "none"
        distances = " ".join(map(str, node.distances))
        lines.append(f"  node {node.number}: CPUs {cpus}, {format_kib(node.memory_kib)}{pages}, distances {distances}")
    if topology := plan.spec.topology:
        counts = {"socket": topology.sockets, "die": topology.dies, "core": topology.cores, "thread": topology.threads}
        words = [f"{count} {name}{'s' if count > 1 else ''}" for name, count in counts.items()]
        lines.append(f"  CPUs are {' x '.join(words if topology.dies > 1 else [words[0], *words[2:]])}")
    return "\n".join(lines) + "\n"


def controller_tree(plan: Plan) -> str:
    """The tree of controllers and devices, in the order of their indexes."""
    lines = ["  pcie-root (index 0, guest bus 00)", *_children(plan, 0, "  ")]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _children(plan: Plan, index: int, indent: str) -> Iterator[str]:
    children = plan.children(index)
    for number, child in enumerate(children):
        last = number == len(children) - 1
        yield f"{indent}|"
        yield f"{indent}+- {_controller(child)}"
        below = f"{indent}{' ' if last else '|'}  "
        endpoint = plan.endpoint_at(child.index)
        if endpoint is not None:
            mac = f" {endpoint.mac}" if endpoint.mac else ""
            vfs = f", {endpoint.device.vfs} VFs" if endpoint.device.vfs else ""
            yield f"{below}+- {endpoint.name}: {endpoint.device.model}{mac} at {endpoint.guest[5:]}{vfs}"
        elif child.model == "pcie-root-port":
            yield f"{below}+- (free)"
        yield from _children(plan, child.index, below)


def _controller(controller: PlannedController) -> str:
    facts = [f"index {controller.index}"]
    if controller.bus_number is not None:
        facts += [f"node {controller.node}", f"guest bus {controller.guest_bus:02x} ({controller.bus_number})"]
    if controller.port is not None:
        facts += [f"chassis {controller.chassis}", f"port {controller.port:#x}"]
    return f"{controller.model} ({', '.join(facts)}) at {(controller.guest or '')[5:]}"


def lspci_tree(expected: Expected) -> str:
    """What ``lspci -t`` will print (pciutils' ``ls-tree.c``), with the roots in ascending order."""
    roots = sorted({0, *expected.root_buses})
    lines: list[str] = []
    for number, bus in enumerate(roots):
        last = number == len(roots) - 1
        branch = "-" if len(roots) == 1 else "-+-" if number == 0 else " \\-" if last else " +-"
        head = f"{branch}[0000:{bus:02x}]-"
        rest = ("  " if last else " |") + " " * (len(head) - 2)
        lines += _join(head, rest, _bus(expected, root_name(bus)))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _join(head: str, rest: str, body: list[str]) -> list[str]:
    return [(head if number == 0 else rest) + line for number, line in enumerate(body)] or [head]


def _bus(expected: Expected, parent: str) -> list[str]:
    """The lines of one bus: each function, with the devices behind it to its right."""
    devices = sorted(
        (device for device in expected.devices if device.parent == parent), key=lambda device: device.address
    )
    lines: list[str] = []
    for number, device in enumerate(devices):
        last = number == len(devices) - 1
        head = ("--" if len(devices) == 1 else "\\-" if last else "+-") + device.address[8:]
        if device.secondary is not None:
            head += f"-[{_bus_range(expected, device)}]--"
        rest = (" " if last else "|") + " " * (len(head) - 1)
        lines += _join(head, rest, _bus(expected, device.address))
    return lines


def _bus_range(expected: Expected, bridge: ExpectedDevice) -> str:
    last = max(_buses_below(expected, bridge))
    return f"{bridge.secondary:02x}" if last == bridge.secondary else f"{bridge.secondary:02x}-{last:02x}"


def _buses_below(expected: Expected, bridge: ExpectedDevice) -> Iterator[int]:
    yield bridge.secondary or 0
    for device in expected.devices:
        if device.parent == bridge.address and device.secondary is not None:
            yield from _buses_below(expected, device)


def _groups(expected: Expected) -> str:
    return "".join("  {" + ", ".join(sorted(address[5:] for address in group)) + "}\n" for group in expected.groups)
