"""What a QEMU says of itself, without a machine: types, models, commands, defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from virtsmith.abi.collect.cpu import describe_models, flags_request, full_request
from virtsmith.abi.collect.vmstate import describe_all
from virtsmith.abi.dump.model import Section, Status
from virtsmith.abi.sources.source import NOTHING, Crashed, NotRecorded, Source
from virtsmith.qemu.qmp import Refusal, Request, requests

_STARTED = ("qemu64", "Haswell", "Skylake-Server", "Cascadelake-Server", "Icelake-Server", "EPYC")
"""Models that are started: one of each kind, since it takes time."""
_RECORDERS_CPUS = {"host", "max"}
"""Models that show the recorder's processor, not QEMU."""


def machines(source: Source) -> Section:
    """Machine types with all that is said of them; ``alias`` is the short name that means them here."""
    answer = source.ask("query-machines")
    if isinstance(answer, NOTHING):
        return _without(answer)
    data = {}
    for item in answer:
        facts = {name: value for name, value in item.items() if name != "name" and not isinstance(value, list | dict)}
        data[str(item["name"])] = facts
    return Section(Status.OK, data)


def compat(source: Source) -> Section:
    """The properties that each machine type sets for compatibility, ``{machine: {"driver.property": value}}``."""
    answer = source.ask("query-machines", {"compat-props": True})
    if isinstance(answer, NOTHING):
        return _without(answer)
    data: dict[str, Any] = {}
    for item in answer:
        if "compat-props" in item:
            data[str(item["name"])] = {
                f"{entry['qom-type']}.{entry['property']}": entry["value"] for entry in item["compat-props"]
            }
    return Section(Status.OK if data else Status.UNSUPPORTED, data)


def cpus(source: Source) -> Section:
    """CPU models."""
    answer = source.ask("query-cpu-definitions")
    if isinstance(answer, NOTHING):
        return _without(answer)
    return Section(
        Status.OK,
        {
            str(item["name"]): {
                name: value for name, value in item.items() if name != "name" and not isinstance(value, list | dict)
            }
            for item in answer
        },
    )


def cpu_expansion(source: Source) -> Section:
    """Definitions of all CPU models outside of any machine."""
    answer = source.ask("query-cpu-definitions")
    if isinstance(answer, NOTHING):
        return _without(answer)
    models = sorted(str(item["name"]) for item in answer if item["name"] not in _RECORDERS_CPUS)
    if not models:
        return Section(Status.ABSENT)
    flags = source.ask(*flags_request("base" if "base" in models else models[0]))
    answers = list(source.ask_all(full_request(model) for model in models))
    given = {model: answer for model, answer in zip(models, answers, strict=True) if not isinstance(answer, NOTHING)}
    if not given:
        return _without(next(iter(answers)))
    return Section(Status.OK, describe_models(flags, given), _gaps(answers))


def cpu_words(source: Source) -> Section:
    """CPUID words of usual models in a machine without a version: what definitions do not tell, such as leaf 0xD.

    They depend on the accelerator.
    """
    answers = {model: source.cpu(model) for model in _STARTED}
    found = {model: answer["words"] for model, answer in answers.items() if not isinstance(answer, NOTHING) and answer}
    first = answers[_STARTED[0]]
    if not found:
        return _without(first) if isinstance(first, NOTHING) else Section(Status.ABSENT)
    return Section(Status.OK, found, _gaps(answers.values()))


def devices(source: Source) -> Section:
    """Properties of device types with their defaults, ``{type: {property: {"type": ..., "default": ...}}}``.

    Defaults are those of the type; a machine type may set others.
    """
    listed = source.ask("qom-list-types", {"implements": "device", "abstract": False})
    if isinstance(listed, NotRecorded):
        listed = source.ask("qom-list-types")
    if isinstance(listed, NOTHING):
        return _without(listed)
    return _properties(source, "device-list-properties", sorted(str(item["name"]) for item in listed))


