"""What real libvirts make of a document: it is defined in each, and what comes back is compared with it.

Nothing is started and the host is not touched: a definition only becomes a file of a private daemon, or an object in
the memory of libvirt's test driver, whose parser and common checks are those of all drivers.
"""

from __future__ import annotations

import fcntl
import re
import shlex
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from libvirtxml import Change, ChangeKind, XMLError, diff
from libvirtxml.containers import document_in

from virtsmith.ark import daemon
from virtsmith.ark.check.domain import CheckedDomain, parse_xml
from virtsmith.ark.check.matrix import find_emulation
from virtsmith.ark.layout import Ark, InstalledVersion, NotInstalled
from virtsmith.ark.requests import choose_installed
from virtsmith.core.drafts import write_draft
from virtsmith.core.ownership import scratch_directory
from virtsmith.core.parallel.jobs import in_order, run_jobs
from virtsmith.core.parallel.threads import ThreadExecutor
from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.run import ProgramFailed
from virtsmith.qemu.libvirtd import DaemonFailed, PrivateDaemon

if TYPE_CHECKING:
    from lxml import etree

_TIMEOUT = 60
_OBJECTS = ("*/libvirt/qemu/*.xml", "*/libvirt/storage/*.xml", "*/libvirt/secrets/*.xml")
"""Where a daemon keeps what was defined."""
_TEST = "test driver"
_EMPTY_HOST = "<node/>\n"
"""The configuration of a test driver that has no objects of its own, with which a document could collide."""
_ERROR = re.compile(r"^error: (?P<text>.*)$", re.MULTILINE)
_PREFACE = re.compile(r"Failed to (define|create|set attributes)\b|Failed to create vol\b")
_POOL = "pool-define-as pool dir --target {pool}; pool-start pool"


