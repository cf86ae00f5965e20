"""What a QEMU reports about itself, without a machine: types, models, commands, defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from virtsmith.abi.collect.cpu import describe_models, flags_request, full_request
from virtsmith.abi.collect.section import qemu_section
from virtsmith.abi.collect.vmstate import describe_all
from virtsmith.abi.dump.model import Section, SectionStatus
from virtsmith.abi.sources.source import (
    Crashed,
    NotRecorded,
    QemuSource,
    Refused,
    Unanswered,
    required,
    result_or_reason,
)
from virtsmith.qemu.qmp import Request, requests

_STARTED = ("qemu64", "Haswell", "Skylake-Server", "Cascadelake-Server", "Icelake-Server", "EPYC")
"""Models that are started: only one of each kind, because it takes time."""
_RECORDERS_CPUS = {"host", "max"}
"""Models that depend on the host's CPU."""


@qemu_section("machines", evidence="query-machines")
def machines(source: QemuSource) -> Section:
    """Collect machine types with all their facts; ``alias`` is a short name for them in this QEMU."""
    answer = source.ask("query-machines")
    data = {}
    for machine in answer:
        facts = {
            name: value for name, value in machine.items() if name != "name" and not isinstance(value, list | dict)
        }
        data[str(machine["name"])] = facts
    return Section(SectionStatus.OK, data)


@qemu_section("compat", evidence="query-machines with compat-props")
def compat(source: QemuSource) -> Section:
    """Collect the compatibility properties of each machine type, ``{machine: {"driver.property": value}}``."""
    answer = source.ask("query-machines", {"compat-props": True})
    data: dict[str, Any] = {}
    for machine in answer:
        if "compat-props" in machine:
            data[str(machine["name"])] = {
                f"{entry['qom-type']}.{entry['property']}": entry["value"] for entry in machine["compat-props"]
            }
    return Section(SectionStatus.OK if data else SectionStatus.UNSUPPORTED, data)


@qemu_section("cpus", evidence="query-cpu-definitions")
def cpus(source: QemuSource) -> Section:
    """Collect CPU models."""
    answer = source.ask("query-cpu-definitions")
    return Section(
        SectionStatus.OK,
        {
            str(model["name"]): {
                name: value for name, value in model.items() if name != "name" and not isinstance(value, list | dict)
            }
            for model in answer
        },
    )


@qemu_section("cpu-expansion", evidence="query-cpu-model-expansion")
def cpu_expansion(source: QemuSource) -> Section:
    """Collect the definitions of all CPU models, independent of a machine."""
    answer = source.ask("query-cpu-definitions")
    models = sorted(str(model["name"]) for model in answer if model["name"] not in _RECORDERS_CPUS)
    if not models:
        return Section(SectionStatus.ABSENT)
    try:
        flags = source.ask(*flags_request("base" if "base" in models else models[0]))
    except Refused:
        flags = None
    answers = list(source.ask_all(full_request(model) for model in models))
    results = {
        model: answer for model, answer in zip(models, answers, strict=True) if not isinstance(answer, Unanswered)
    }
    if not results:
        raise answers[0]
    return Section(SectionStatus.OK, describe_models(flags, results), _gaps(answers))


@qemu_section(
    "cpu-words",
    evidence="feature words of the CPU object, including filtered ones",
    of_accelerator=True,
)
def cpu_words(source: QemuSource) -> Section:
    """Collect CPUID words of common models in an unversioned machine: what definitions lack, such as leaf 0xD.

    They depend on the accelerator.
    """
    answers = {model: result_or_reason(lambda: source.cpu(model)) for model in _STARTED}  # noqa: B023 - called at once
    found = {
        model: answer["words"] for model, answer in answers.items() if not isinstance(answer, Unanswered) and answer
    }
    if not found:
        required(answers[_STARTED[0]])
        return Section(SectionStatus.ABSENT)
    return Section(SectionStatus.OK, found, _gaps(answers.values()))