def object_properties(source: Source) -> Section:
    """Properties of machine types and of objects that users can create."""
    listed = source.ask("qom-list-types", {"implements": "user-creatable"})
    known = source.ask("query-machines")
    names = [] if isinstance(listed, NOTHING) else [str(item["name"]) for item in listed]
    if isinstance(listed, NotRecorded):
        everything = source.ask("qom-list-types")
        names = [] if isinstance(everything, NOTHING) else [str(item["name"]) for item in everything]
    if not isinstance(known, NOTHING):
        names += [f"{item['name']}-machine" for item in known]
    return _properties(source, "qom-list-properties", sorted(set(names)))


def objects(source: Source) -> Section:
    """All types, with their parents where QEMU tells."""
    answer = source.ask("qom-list-types")
    if isinstance(answer, NOTHING):
        return _without(answer)
    return Section(
        Status.OK,
        {str(item["name"]): {"parent": item["parent"]} if "parent" in item else {} for item in answer},
    )


def commands(source: Source) -> Section:
    """QMP commands with their arguments; before 2.5 their names only."""
    schema = source.ask("query-qmp-schema")
    if not isinstance(schema, NOTHING):
        types = {entry["name"]: entry for entry in schema}
        return Section(
            Status.OK,
            {
                str(entry["name"]): {
                    str(member["name"]): "optional" if "default" in member else "required"
                    for member in types.get(entry["arg-type"], {}).get("members", ())
                }
                for entry in schema
                if entry["meta-type"] == "command"
            },
        )
    answer = source.ask("query-commands")
    if isinstance(answer, NOTHING):
        return _without(answer)
    return Section(Status.OK, {str(item["name"]): {} for item in answer})


def options(source: Source) -> Section:
    """Command-line options with the types of their parameters."""
    answer = source.ask("query-command-line-options")
    if isinstance(answer, NOTHING):
        return _without(answer)
    return Section(
        Status.OK,
        {str(item["option"]): {str(each["name"]): str(each["type"]) for each in item["parameters"]} for item in answer},
    )


def vmstate(source: Source) -> Section:
    """The migrated state of all device types."""
    answer = source.vmstate()
    if isinstance(answer, NOTHING):
        return _without(answer)
    return Section(Status.OK, describe_all(answer))


SECTIONS: dict[str, Callable[[Source], Section]] = {
    "machines": machines, "compat": compat, "cpus": cpus, "cpu-expansion": cpu_expansion,
    "cpu-words": cpu_words, "devices": devices,
    "object-properties": object_properties, "objects": objects, "commands": commands, "options": options,
    "vmstate": vmstate,
}  # fmt: skip


def _properties(source: Source, command: str, names: list[str]) -> Section:
    questions: list[Request] = requests(command, "typename", names)
    answers = list(source.ask_all(questions))
    data: dict[str, Any] = {}
    for name, answer in zip(names, answers, strict=True):
        if isinstance(answer, Crashed):
            data[name] = {"@crashed": answer.detail}
        elif not isinstance(answer, NOTHING):
            data[name] = _describe(answer)
    if not data and answers:
        return _without(answers[0])
    return Section(Status.OK, data, _gaps(answers))


def _describe(answer: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Properties by name; what is unknown of one is left out."""
    data = {}
    for item in answer:
        entry: dict[str, Any] = {"type": str(item["type"])}
        if "default-value" in item:
            default = item["default-value"]
            entry["default"] = default if isinstance(default, str | int | bool) else str(default)
        data[str(item["name"])] = entry
    return data


def _gaps(answers: Iterable[Any]) -> str:
    """How many answers are missing, and why, in words; empty if none."""
    kinds = {Crashed: 0, NotRecorded: 0}
    for answer in answers:
        if type(answer) in kinds:
            kinds[type(answer)] += 1
    words = []
    if kinds[Crashed]:
        words.append(f"QEMU crashed over {kinds[Crashed]}")
    if kinds[NotRecorded]:
        words.append(f"{kinds[NotRecorded]} are not recorded")
    return ", ".join(words)


def _without(answer: Any) -> Section:
    """The section for an answer that holds no result."""
    match answer:
        case NotRecorded():
            return Section(Status.NOT_RECORDED)
        case Crashed():
            return Section(Status.CRASHED, detail=answer.detail)
        case Refusal():
            return Section(Status.UNSUPPORTED, detail=answer.description)
    raise TypeError(f"an answer with a result: {answer!r:.80}")
