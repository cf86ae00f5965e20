"""Libraries with a model of whole libvirt documents: what they keep of libvirt's test documents, and how fast.

Go's libvirtxml needs ``go`` and its source, which ``LIBVIRT_GO_XML`` names (Debian: the directory of the package
golang-github-libvirt-libvirt-go-xml-dev, which is of libvirt 7.4; so only documents that 7.4 accepts are measured);
virtinst needs Debian's package of that name. What is missing is passed over.

A document counts as kept if every element and attribute of it is in what is written, wherever and however spelled.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which

from benchmarks.libvirtxml import _documents

_PEERS = Path(__file__).parent / "peers"
_GO_PACKAGE = Path("/usr/share/gocode/src/github.com/libvirt/libvirt-go-xml")
_RELEASE = "7.4.0"
Documents = list[tuple[str, str]]
Answer = tuple[float, list[str | None]]


def main() -> int:
    from libvirtxml.acceptance import check

    documents = [
        (ET.fromstring(data).tag, data.decode())  # noqa: S314 - documents that we ship or were pointed at
        for data in _documents()
        if check(data, _RELEASE).accepted
    ]
    kinds = Counter(kind for kind, _text in documents)
    print(f"{len(documents)} documents that libvirt {_RELEASE} accepts, {kinds['domain']} of them domains")
    domains = [document for document in documents if document[0] == "domain"]
    go = _go()
    for what, group in (("documents", documents), ("domains", domains)):
        _show(what, "virtsmith", group, _virtsmith)
        if go is not None:
            _show(what, "Go libvirtxml", group, go)
    if Path("/usr/share/virt-manager/virtinst").is_dir():
        _show("domains", "virtinst", domains, _virtinst)
    else:
        print("virtinst: skipped, not installed")
    return 0


def _show(what: str, name: str, documents: Documents, work: Callable[[Documents], Answer]) -> None:
    seconds, written = work(documents)
    pairs = list(zip(documents, written, strict=True))
    read = [(text, out) for (_kind, text), out in pairs if out is not None]
    kept = sum(_is_kept(text, out) for text, out in read)
    print(f"{name:14} {len(documents):5} {what:9} {len(read):5} read {kept:5} kept whole {seconds:7.3f} s")


def _is_kept(before: str, after: str) -> bool:
    try:
        written = ET.fromstring(after)  # noqa: S314 - as above
    except ET.ParseError:
        return False
    return not Counter(_places(ET.fromstring(before))) - Counter(_places(written))  # noqa: S314 - as above


def _places(element: ET.Element, path: str = "") -> Iterator[str]:
    path = f"{path}/{element.tag}"
    yield path
    yield from (f"{path}/@{name}" for name in element.attrib)
    for child in element:
        yield from _places(child, path)


def _virtsmith(documents: Documents) -> Answer:
    from libvirtxml import parse
    from libvirtxml._impl.plain import forget

    best, written = float("inf"), []
    for _ in range(5):
        forget()  # the peers remember nothing from pass to pass
        start = time.perf_counter()
        written = [parse(text).to_xml() for _kind, text in documents]
        best = min(best, time.perf_counter() - start)
    return best, [*written]


def _go() -> Callable[[Documents], Answer] | None:
    """Build the Go program; None where something that it needs is missing."""
    source = Path(os.environ.get("LIBVIRT_GO_XML", _GO_PACKAGE))
    if which("go") is None or not source.is_dir():
        print("Go libvirtxml: skipped, needs go, and LIBVIRT_GO_XML naming its source")
        return None
    directory = Path(tempfile.mkdtemp(prefix="virtsmith-go-"))
    package = directory / "src/github.com/libvirt/libvirt-go-xml"
    package.parent.mkdir(parents=True)
    package.symlink_to(source.resolve())
    environment = {**os.environ, "GOPATH": str(directory), "GO111MODULE": "off", "GOFLAGS": "", "GOPROXY": "off"}
    program = directory / "roundtrip"
    subprocess.run(["go", "build", "-o", program, _PEERS / "roundtrip.go"], check=True, env=environment)
    return lambda documents: _answer([str(program)], documents)


def _virtinst(documents: Documents) -> Answer:
    return _answer(["/usr/bin/python3", str(_PEERS / "virtinst_roundtrip.py")], documents)


def _answer(command: list[str], documents: Documents) -> Answer:
    done = subprocess.run(command, input=json.dumps(documents).encode(), capture_output=True, check=True)
    answer = json.loads(done.stdout)
    return answer["seconds"], answer["documents"]
