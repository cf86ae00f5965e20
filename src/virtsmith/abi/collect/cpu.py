"""CPU models as this machine type defines them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from virtsmith.abi.collect.section import machine_section
from virtsmith.abi.collect.session import Session
from virtsmith.abi.dump.model import Section, SectionStatus
from virtsmith.qemu.qmp import Qmp, QmpRefusal, Request

MODELS = (
    "qemu64", "qemu32", "kvm64", "Nehalem", "Haswell", "Skylake-Server", "Cascadelake-Server", "Icelake-Server", "EPYC",
    "EPYC-Rome", "EPYC-Milan",
)  # fmt: skip
"""Models that are queried in every machine; the dump of the binary itself has all models."""
_IDENTITY = ("family", "model", "stepping", "vendor", "model-id", "level", "xlevel", "xlevel2")
_NOT_THE_MODEL = {
    "apic-id", "socket-id", "die-id", "module-id", "core-id", "thread-id", "node-id", "hotplugged", "realized",
    "start-powered-off", "memory", "check", "enforce", "lbr_fmt",
}  # fmt: skip
_ALIASES = {"sse3", "sse4.1", "sse4-1", "sse4_1", "sse4.2", "sse4-2", "sse4_2", "xd", "i64", "ffxsr", "pclmuldq",
            "kvmclock", "kvm_clock"}  # fmt: skip
_CPU_PATH = "/machine/unattached/device[0]"


def full_request(model: str) -> Request:
    """Return the request for all properties of a CPU model."""
    return "query-cpu-model-expansion", {"type": "full", "model": {"name": model}}


def flags_request(model: str) -> Request:
    """Return the request whose reply has the CPUID flags (and some numbers), each under one name."""
    return "query-cpu-model-expansion", {"type": "static", "model": {"name": model}}


@machine_section(
    "cpu",
    evidence="query-cpu-model-expansion, and feature words of the CPU object, including filtered ones",
)
def collect(session: Session) -> Section:
    """Collect the ``cpu`` section: definitions of common models, and the CPUID words of the machine's CPU.

    Definitions do not depend on the accelerator or the host. The words are those requested, whether or not the
    accelerator can provide them.
    """
    qmp = session.guest.qmp
    flags, *answers = qmp.ask_all([flags_request(MODELS[0]), *map(full_request, MODELS)])
    results = {
        model: answer for model, answer in zip(MODELS, answers, strict=True) if not isinstance(answer, QmpRefusal)
    }
    data = describe_models(None if isinstance(flags, QmpRefusal) else flags, results)
    present = cpu_in_machine(qmp)
    if present:
        data["@machine"] = present
    return Section(SectionStatus.OK if data else SectionStatus.UNSUPPORTED, data)


def describe_models(flags: Any, results: Mapping[str, Any]) -> dict[str, Any]:
    """Return QEMU's definitions of CPU models: identity, enabled CPUID features, and other settings.

    Args:
        flags: the result of `flags_request`; None if QEMU rejected it.
        results: the results of `full_request` by model.
    """
    names = set() if flags is None else set(flags["model"]["props"])
    return {model: _describe(result["model"]["props"], names) for model, result in results.items()}


def _describe(properties: Mapping[str, Any], flags: set[str]) -> dict[str, Any]:
    tree: dict[str, Any] = {name: properties[name] for name in _IDENTITY if name in properties}
    features = {name: True for name, value in properties.items() if value is True and name in flags}
    settings = {
        name: value
        for name, value in properties.items()
        if name not in flags and name not in tree and name not in _NOT_THE_MODEL and not _is_alias(name, flags)
    }
    return {**tree, "features": features, "settings": settings}


def _is_alias(name: str, flags: set[str]) -> bool:
    """Whether this is an alias of a flag: other punctuation, or one of the few old names."""
    return name in _ALIASES or name.replace("_", "-").replace(".", "-") in flags


def cpu_in_machine(qmp: Qmp) -> dict[str, Any]:
    """Return type and CPUID words of the first CPU of a started machine; empty if it has none."""
    names = ("type", "feature-words", "filtered-features")
    kind, requested, filtered = qmp.ask_all(("qom-get", {"path": _CPU_PATH, "property": name}) for name in names)
    if isinstance(kind, QmpRefusal) or isinstance(requested, QmpRefusal):
        return {}
    words = _words(requested)
    for name, value in _words([] if isinstance(filtered, QmpRefusal) else filtered).items():
        words[name] = words.get(name, 0) | value
    return {"type": kind, "words": {name: f"{value:#010x}" for name, value in sorted(words.items())}}


def _words(answer: list[dict[str, Any]]) -> dict[str, int]:
    words = {}
    for word in answer:
        leaf = f"{word['cpuid-input-eax']:#x}"
        if "cpuid-input-ecx" in word:
            leaf = f"{leaf}.{word['cpuid-input-ecx']:#x}"
        words[f"{leaf}.{word['cpuid-register']}"] = word["features"]
    return words
