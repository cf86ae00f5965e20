"""The devices of ``abi vm``'s trial beside those of libvirt's own command line, for every domain of its QEMU tests.

The judge is ``virsh domxml-to-native qemu-argv`` of an ark's libvirt, over what it made of the document. Names of
backends are left out of the comparison, and so are tunings of the host. Differences that are meant are in `MEANT`.
"""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from libvirtxml import Domain

from benchmarks.agreement import Row
from virtsmith.abi.vm.document import check_domain, to_hardware
from virtsmith.ark import daemon
from virtsmith.ark.check.domain import CheckedDomain
from virtsmith.ark.layout import Ark
from virtsmith.ark.stand_ins.place import StandInPlace
from virtsmith.errors import InputError, VirtsmithError

_QUESTION = "which devices, with which options, does QEMU get for a domain?"
_BACKENDS = {
    "id", "drive", "netdev", "chardev", "memdev", "audiodev", "rng", "cryptodev", "fsdev", "mount_tag", "ioeventfd",
    "iothread", "iothread-vq-mapping", "werror", "rerror",
}  # fmt: skip
_NETWORK = ("virtio-net", "e1000", "rtl8139", "vmxnet3", "ne2k", "pcnet", "usb-net", "netfront")
MEANT = {
    "network cards": "libvirt's conversion makes new ones of their model, MAC address and boot order; only these count",
    "unit 2 of an IDE bus": "libvirt takes it, QEMU does not start with it; the trial has it on the second bus",
}
"""What differs on purpose, and why."""

Device = tuple[str, frozenset[tuple[str, str]]]


def rows() -> Iterator[Row]:
    """One row: the devices of all documents, and how many of them have the same options on both sides."""
    counts = Counter[str]()
    with tempfile.TemporaryDirectory(prefix="agree-") as directory:
        try:
            for ours, theirs in _pairs(Path(directory)):
                counts["documents"] += 1
                counts["theirs"] += len(theirs)
                counts["missed"] += (Counter(theirs) - Counter(ours)).total()
                counts["added"] += max(0, len(ours) - len(theirs))
        except VirtsmithError as error:
            yield Row(_QUESTION, "libvirt", 0, note=str(error))
            return
    note = f"{counts['documents']} domains; not compared: {'; '.join(f'{name}: {why}' for name, why in MEANT.items())}"
    yield Row(_QUESTION, "domxml-to-native", counts["theirs"], counts["added"], counts["missed"], note)


def _pairs(directory: Path) -> Iterator[tuple[list[Device], list[Device]]]:
    ark = Ark.open()
    libvirts, qemus = ark.installed("libvirt"), ark.installed("qemu")
    corpus = os.environ.get("VIRTSMITH_CORPUS")
    if not corpus or not libvirts or not qemus:
        raise InputError("no corpus, or no libvirt and QEMU in the ark")
    libvirt, qemu = libvirts[-1], qemus[-1]
    made = daemon.make(libvirt, qemu, directory / "d")
    made.up()
    try:
        for path in sorted(Path(corpus).glob("libvirt-*/tests/qemuxmlconfdata/*.xml")):
            try:
                domain = CheckedDomain.parse(path.read_bytes(), path.name)
                if domain.architecture != "x86_64":
                    continue
                place, lacks = StandInPlace(directory / f"s{path.stem}"), domain.lacks(libvirt, qemu)
                document = made.directory / "domain.xml"
                document.write_bytes(domain.with_stand_ins(place, emulated=True, lacks=lacks))
            except InputError:
                continue
            if made.command("define", document).status:
                continue
            completed = made.command("dumpxml", "--inactive", domain.name).stdout
            document.write_bytes(completed)
            native = made.command("domxml-to-native", "qemu-argv", document)
            made.command("undefine", domain.name, "--nvram")
            if native.status:
                continue
            model = Domain.parse(completed)
            try:
                check_domain(model, path.name)
            except InputError:
                continue
            words = shlex.split(native.text.replace("\\\n", " "))
            theirs = [words[place + 1] for place, word in enumerate(words) if word == "-device"]
            ours = [device.arguments[-1] for device in to_hardware(model).devices]
            yield list(map(read_device, ours)), list(map(read_device, theirs))
    finally:
        made.down()


def read_device(text: str) -> Device:
    """The type and the options of a ``-device`` argument, in either of QEMU's syntaxes."""
    if text.startswith("{"):
        options = {str(name): value for name, value in json.loads(text).items()}
        kind = str(options.pop("driver"))
    else:
        kind, *words = text.replace(",,", "\0").split(",")
        options = {name: value or "on" for name, _, value in (word.partition("=") for word in words)}
    if kind.startswith(_NETWORK):
        options = {name: value for name, value in options.items() if name in ("mac", "bootindex")}
    if options.get("bus") == "ide.0" and str(options.get("unit")) == "2":
        options |= {"bus": "ide.1", "unit": "0"}
    known = {name: _normal(name, value) for name, value in options.items() if name not in _BACKENDS}
    return kind, frozenset(known.items())


def _normal(name: str, value: object) -> str:
    text = {"True": "on", "False": "off", "yes": "on", "no": "off"}.get(str(value), str(value))
    if name == "addr":
        text = text.removesuffix(".0x0")
    try:
        return str(int(text, 0))
    except ValueError:
        return text
