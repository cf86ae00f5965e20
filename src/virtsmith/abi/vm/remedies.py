"""Changes that may let a VM's state load: properties, other devices, other machine types; each is really tried."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files

from virtsmith.abi.dump.model import LoadResult
from virtsmith.abi.machine.devices import SetDevice
from virtsmith.abi.vm.hardware import Hardware
from virtsmith.abi.vm.trial import Trial

_PLACE = re.compile(r"(?:^|,)((?:bus|addr|multifunction|mac|netdev)=[^,]*)")


@dataclass(frozen=True, slots=True)
class RemedyRule:
    """One entry in the table of remedies."""

    devices: tuple[str, ...]
    xml: str
    set: Mapping[str, str] = field(default_factory=dict)
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change that was tried: what it is, where it has to be made, and whether it helped.

    ``device`` is empty for changes of the whole machine. With ``live`` it can be made for a running VM, in the
    definition that is used in the target; otherwise the VM must have been started with it.
    """

    device: str
    change: str
    live: bool
    works: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A remedy to try."""

    device: str
    change: str
    live: bool
    trial: Trial

    def __call__(self) -> Remedy:
        """Run the job."""
        last = self.trial()[-1]
        works = last.result is LoadResult.OK
        return Remedy(self.device, self.change, self.live, works, "" if works else last.error)

    def __str__(self) -> str:
        return self.change


@cache
def rules() -> tuple[RemedyRule, ...]:
    """Return the table of remedies."""
    data = tomllib.loads((files("virtsmith.abi.vm") / "remedies.toml").read_text())
    return tuple(RemedyRule(**{**part, "devices": tuple(part["devices"])}) for part in data["remedy"])


def for_device(device: str, culprits: Sequence[str], trial: Trial) -> Iterator[Attempt]:
    """Yield the attempts for one device; the other culprits are left out, so that each is judged by itself."""
    saved, loaded = (hardware.only(device, culprits) for hardware in (trial.saved, trial.loaded))
    found = saved.find(device)
    if found is None:
        return
    for rule in rules():
        if not any(fnmatchcase(found.type, pattern) for pattern in rule.devices):
            continue
        if rule.instead:
            other = [_instead(hardware, device, rule.instead) for hardware in (saved, loaded)]
            yield Attempt(device, rule.xml, False, replace(trial, saved=other[0], loaded=other[1]))
            continue
        settings = {device: rule.set}
        changed = loaded.changed(settings)
        yield Attempt(device, rule.xml, True, replace(trial, saved=saved, loaded=changed))
        yield Attempt(device, rule.xml, False, replace(trial, saved=saved.changed(settings), loaded=changed))


def for_machine(names: Sequence[str], trial: Trial) -> Iterator[Attempt]:
    """Yield attempts with other machine types and the whole hardware."""
    for name in names:
        if name != trial.saved.machine:
            other = replace(trial, saved=trial.saved.of_type(name), loaded=trial.loaded.of_type(name))
            yield Attempt("", f"<type machine='{name}'>", False, other)


def without(devices: Sequence[str], trial: Trial) -> Attempt:
    """Return an attempt without some devices."""
    smaller = replace(trial, saved=trial.saved.without(devices), loaded=trial.loaded.without(devices))
    return Attempt("", "remove all devices that do not load", False, smaller)


def _instead(hardware: Hardware, device: str, kind: str) -> Hardware:
    """Replace a device by another one at the same address with the same backend, but without its other properties."""

    def other(item: SetDevice) -> SetDevice:
        options = _PLACE.findall(item.options)
        if not kind.startswith(("e1000", "virtio-net")):
            options = [word for word in options if not word.startswith(("mac=", "netdev="))]
        return replace(item, type=kind, options=",".join(options))

    return replace(hardware, devices=tuple(other(text) if text.id == device else text for text in hardware.devices))
