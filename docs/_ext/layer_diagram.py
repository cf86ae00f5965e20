"""The picture of the layers, drawn from the contract that import-linter enforces."""

import re
import tomllib
from html import escape
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_WIDTH, _HEIGHT, _GAP = 760, 66, 14
LIBRARY = "libvirtxml"
_WORDS = {
    "cli": "the commands; the only layer that prints, draws or exits",
    "cleanup": "what killed runs of any tool have left",
    "schema": "RELAX NG to the model",
    "host": "virtual hosts",
    "abi": "guest ABI",
    "po": "catalogues",
    "ark": "QEMU and libvirt versions side by side",
    "report": "findings and tables in many formats",
    "qemu": "drivers for QEMU and libvirt",
    "core": "processes, network, TOML, jobs, progress",
    "errors": "error classes and exit codes",
    LIBRARY: "a distribution of its own: the typed model of libvirt XML; every layer may use it",
}


def layers() -> list[list[str]]:
    """The rows of the contract, top first; packages in one row do not import each other. The library comes last."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    rows = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    found = [re.findall(r"\w+", row) for row in rows]
    for name in (name for row in found for name in row):
        if find_spec(f"virtsmith.{name}") is None or name not in _WORDS:
            raise LookupError(f"virtsmith.{name} is in the contract, but not in the picture or the package")
        import_module(f"virtsmith.{name}")
    return [*found, [LIBRARY]]


def draw() -> str:
    """The layers as SVG that takes its colours from the page."""
    rows = layers()
    height = len(rows) * (_HEIGHT + _GAP) - _GAP
    namespace = 'xmlns="http://www.w3.org/2000/svg"'
    label = 'role="img" aria-label="Layers of virtsmith: imports go down only"'
    parts = [f'<svg class="layers" viewBox="0 0 {_WIDTH} {height}" {label} {namespace}>']
    for level, row in enumerate(rows):
        width = (_WIDTH - _GAP * (len(row) - 1)) / len(row)
        for place, name in enumerate(row):
            parts += _box(place * (width + _GAP), level * (_HEIGHT + _GAP), width, name)
    return "".join([*parts, "</svg>"])


def _box(x: float, y: float, width: float, name: str) -> list[str]:
    lines = _wrapped(_WORDS[name], int(width / 7.6))
    start = y + (28 if len(lines) == 1 else 20)
    parts = [f'<rect x="{x + 0.5:.1f}" y="{y + 0.5}" width="{width - 1:.1f}" height="{_HEIGHT - 1}" rx="6"/>']
    parts += [f'<text class="name" x="{x + width / 2:.1f}" y="{start}">{name}</text>']
    for number, line in enumerate(lines, 1):
        parts.append(f'<text x="{x + width / 2:.1f}" y="{start + 17 * number}">{escape(line)}</text>')
    return parts


def _wrapped(text: str, limit: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) + 1 > limit:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
