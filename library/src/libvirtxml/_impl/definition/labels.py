"""Rules about security labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.guest import every, look, members
from libvirtxml._impl.definition.rule import ALL, Found, measured_before, measured_since, repeated, rule

if TYPE_CHECKING:
    from libvirtxml import Domain


@rule(
    "DEF052",
    "security labels are of models of their own",
    why="Each model of security labels a guest or a device once, and is named where there are several.",
    fix="Name the model of each label, and leave one of each.",
)
def check_seclabels(domain: Domain) -> Found:
    """Models of security labels."""
    labels = members(domain, "seclabels")
    for index, label, first in repeated(labels, lambda label: look(label, "model")):
        yield f"/domain/seclabel[{index}]/@model", f"{label.model} is already that of seclabel[{first}]"
    if len(labels) > 1:
        for index, label in enumerate(labels, 1):
            if look(label, "model") is None:
                yield f"/domain/seclabel[{index}]/@model", "is missing, and there are several labels"
    for path, own in _on_devices(domain):
        for index, label, first in repeated(own, lambda label: look(label, "model")):
            yield f"{path}/seclabel[{index}]/@model", f"{label.model} is already that of seclabel[{first}]"


def _on_devices(domain: Any) -> Iterator[tuple[str, list[Any]]]:
    """The labels of single devices, with the paths of what has them."""
    for path, device in every(domain):
        if "/disk[" in path:
            yield f"{path}/source", members(device, "source.seclabels")
        for index, source in enumerate(members(device, "sources"), 1):
            yield f"{path}/source[{index}]", members(source, "seclabels")


@rule(
    "DEF058",
    "labels are given where something is labelled, and only there",
    why="A static label must be known, a dynamic one is set by labelling, and none means none.",
    fix="Add <label>, or change type and relabel.",
)
def check_labelling(domain: Domain) -> Found:
    """Labels, and whether libvirt sets them."""
    labels = members(domain, "seclabels")
    for index, label in enumerate(labels, 1):
        yield from _domain_label(f"/domain/seclabel[{index}]", label)
    unlabelled = {look(label, "model") for label in labels
                  if look(label, "relabel") is False or look(label, "type") == "none"} - {None}  # fmt: skip
    for path, own in _on_devices(domain):
        for index, label in enumerate(own, 1):
            yield from _device_label(f"{path}/seclabel[{index}]", label, look(label, "model") in unlabelled)


def _domain_label(path: str, label: Any) -> Found:
    kind, relabel = look(label, "type"), look(label, "relabel")
    if kind == "static" and not look(label, "label"):
        yield f"{path}/label", "is missing"
    if kind == "none" and relabel is True:
        yield f"{path}/@relabel", "there is no label with type='none'"
    if kind in (None, "dynamic") and relabel is False:
        yield f"{path}/@relabel", "dynamic labels are set", ALL if kind else measured_since("12.8.0")


def _device_label(path: str, label: Any, is_unlabelled: bool) -> Found:
    relabel, has_label = look(label, "relabel"), bool(members(label, "labels"))
    if relabel is False and has_label:
        yield f"{path}/label", "it is not set, with relabel='no'"
    if relabel is True and not has_label:
        yield f"{path}/label", "is missing, with relabel='yes'", measured_since("11.3.0")
    if is_unlabelled:
        yield path, "the whole domain is not labelled", measured_before("12.8.0") if relabel is False else ALL