@qemu_section("devices", evidence="device-list-properties")
def devices(source: QemuSource) -> Section:
    """Collect properties of device types with defaults, ``{type: {property: {"type": ..., "default": ...}}}``.

    Defaults are those of the type; a machine type may set others.
    """
    try:
        listed = source.ask("qom-list-types", {"implements": "device", "abstract": False})
    except NotRecorded:
        listed = source.ask("qom-list-types")
    return _properties(source, "device-list-properties", sorted(str(device_type["name"]) for device_type in listed))


@qemu_section("object-properties", evidence="qom-list-properties")
def object_properties(source: QemuSource) -> Section:
    """Collect properties of machine types and of user-creatable objects."""
    names = [f"{machine['name']}-machine" for machine in _listed(source, "query-machines")]
    try:
        creatable = source.ask("qom-list-types", {"implements": "user-creatable"})
    except NotRecorded:
        creatable = _listed(source, "qom-list-types")
    except Unanswered:
        creatable = []
    names += [str(object_type["name"]) for object_type in creatable]
    return _properties(source, "qom-list-properties", sorted(set(names)))


@qemu_section("objects", evidence="qom-list-types")
def objects(source: QemuSource) -> Section:
    """Collect all object types, with their parents if QEMU reports them."""
    answer = source.ask("qom-list-types")
    return Section(
        SectionStatus.OK,
        {
            str(object_type["name"]): {"parent": object_type["parent"]} if "parent" in object_type else {}
            for object_type in answer
        },
    )


@qemu_section("commands", evidence="query-qmp-schema")
def commands(source: QemuSource) -> Section:
    """Collect QMP commands with their arguments; before 2.5 only their names."""
    try:
        schema = source.ask("query-qmp-schema")
    except Unanswered:
        return Section(SectionStatus.OK, {str(command["name"]): {} for command in source.ask("query-commands")})
    types = {entry["name"]: entry for entry in schema}
    return Section(
        SectionStatus.OK,
        {
            str(entry["name"]): {
                str(member["name"]): "optional" if "default" in member else "required"
                for member in types.get(entry["arg-type"], {}).get("members", ())
            }
            for entry in schema
            if entry["meta-type"] == "command"
        },
    )


@qemu_section("options", evidence="query-command-line-options")
def options(source: QemuSource) -> Section:
    """Collect command-line options with the types of their parameters."""
    answer = source.ask("query-command-line-options")
    return Section(
        SectionStatus.OK,
        {
            str(option["option"]): {str(entry["name"]): str(entry["type"]) for entry in option["parameters"]}
            for option in answer
        },
    )


@qemu_section("vmstate", evidence="-dump-vmstate")
def vmstate(source: QemuSource) -> Section:
    """Collect the migrated state of all device types."""
    answer = source.vmstate()
    return Section(SectionStatus.OK, describe_all(answer))


def _listed(source: QemuSource, command: str) -> Any:
    """Return what a command lists; nothing if it cannot be answered."""
    try:
        return source.ask(command)
    except Unanswered:
        return []


def _properties(source: QemuSource, command: str, names: list[str]) -> Section:
    questions: list[Request] = requests(command, "typename", names)
    answers = list(source.ask_all(questions))
    data: dict[str, Any] = {}
    for name, answer in zip(names, answers, strict=True):
        if isinstance(answer, Crashed):
            data[name] = {"@crashed": answer.detail}
        elif not isinstance(answer, Unanswered):
            data[name] = _describe(answer)
    if not data and answers:
        required(answers[0])
    return Section(SectionStatus.OK, data, _gaps(answers))


def _describe(answer: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return properties by name; unknown facts are omitted."""
    data = {}
    for described in answer:
        entry: dict[str, Any] = {"type": str(described["type"])}
        if "default-value" in described:
            default = described["default-value"]
            entry["default"] = default if isinstance(default, str | int | bool) else str(default)
        data[str(described["name"])] = entry
    return data


def _gaps(answers: Iterable[Any]) -> str:
    """Return how many replies are missing and why, as text; empty if none."""
    kinds = {Crashed: 0, NotRecorded: 0}
    for answer in answers:
        if type(answer) in kinds:
            kinds[type(answer)] += 1
    words = []
    if kinds[Crashed]:
        words.append(f"QEMU crashed on {kinds[Crashed]}")
    if kinds[NotRecorded]:
        words.append(f"{kinds[NotRecorded]} are not recorded")
    return ", ".join(words)