class KeptVerdict(StrEnum):
    """What one libvirt makes of a document."""

    KEPT = "kept"
    """All that was asked for came back."""
    CHANGED = "changed"
    """Something came back as something else."""
    DROPPED = "dropped"
    """Something did not come back, without a word."""
    ERROR = "error"
    """It is not defined."""
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class Definition:
    """What one libvirt made of a document."""

    libvirt: str
    """``libvirt@9.0.0``."""
    driver: str
    """The driver that was asked, in words."""
    verdict: KeptVerdict
    reason: str = ""
    """libvirt's own words for an error, or why it was not judged."""
    changes: tuple[Change, ...] = ()
    """What was dropped or came back as something else."""
    seconds: float = 0.0
    """What it took, without the start of the daemon."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "libvirt": self.libvirt,
            "driver": self.driver,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "changes": [change.to_dict() for change in self.changes],
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class _Way:
    """How virsh defines, shows and forgets documents of one kind."""

    driver: str
    commands: str
    """With ``{file}``, ``{name}``, ``{uuid}`` and ``{pool}`` (the directory of a volume), quoted."""
    identity: Callable[[etree._Element], None] = lambda _root: None
    """Adds what a document needs to be found again; libvirt would make it up otherwise."""


def _with_uuid(root: etree._Element) -> None:
    if root.find("uuid") is None:
        child = root.makeelement("uuid", {}, None)
        child.text = str(uuid4())
        root.insert(0, child)


_DOMAIN = "define --file {file}; dumpxml --inactive --security-info {name}; undefine {name} --keep-nvram"
_WAYS: Mapping[str, _Way] = {
    "network": _Way("network driver", "net-define {file}; net-dumpxml --inactive {name}; net-undefine {name}"),
    "pool": _Way("storage driver", "pool-define {file}; pool-dumpxml --inactive {name}; pool-undefine {name}"),
    "secret": _Way(
        "secret driver", "secret-define {file}; secret-dumpxml {uuid}; secret-undefine {uuid}", identity=_with_uuid
    ),
    "filter": _Way("nwfilter driver", "nwfilter-define {file}; nwfilter-dumpxml {name}; nwfilter-undefine {name}"),
    "volume": _Way(_TEST, f"{_POOL}; vol-create pool {{file}}; vol-dumpxml --pool pool {{name}}"),
    "interface": _Way(_TEST, "iface-define {file}; iface-dumpxml {name}"),
}
"""By root element; domains are defined by the driver of their type."""
_QEMU_TYPES = ("qemu", "kvm")


class Definer:
    """One libvirt that defines documents. Its daemon is started when the first document needs it, and then reused.

    Args:
        libvirt: the installed version.
        qemu: the QEMU that its domains are made for; None if there is none, and the test driver takes their place.
        directory: what the daemon writes goes here.
    """

    def __init__(self, libvirt: InstalledVersion, qemu: InstalledVersion | None, directory: Path) -> None:
        self.libvirt = libvirt
        self._qemu = qemu
        self._directory = directory
        self._daemon: PrivateDaemon | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._daemon:
            self._daemon.down()

    def _client(self) -> PrivateDaemon:
        """The daemon, which need not run for clients that use the test driver."""
        if self._daemon is None:
            self._daemon = daemon.make(self.libvirt, self._qemu, self._directory)
            write_draft(self._directory / "empty.xml", _EMPTY_HOST)
        return self._daemon

    def define(self, document: bytes, source: str = "<document>") -> Definition:
        """Define a document, compare what comes back, and forget it.

        Raises:
            InputError: it is not well-formed.
        """
        try:
            return self._define(document_in(document), source)
        except (DaemonFailed, ProgramFailed, NotInstalled, XMLError, OSError) as error:
            return self._answer("", KeptVerdict.NOT_JUDGED, str(error))

    def _answer(self, driver: str, verdict: KeptVerdict, reason: str = "") -> Definition:
        return Definition(self.libvirt.name, driver, verdict, reason)

    def _define(self, document: bytes, source: str) -> Definition:
        root = parse_xml(document, source)
        if root.tag == "domain":
            return self._define_domain(document, root, source)
        way = _WAYS.get(str(root.tag))
        if way is None:
            return self._answer(
                "", KeptVerdict.NOT_JUDGED, f"libvirt does not define a <{root.tag}> without something it belongs to"
            )
        way.identity(root)
        return self._try(way, root)

    def _define_domain(self, document: bytes, root: etree._Element, source: str) -> Definition:
        refused: Definition | None = None
        lacking = ""
        if root.get("type") in _QEMU_TYPES and self._qemu and root.findtext("name"):
            domain = CheckedDomain.parse(document, source)
            emulated = bool(find_emulation(domain, "auto"))
            with suppress(NotInstalled):
                self._qemu.launcher(domain.emulator)
                text = domain.as_it_is(emulated=emulated)
                found = self._try(_Way(f"QEMU driver, {self._qemu.name}", _DOMAIN), parse_xml(text, source))
                lacking = _lacking(root, emulated=emulated and domain.kind == "kvm")
                if found.verdict is not KeptVerdict.ERROR or not lacking:
                    return found
                refused = found
        root.set("type", "test")
        found = self._try(_Way(_TEST, _DOMAIN), root)
        if refused is None or found.verdict is KeptVerdict.ERROR:
            return found
        reason = f"this machine has no {lacking}: {refused.reason}"
        return self._answer(refused.driver, KeptVerdict.NOT_JUDGED, reason)

    def _try(self, way: _Way, root: etree._Element) -> Definition:
        from lxml import etree  # noqa: PLC0415 - slow to import

        given, client = etree.tostring(root), self._client()
        path = self._directory / "document.xml"
        write_draft(path, given)
        names = {
            "file": str(path),
            "name": _name_of(root),
            "uuid": root.findtext("uuid") or "",
            "pool": str(Path(root.findtext("target/path") or "/pool/volume").parent),
        }
        commands = way.commands.format(**{key: shlex.quote(value) for key, value in names.items()})
        connection = ["-c", f"test://{self._directory}/empty.xml"] if way.driver == _TEST else []
        if not connection:
            client.up()
        started = time.monotonic()
        done = client.command(*connection, commands, timeout=_TIMEOUT)
        seconds = time.monotonic() - started
        start = done.stdout.find(b"<")
        if start < 0:
            verdict, changes, reason = KeptVerdict.ERROR, [], _reason(done.stderr_text)
        else:
            changes, reason = diff(given, done.stdout[start:], "requested"), ""
            verdict = _verdict_of(changes)
        return Definition(self.libvirt.name, way.driver, verdict, reason, tuple(changes), seconds)


def _lacking(root: etree._Element, *, emulated: bool) -> str:
    """What this machine lacks over which a domain may be refused that is defined elsewhere; empty if nothing."""
    if emulated:
        return "KVM"
    has_tpm = root.find("devices/tpm/backend[@type='emulator']") is not None
    return "swtpm" if has_tpm and not shutil.which("swtpm") else ""


def _verdict_of(changes: Sequence[Change]) -> KeptVerdict:
    if any(change.kind is ChangeKind.REMOVED for change in changes):
        return KeptVerdict.DROPPED
    return KeptVerdict.CHANGED if changes else KeptVerdict.KEPT


def _name_of(root: etree._Element) -> str:
    """The name of an object, which filters and interfaces have as an attribute."""
    return (root.findtext("name") or "").strip() or root.get("name", "")


def _reason(said: str) -> str:
    """Libvirt's own words among what virsh says."""
    lines = [match["text"] for match in _ERROR.finditer(said)]
    return next((line for line in lines if not _PREFACE.match(line)), lines[0] if lines else "it gave no reason")


