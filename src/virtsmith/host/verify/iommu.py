"""The IOMMU compared with the design: its kind, its settings, its groups, and whether the kernel uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from virtsmith.host.facts.model import DeviceFacts, Facts
from virtsmith.host.plan.predict import Expected
from virtsmith.host.verify.comparison import FactsComparison

DMAR_READY = "DMAR: Intel(R) Virtualization Technology for Directed I/O"
"""The line that proves Intel's IOMMU; "DMAR: IOMMU enabled" only says that the option was seen."""
_REMAPPING = {
    "intel": ("IRQ remapping", "nterrupt remapping enabled"),
    "amd": ("AMD-Vi: Interrupt remapping enabled",),
}
"""For each kind the lines that prove interrupt remapping."""
_SETTINGS = {
    "caching_mode": "caching mode",
    "address_width": "address width",
    "eim": "extended interrupt mode",
    "iotlb": "device IOTLB",
}


def compare_iommu(expected: Expected, facts: Facts, matched: Mapping[str, DeviceFacts], out: FactsComparison) -> None:
    """Compare what a guest has of an IOMMU with the design.

    Args:
        expected: what the design predicts.
        facts: what the guest reported.
        matched: the function that was found for each expected address.
        out: takes what differs.
    """
    if out.see("IOMMU", known=facts.iommu is not None) and facts.iommu != (expected.iommu or ""):
        cause = "the guest was built with another kind" if facts.iommu else _why_none(expected, facts)
        cause = cause if expected.iommu else "the design has no IOMMU"
        out.differ("iommu", "IOMMU", expected.iommu or "none", facts.iommu or "none", cause)
        return
    if expected.iommu is None:
        return
    if facts.devices is not None:
        _compare_groups(expected, facts, matched, out)
    _compare_settings(expected, facts, out)
    if expected.iommu == "intel" and out.see("kernel log", known=facts.log is not None):
        _compare_log(facts.log or (), out)


def _compare_settings(expected: Expected, facts: Facts, out: FactsComparison) -> None:
    known = facts.iommu_settings or {}
    for name, text in _SETTINGS.items():
        want = expected.iommu_settings.get(name)
        if want is not None and out.see(f"IOMMU {text}", known=name in known) and known[name] != want:
            out.differ(
                "iommu", f"IOMMU {text}", _spoken(want), _spoken(known[name]), "the IOMMU device has it otherwise"
            )
    want = expected.iommu_settings.get("intremap")
    signs = _REMAPPING.get(expected.iommu or "")
    if want is None or signs is None or not out.see("interrupt remapping", known=facts.log is not None):
        return
    have = any(sign in line for line in facts.log or () for sign in signs)
    if have != want:
        cause = (
            "the IOMMU device has intremap off, or no split I/O APIC" if want else "the IOMMU device has intremap on"
        )
        found = "enabled by the kernel" if have else "not confirmed by the kernel log"
        out.differ("iommu", "interrupt remapping", "enabled" if want else "off", found, cause)


def _spoken(value: bool | int) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _compare_log(log: Iterable[str], out: FactsComparison) -> None:
    lines = list(log)
    if not any(DMAR_READY in line for line in lines):
        out.differ("iommu", "kernel log", DMAR_READY, "no such line", "the IOMMU did not start")
    for line in lines:
        if "RMRR" in line and "broken" in line:
            out.differ(
                "iommu", "kernel log", "no broken RMRR", line.split("] ")[-1], "an expander's bus number is too low"
            )


def _compare_groups(expected: Expected, facts: Facts, matched: Mapping[str, DeviceFacts], out: FactsComparison) -> None:
    known = facts.groups_known or any(device.group for device in facts.devices or ())
    if not out.see("groups", known=known):
        return
    have = {want: actual for want, actual in matched.items() if actual.group is not None}
    if facts.groups_known and not any(actual.group for actual in have.values()):
        out.differ("iommu", "IOMMU groups", f"{len(expected.groups)} groups", "none", _why_none(expected, facts))
        return
    planned = {actual.address: want for want, actual in have.items()}
    sets = facts.groups()
    for group in expected.groups:
        members = sorted(address for address in group if address in have)
        _compare_group(members, [have[address] for address in members], sets, planned, out.differ)


def _compare_group(
    members: list[str],
    found: list[DeviceFacts],
    sets: Mapping[str, frozenset[str]],
    planned: Mapping[str, str],
    differ: Callable[[str, str, object, object, str], None],
) -> None:
    names = {facts.group for facts in found if facts.group}
    actual = {planned[a] for name in names for a in sets[name or ""] if a in planned}
    if not members or (actual == set(members) and len(names) == 1):
        return
    parts = " and ".join("{" + ", ".join(sorted(sets[name or ""])) + "}" for name in sorted(names, key=str))
    cause = "it is split" if len(names) > 1 else "devices share it: a port without ACS, or a conventional bridge"
    differ("groups", f"group of {members[0]}", "{" + ", ".join(members) + "}", parts or "no group", cause)


def _why_none(expected: Expected, facts: Facts) -> str:
    if expected.iommu == "virtio":
        return "the guest kernel has no driver for the virtio IOMMU"
    if facts.log is not None and any("IOMMU enabled" in line for line in facts.log):
        return "the kernel was asked to use an IOMMU, but there is no IOMMU device"
    return "there is no IOMMU device, or the kernel did not turn it on"
