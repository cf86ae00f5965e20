"""What QEMU's own scripts and ``abi diff`` find on the same pairs of QEMUs, and what a real load then says.

The scripts are not part of virtsmith. ``QEMU_SCRIPTS`` names the directory ``scripts`` of a QEMU source tree since 10.0
(``vmstate-static-checker.py``, ``compare-machine-types.py`` with ``../python`` beside it), ``QEMU_SCRIPTS_PYTHON`` a
Python that has pandas. QEMUs are those of the ark; the machine type must be in all of them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from itertools import pairwise
from pathlib import Path

from virtsmith.abi.diff.sets import DumpSelection, DumpSet, compare_sets, load_sets
from virtsmith.abi.dump.dumping import DumpPlan, make_dumps
from virtsmith.abi.dump.model import Comparison, Impact
from virtsmith.abi.dump.store import DumpStore
from virtsmith.abi.machine.devices import device_set
from virtsmith.abi.migrate.matrix import MatrixRequest as MatrixOrder
from virtsmith.abi.migrate.matrix import run_matrix
from virtsmith.abi.sources.binary import Emulator, of_installed
from virtsmith.ark.layout import Ark
from virtsmith.core.parallel import open_executor
from virtsmith.report import markdown
from virtsmith.report.table import Table

MACHINE = os.environ.get("QEMU_SCRIPTS_MACHINE", "pc-q35-5.2")
_SECTION = re.compile(r'^Section "([^"]+)"')
_NAMES = ["pair", "static checker", "of these in the guest", "compare-machine-types", "abi: break", "abi: visible",
          "abi: after restart", "not judged", "real loads"]  # fmt: skip


def main() -> int:
    named = os.environ.get("QEMU_SCRIPTS")
    emulators = [of_installed(version) for version in Ark.open().installed("qemu") if not version.problem]
    if not named or len(emulators) < 2:
        print("skipped: needs QEMU_SCRIPTS, the directory `scripts` of a QEMU source tree, and two QEMUs in the ark")
        return 0
    scripts = Path(named)
    devices = device_set("default")
    with tempfile.TemporaryDirectory() as directory, open_executor() as executor:
        store = DumpStore(Path(directory) / "dumps")
        list(make_dumps(emulators, DumpPlan((MACHINE,), (devices,)), store, executor))
        loads = run_matrix(emulators, MatrixOrder((MACHINE,), (devices,)), executor).tried
        states = {emulator.binary.key: _dump_state(emulator, Path(directory)) for emulator in emulators}
        sets = {set_.binary.key: set_ for set_ in load_sets(store.path, DumpSelection((MACHINE,)))}
        steps = list(pairwise(emulators))
        rows = []
        for a, b in [*steps, *((b, a) for a, b in steps)]:
            pair = (sets[a.binary.key], sets[b.binary.key])
            compared = next(set_ for set_ in compare_sets([pair], loads=loads) if set_.machine == MACHINE)
            rows.append(
                [
                    f"{a.binary.version} -> {b.binary.version}",
                    *_static_checker(scripts, states[a.binary.key], states[b.binary.key], pair),
                    _machine_types(scripts, a, b),
                    *_ours(compared),
                ]
            )
    print(markdown.render_table(Table.make(_NAMES, rows, title=f"{MACHINE}, devices: {devices.label}")))
    return 0


def _dump_state(emulator: Emulator, directory: Path) -> Path:
    path = directory / f"{emulator.binary.key}.json"
    arguments = ["-machine", f"{MACHINE},accel=tcg", "-nodefaults", "-display", "none", "-dump-vmstate", str(path)]
    subprocess.run([emulator.program, *arguments], check=True, capture_output=True)
    return path


def _static_checker(scripts: Path, a: Path, b: Path, pair: tuple[DumpSet, DumpSet]) -> tuple[str, str]:
    """Lines of vmstate-static-checker.py, and those about device types that are in the guest."""
    script = scripts / "vmstate-static-checker.py"
    done = subprocess.run([sys.executable, script, "-s", a, "-d", b], check=False, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    if done.stderr:
        return done.stderr.strip().splitlines()[-1], ""
    present = {kind for set_ in pair for kind in _present(set_)}
    inside = [match[1] for line in lines if (match := _SECTION.match(line)) and match[1] in present]
    return f"{len(lines)} lines", ", ".join(f"{kind} {count}" for kind, count in Counter(inside).items()) or "none"


def _present(item: DumpSet) -> set[str]:
    dumps = [load() for key, load in item.dumps.items() if key.machine == MACHINE]
    return {kind for dump in dumps for kind in dump.sections["vmstate"].data}


def _machine_types(scripts: Path, a: Emulator, b: Emulator) -> str:
    """Rows of compare-machine-types.py, or why there are none."""
    command = [
        os.environ.get("QEMU_SCRIPTS_PYTHON", sys.executable),
        str(scripts / "compare-machine-types.py"),
        "--mt",
        MACHINE,
        "--qemu-binary",
        a.program,
        b.program,
        "--qemu-args",
        "-machine none",
        "--format",
        "json",
    ]
    environment = {**os.environ, "PYTHONPATH": str(scripts.parent / "python")}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        return f"fails: {(done.stderr.strip().splitlines() or ['no word'])[-1].rpartition(': ')[2]}"
    if not done.stdout.startswith("{"):  # it says in words that nothing differs
        return done.stdout.strip().lower() or "nothing"
    return f"{len(json.loads(done.stdout)['Driver'])} rows"


def _ours(compared: Comparison) -> list[str]:
    by_impact: dict[Impact, Counter[str]] = {impact: Counter() for impact in Impact}
    for difference in compared.differences:
        by_impact[difference.impact][difference.rule.removeprefix("ABI-")] += 1
    shown = [
        ", ".join(f"{rule} {count}" for rule, count in by_impact[impact].items()) or "-"
        for impact in (Impact.BREAK, Impact.GUEST, Impact.REBOOT)
    ]
    results = Counter(load.result.value for load in compared.loads)
    return [*shown, ", ".join(compared.unjudged) or "-", ", ".join(f"{n} {name}" for name, n in results.items()) or "-"]


if __name__ == "__main__":
    sys.exit(main())