@contextmanager
def definers(ark: Ark, libvirts: str = "all") -> Iterator[list[Definer]]:
    """The installed libvirts that a selection names, oldest first, each with the newest QEMU, ready to define.

    Raises:
        MissingError: none of these versions is installed.
    """
    qemus = ark.installed("qemu")
    parent = daemon.daemons_directory().parent / "define"
    parent.mkdir(parents=True, exist_ok=True)
    qemu = qemus[-1] if qemus else None
    with ExitStack() as stack:
        found = []
        for version in choose_installed(ark, "libvirt", libvirts):
            directory = stack.enter_context(_directory(parent, daemon.default_name(version, qemu)))
            found.append(stack.enter_context(Definer(version, qemu, directory)))
        yield found


@contextmanager
def _directory(parent: Path, name: str) -> Iterator[Path]:
    """A directory that keeps from run to run what libvirt finds out about a QEMU; another one while it is in use."""
    path = parent / name
    path.mkdir(parents=True, exist_ok=True)
    with (parent / f"{name}.lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with scratch_directory(parent=parent) as other:
                yield other
            return
        for left in (file for pattern in _OBJECTS for file in path.glob(pattern)):  # by a run that was killed
            left.unlink()
        yield path


@dataclass(frozen=True, slots=True)
class _DefineJob:
    definer: Definer
    document: bytes
    source: str

    def __call__(self) -> Definition:
        return self.definer.define(self.document, self.source)

    def __str__(self) -> str:
        return self.definer.libvirt.name


def define_everywhere(
    document: bytes,
    *,
    libvirts: str = "all",
    name: str = "<document>",
    ark: Ark | None = None,
    progress: Progress = SILENT,
) -> list[Definition]:
    """Define a document in installed libvirts, and compare what each made of it with what was asked for.

    Args:
        document: the XML of a domain, network, pool, volume, secret, network filter or interface. A domain's emulator
            is replaced by the newest QEMU of the ark, and KVM by emulation where it does not work; domains of
            hypervisors that are not QEMU are given to libvirt's test driver.
        libvirts: which of the installed versions: ``all``, ``6..9``, ``>=7``, ``min,max``.
        name: what to call the document in errors.
        ark: where versions are installed; by default the user's.
        progress: reports the versions.

    Raises:
        InputError: it is not well-formed.
        MissingError: none of these versions is installed.
    """
    parse_xml(document, name)
    with definers(ark or Ark.open(), libvirts) as made:
        jobs = [_DefineJob(definer, document, name) for definer in made]
        with ThreadExecutor(len(jobs)) as executor:
            return [outcome.require() for outcome in in_order(run_jobs(executor, jobs, progress=progress))]
