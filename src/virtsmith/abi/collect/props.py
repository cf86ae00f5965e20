"""Effective properties of every device in the machine, and of the machine itself."""

from __future__ import annotations

from typing import Any

from virtsmith.abi.collect.section import machine_section
from virtsmith.abi.collect.session import Session
from virtsmith.abi.dump.model import Section, SectionStatus
from virtsmith.abi.machine.guest import StoppedMachine
from virtsmith.qemu.qmp import QmpRefusal

_MACHINE = "/machine"
_LINKS = ("child<", "link<")
_NOT_THE_MACHINE = {"rtc-time"}
"""Properties that change even while the machine is stopped."""


@machine_section("props", evidence="info qtree of the running machine")
def collect(session: Session) -> Section:
    """Collect the ``props`` section from ``info qtree`` and the machine object."""
    data: dict[str, Any] = {
        node.key: {"@type": node.type, "@bus": node.bus, **node.properties} for node in session.guest.devices
    }
    data["machine"] = _machine_properties(session.guest)
    return Section(SectionStatus.OK, data)


def _machine_properties(guest: StoppedMachine) -> dict[str, Any]:
    listed = guest.qmp.ask("qom-list", {"path": _MACHINE})
    if isinstance(listed, QmpRefusal):
        return {}
    names = sorted(member["name"] for member in listed if not member["type"].startswith(_LINKS))
    names = [name for name in names if name not in _NOT_THE_MACHINE]
    answers = guest.qmp.ask_all(("qom-get", {"path": _MACHINE, "property": name}) for name in names)
    values = {name: _leaf(answer) for name, answer in zip(names, answers, strict=True)}
    return {"@type": values.pop("type", ""), **{name: value for name, value in values.items() if value is not None}}


def _leaf(answer: Any) -> str | None:
    """Return a value as text; structures (boot order, NUMA, SMP) as sorted ``name=value``; None if unreadable."""
    match answer:
        case QmpRefusal():
            return None
        case bool():
            return str(answer).lower()
        case dict():
            return ",".join(f"{name}={_leaf(answer[name])}" for name in sorted(answer))
        case list():
            return ",".join(str(_leaf(part)) for part in answer)
        case _:
            return str(answer)
