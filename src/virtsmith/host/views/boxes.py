"""A plan as boxes: as SVG with one column per root complex, and as a Graphviz graph."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from virtsmith.host.plan.topology import Plan, PlannedController
from virtsmith.host.spec.quantities import format_cpus, format_kib

_WIDTH, _ROW, _GAP, _TOP = 230, 58, 24, 96
_COLOURS = ("#d5e5f7", "#dff0d8", "#fdebd0", "#ead7f1", "#f9d9d9", "#d8f0ee", "#f2f2c8", "#e3e3e3")


def show_svg(plan: Plan) -> str:
    """A self-contained SVG with a column for each root complex, coloured by NUMA node."""
    columns = [
        controller
        for controller in plan.controllers
        if controller.model == "pcie-expander-bus" or controller.parent is None
    ]
    rows = max((len(_ports(plan, column)) for column in columns), default=0)
    width = len(columns) * (_WIDTH + _GAP) + _GAP
    height = _TOP + max(rows, 1) * _ROW + _GAP
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">'
        ),
        f"<title>{escape(plan.spec.name)}</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for number, column in enumerate(columns):
        parts += _column(plan, column, _GAP + number * (_WIDTH + _GAP), height)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _ports(plan: Plan, root: PlannedController) -> list[PlannedController]:
    return [child for child in plan.children(root.index) if child.model != "pcie-expander-bus"]


def _column(plan: Plan, root: PlannedController, x: int, height: int) -> Iterator[str]:
    colour = "#f6f6f6" if root.node is None else _COLOURS[root.node % len(_COLOURS)]
    yield (
        f'<rect x="{x}" y="{_GAP // 2}" width="{_WIDTH}" height="{height - _GAP}" rx="8" fill="{colour}" '
        'stroke="#777"/>'
    )
    for number, line in enumerate(_head(plan, root)):
        yield _text(x + 12, 32 + number * 18, line, bold=number == 0)
    for number, port in enumerate(_ports(plan, root)):
        y = _TOP + number * _ROW
        yield (
            f'<rect x="{x + 10}" y="{y}" width="{_WIDTH - 20}" height="{_ROW - 10}" rx="4" fill="white" stroke="#999"/>'
        )
        endpoint = plan.endpoint_at(port.index)
        below = f"{endpoint.guest[5:]} {endpoint.device.model} {endpoint.mac or ''}" if endpoint else "free"
        if port.model != "pcie-root-port":
            below = ""
        yield _text(x + 18, y + 19, f"{(port.guest or '')[5:]} {port.device} (index {port.index})")
        yield _text(x + 18, y + 37, below.strip())


def _head(plan: Plan, root: PlannedController) -> list[str]:
    if root.node is None:
        return ["pcie-root", "bus 00, no node"]
    node = plan.spec.nodes[root.node]
    return [
        f"node {root.node}",
        f"CPUs {format_cpus(node.cpus) or 'none'}, {format_kib(node.memory_kib)}",
        f"bus {root.guest_bus:02x} ({root.bus_number}), index {root.index}",
    ]


def _text(x: int, y: int, text: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}"{weight}>{escape(text)}</text>'


def show_dot(plan: Plan) -> str:
    """A Graphviz graph of controllers and devices, expanders grouped by node."""
    lines = [f"digraph {_quoted(plan.spec.name)} {{", "  rankdir=LR;", "  node [shape=box, fontname=sans];"]
    for controller in plan.controllers:
        where = f"\\n{controller.guest[5:]}" if controller.guest else ""
        node = f"\\nnode {controller.node}" if controller.bus_number is not None else ""
        lines.append(
            f"  c{controller.index} [label={_quoted(f'{controller.index}: {controller.model}{node}{where}')}];"
        )
        if controller.parent is not None:
            lines.append(f"  c{controller.parent} -> c{controller.index};")
    for endpoint in plan.endpoints:
        mac = f"\\n{endpoint.mac}" if endpoint.mac else ""
        label = f"{endpoint.name}: {endpoint.device.model}{mac}\\n{endpoint.guest[5:]}"
        lines.append(f"  {endpoint.name} [label={_quoted(label)}, style=rounded];")
        lines.append(f"  c{endpoint.port} -> {endpoint.name};")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'
