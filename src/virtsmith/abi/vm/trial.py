"""Real saves and loads of a VM's own hardware: whether it loads, and which devices prevent that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from virtsmith.abi.dump.model import LoadResult
from virtsmith.abi.machine.guest import find_blamed
from virtsmith.abi.machine.qtree import QtreeDevice, parse_qtree
from virtsmith.abi.migrate.row import describe, locate
from virtsmith.abi.migrate.transfer import Blocked, LoadAnswer, find_device, load_state, save_state
from virtsmith.abi.sources.binary import Emulator
from virtsmith.abi.vm.hardware import Hardware
from virtsmith.qemu.process import Qemu, QemuDied

_ADDRESSED = "0000:00:"


@dataclass(frozen=True, slots=True)
class Trial:
    """A job that saves hardware under one QEMU and loads it under another, possibly with other settings.

    It ends with the first state that does not load.
    """

    saver: Emulator
    loader: Emulator
    saved: Hardware
    loaded: Hardware
    states: tuple[bool, ...]
    accel: str

    def __call__(self) -> list[LoadAnswer]:
        """Run the job; return one result per state that was tried."""
        verdicts: list[LoadAnswer] = []
        for booted in self.states:
            verdicts.append(self._try(booted=booted))
            if verdicts[-1].result is not LoadResult.OK:
                break
        return verdicts

    def _try(self, *, booted: bool) -> LoadAnswer:
        try:
            state = save_state(self.saved.command_line(locate(self.saver), self.accel), booted=booted)
            return load_state(self.loaded.command_line(locate(self.loader), self.accel), state)
        except Blocked as error:
            return LoadAnswer(LoadResult.REFUSED, find_device(error.message), error.message)
        except QemuDied as error:
            return LoadAnswer(LoadResult.DIED, error=describe(error))

    def __str__(self) -> str:
        return f"{self.saver.binary.version} to {self.loader.binary.version}"


@dataclass(frozen=True, slots=True)
class Culprit:
    """A device whose state does not load (``booted``: after firmware ran), with QEMU's message."""

    device: str
    booted: bool
    error: str


@dataclass(frozen=True, slots=True)
class CulpritSearch:
    """A job that finds all devices that prevent a state from loading."""

    trial: Trial
    paths: tuple[tuple[str, str], ...]
    """QEMU's names of devices in migrated state, if they start with an address, and their ids."""

    def __call__(self) -> tuple[list[Culprit], str]:
        """Run the job; return the devices, and what fails without them for another reason (mostly nothing)."""
        found: list[Culprit] = []
        trial = self.trial
        gone: list[str] = []
        while True:
            verdicts = Trial(
                trial.saver,
                trial.loader,
                trial.saved.without(gone),
                trial.loaded.without(gone),
                trial.states,
                trial.accel,
            )()
            last = verdicts[-1]
            if last.result is LoadResult.OK:
                return found, ""
            device = owner(last.device, self.paths)
            if not device or device in gone:
                return found, last.error
            gone.append(device)
            found.append(Culprit(device, trial.states[len(verdicts) - 1], last.error))

    def __str__(self) -> str:
        return "devices that do not load"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A part of the hardware that a QEMU does not start with, and what it says."""

    device: str
    """Its id; empty if QEMU names no device."""
    what: str
    emulator: Emulator
    reason: str

    def __str__(self) -> str:
        return f"{self.what}: QEMU {self.emulator.binary.version} does not support it: {self.reason}"


@dataclass(frozen=True, slots=True)
class Settled:
    """Hardware that all QEMUs start with, the addresses of its devices, and what was refused on the way."""

    hardware: Hardware
    paths: tuple[tuple[str, str], ...]
    refusals: tuple[Refusal, ...]

    @property
    def is_startable(self) -> bool:
        """Whether the QEMUs start with what remains."""
        return all(refusal.device for refusal in self.refusals)


def settle(hardware: Hardware, emulators: Sequence[Emulator], accel: str) -> Settled:
    """Return the hardware without the devices that a QEMU does not support, and which those are.

    PCI devices without an address get the one that the first QEMU chose; otherwise removing one would move others.
    """
    nodes: list[QtreeDevice] = []
    refusals: list[Refusal] = []
    waiting = list(emulators)
    while waiting:
        emulator = waiting[0]
        try:
            with Qemu(hardware.command_line(locate(emulator), accel)) as qemu:
                nodes = parse_qtree(qemu.qmp.human("info qtree"))
                hardware = _pinned(hardware, nodes)
        except QemuDied as error:
            refused = find_blamed(error.stderr, hardware.devices)
            if refused is None:
                refusals.append(Refusal("", "the VM as a whole", emulator, describe(error).partition("\n")[0]))
                break
            device, reason = refused
            refusals.append(Refusal(device, hardware.place(device), emulator, reason))
            hardware = hardware.without([device])
            waiting = list(emulators)  # the others must support the rest
        else:
            waiting.pop(0)
    return Settled(hardware, tuple(_paths(nodes)), tuple(refusals))


def owner(name: str, paths: Sequence[tuple[str, str]]) -> str:
    """Return the id of the device with a name in migrated state: that with the longest matching address."""
    fitting = [(len(place), device) for place, device in paths if name == place or name.startswith(f"{place}/")]
    return max(fitting)[1] if fitting else ""


def _pinned(hardware: Hardware, nodes: Sequence[QtreeDevice]) -> Hardware:
    places = {node.id: {"bus": node.bus, "addr": node.slot} for node in nodes if node.slot}
    loose = [device.id for device in hardware.devices if "addr=" not in device.options]
    return hardware.changed({name: places[name] for name in loose if name in places})


def _paths(nodes: Sequence[QtreeDevice]) -> Iterator[tuple[str, str]]:
    """Yield addresses as QEMU writes them: ``0000:00:02.0:00.0`` is slot 0 behind the bridge in slot 2."""
    for node in nodes:
        if node.id and node.slot:
            slots: list[str] = []
            above: QtreeDevice | None = node
            while above is not None and above.slot:
                slots.append(above.slot)
                above = above.parent
            yield _ADDRESSED + ":".join(reversed(slots)), node.id
