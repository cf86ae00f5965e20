"""The model: parse and write all public documents of libvirt's tests, beside lxml without a model, in one run."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks._peers import PEERS, fits

_PASSES = 9
_TARGET = 3.3
_SAMPLES = Path(__file__).parents[1] / "library" / "tests" / "xml_helpers" / "samples"
Task = Callable[[], Any]


def main() -> int:
    documents = _documents()
    size = sum(map(len, documents)) / 1e6
    print(f"{len(documents)} documents, {size:.2f} MB; processor time, least of {_PASSES} passes")
    if not documents:
        return _imports()
    return _speed(documents) + _imports() + _peers(documents)


def _documents() -> list[bytes]:
    """The public documents of the corpus, or our own samples."""
    from libvirtxml import XMLError, parse

    corpus = os.environ.get("VIRTSMITH_CORPUS")
    directory = Path(corpus) / "libvirt-11.3.0" / "tests" if corpus else _SAMPLES
    if not corpus:
        print("VIRTSMITH_CORPUS does not name a corpus: measuring the samples, too few for the target to mean much")
    found = []
    for path in sorted(directory.rglob("*.xml")):
        data = path.read_bytes()
        try:
            parse(data)
        except XMLError:  # a part of a document, or what is none
            continue
        found.append(data)
    return found


def _least(tasks: dict[str, Task], passes: int = _PASSES) -> dict[str, float]:
    """The least processor time of each task; they take turns, so that a busy machine slows them alike."""
    best = dict.fromkeys(tasks, float("inf"))
    for _ in range(passes):
        for name, task in tasks.items():
            start = time.process_time()
            task()
            best[name] = min(best[name], time.process_time() - start)
    return best


def _speed(documents: list[bytes]) -> int:
    from libvirtxml import parse
    from lxml import etree

    def lxml() -> None:
        _each(documents, lambda data: etree.tostring(etree.fromstring(data)))

    objects = [parse(data) for data in documents]
    times = _least(
        {
            "lxml fromstring + tostring": lxml,
            "virtsmith parse + to_xml": lambda: _each(documents, lambda data: parse(data).to_xml()),
            "  parse": lambda: _each(documents, parse),
            "  to_xml": lambda: _each(objects, lambda item: item.to_xml()),
            "ElementTree fromstring": lambda: _each(documents, ET.fromstring),
        }
    )
    unit = times["lxml fromstring + tostring"]
    missed = 0
    for name, seconds in times.items():
        verdict = ""
        if name.startswith("virtsmith"):
            missed = int(seconds / unit > _TARGET)
            verdict = f"  target {_TARGET}: {'MISSED' if missed else 'met'}"
        print(f"{name:36} {seconds:7.3f} s  {seconds / unit:5.2f} x lxml{verdict}")
    _first_sight(documents, lxml)
    return missed


def _first_sight(documents: list[bytes], lxml: Task) -> None:
    """The same where the parser, which remembers tags that it has seen, has seen none."""
    times = _least(
        {
            "lxml": lxml,
            "  both, nothing seen before the pass": lambda: _fresh(documents),
            "  ... or before each document": lambda: _each(documents, lambda data: _fresh([data])),
        }
    )
    unit = times.pop("lxml")
    for name, seconds in times.items():
        print(f"{name:36} {seconds:7.3f} s  {seconds / unit:5.2f} x lxml")


def _fresh(documents: list[bytes]) -> None:
    """Parse and write as in a new process."""
    from libvirtxml import parse
    from libvirtxml._impl.plain import forget

    forget()
    _each(documents, lambda data: parse(data).to_xml())


def _each(items: list[Any], do: Callable[[Any], Any]) -> None:
    for item in items:
        do(item)


def _imports() -> int:
    """Start-up times, as the least processor time of several processes beyond that of an empty one."""
    python = sys.executable
    command = str(Path(python).with_name("virtsmith"))
    empty = _process([python, "-c", "pass"])
    rows = [
        ("import libvirtxml", [python, "-c", "import libvirtxml"], 0.030, empty),
        ("  ... import Domain", [python, "-c", "from libvirtxml import Domain"], 0.030, empty),
        ("  ... and the first document", [python, "-c", _FIRST], None, empty),
        ("virtsmith --help", [command, "--help"], 0.150, 0.0),
    ]
    missed = _first_document(python, empty)
    for name, arguments, target, base in rows:
        seconds = _process(arguments) - base
        verdict = ""
        if target is not None:
            missed += seconds > target
            verdict = f"  target {target * 1000:.0f} ms: {'MISSED' if seconds > target else 'met'}"
        print(f"{name:32} {seconds * 1000:7.1f} ms{verdict}")
    return missed


_FIRST = 'from libvirtxml import parse; parse("<domain><name>a</name><devices/></domain>").to_xml()'
_SAMPLE = _SAMPLES / "domain.xml"
_FIRST_OF_LXML = f"from lxml import etree; etree.tostring(etree.parse({str(_SAMPLE)!r}))"
_FIRST_SAMPLE = f"from libvirtxml import parse; from pathlib import Path; parse(Path({str(_SAMPLE)!r})).to_xml()"
_FIRST_TARGET = 4


def _first_document(python: str, empty: float) -> int:
    """A whole domain in a new process: import, parse, write; beside lxml."""
    ours, theirs = (_process([python, "-c", program]) - empty for program in (_FIRST_SAMPLE, _FIRST_OF_LXML))
    missed = ours / theirs > _FIRST_TARGET
    verdict = f"{ours / theirs:.1f} x lxml, target {_FIRST_TARGET}: {'MISSED' if missed else 'met'}"
    print(f"{'a domain in a new process':32} {ours * 1000:7.1f} ms  {verdict}")
    return int(missed)


def _process(arguments: list[str]) -> float:
    """The least processor time of a command over some runs, the first of which writes the bytecode."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    best = float("inf")
    for _ in range(_PASSES):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return best


def _peers(documents: list[bytes]) -> int:
    """Other libraries, with a small part of the domain written down as classes, on the documents that fit into it."""
    from libvirtxml import parse

    fitting = [data for data in documents if fits(ET.fromstring(data))]  # noqa: S314 - as above
    tasks: dict[str, Task] = {"virtsmith, whole model": lambda: _each(fitting, lambda data: parse(data).to_xml())}
    for peer in PEERS:
        try:
            work = peer.start()
        except ImportError:
            print(f"{peer.name}: skipped, not installed (dependency group `bench`)")
            continue
        tasks[f"{peer.name}, sub-model"] = lambda work=work: _each(fitting, work)
    if len(tasks) > 1 and fitting:
        print(f"{len(fitting)} domains that fit the sub-model of the peers")
        times = _least(tasks, 3)
        unit = times["virtsmith, whole model"]
        for name, seconds in times.items():
            print(f"{name:32} {seconds:7.3f} s  {seconds / unit:5.2f} x virtsmith")
    return 0
