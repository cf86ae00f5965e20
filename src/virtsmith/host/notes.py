"""What a translation of a host loses or changes: each loss and change becomes a finding."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field

from libvirtxml.findings import Finding, Rule, Severity

_SHOWN = 6
_TOPICS = {
    "accel": "the accelerator", "buses": "bus numbers", "cards": "network cards", "cluster": "what the cluster needs",
    "complexes": "root complexes", "conflict": "facts on which sources disagree", "cpu": "the CPU model",
    "cpus": "CPU numbers and count", "device": "PCI devices", "devices": "devices other than network cards",
    "disk": "disks", "distances": "distances of nodes", "flavor": "what a flavor must request",
    "groups": "IOMMU groups", "guest": "setup inside the guest", "hmat": "latencies and bandwidths",
    "hugepages": "huge pages", "indexes": "indexes of controllers", "iommu": "the IOMMU", "memory": "sizes of memory",
    "model": "models of devices", "nodes": "NUMA nodes", "place": "places of devices", "placement": "nodes of devices",
    "platform": "devices of the chipset", "ports": "ports and their properties", "stand-in": "stand-ins for devices",
    "topology": "sockets, dies and cores", "vfs": "virtual functions",
}  # fmt: skip
_WHY = {
    "twin": "The virtual host lacks it, or differs in it from the real machine.",
    "kcli": "kcli cannot express it, or chooses it itself.",
    "kubevirt": "KubeVirt cannot express it, or chooses it itself.",
    "nova": "OpenStack Nova cannot express it, or chooses it itself.",
    "nova-compute": "OpenStack Nova cannot assign it to instances, or chooses it itself.",
}
EXPORTS = ("kcli", "kubevirt", "nova", "nova-compute")


def rules_of(*families: str) -> list[Rule]:
    """The rules for what translations lose, by the families of `Notes`."""
    return [
        Rule(
            f"{family}/{topic}",
            f"not the same: {about}",
            _WHY[family],
            "Check whether your tests depend on it.",
            Severity.WARNING,
        )
        for family in families
        for topic, about in _TOPICS.items()
    ]


@dataclass
class Notes:
    """Collects findings: a *loss* is something that is missing in the result, a *note* a difference."""

    family: str
    """The prefix of the rules' ids."""
    findings: list[Finding] = field(default_factory=list)

    def loss(self, rule: str, subject: str, message: str) -> None:
        """Add a warning."""
        self._add(rule, Severity.WARNING, subject, message)

    def note(self, rule: str, subject: str, message: str) -> None:
        """Add a note."""
        self._add(rule, Severity.NOTE, subject, message)

    def _add(self, rule: str, severity: Severity, subject: str, message: str) -> None:
        if rule not in _TOPICS:
            raise KeyError(rule)  # a finding without a rule cannot be explained
        self.findings.append(Finding(f"{self.family}/{rule}", severity, subject, message))


def paragraphs(findings: Iterable[Finding], losses: str, notes: str) -> list[str]:
    """Findings as paragraphs for the top of a file, below the given titles."""
    every = list(findings)
    result = []
    for severity, title in ((Severity.WARNING, losses), (Severity.NOTE, notes)):
        chosen = [finding for finding in every if finding.severity is severity]
        result += [title] if chosen else []
        result += [f"- {finding.subject}: {finding.message}" for finding in chosen]
    return result


def comment(text: str, width: int = 116) -> list[str]:
    """A paragraph as comment lines; list items are indented below their dash."""
    bullet = "  " if text.startswith("- ") else ""
    return textwrap.wrap(
        " ".join(text.split()),
        width,
        initial_indent="# ",
        subsequent_indent=f"# {bullet}",
        break_on_hyphens=False,
        break_long_words=False,
    )


def listed(words: Iterable[object]) -> str:
    """The first few words, and how many more there are."""
    every = [str(word) for word in words]
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more
