"""Parts that libvirt's parser knows and does not read, since something else in the document is not as it must be.

It overlooks odd values there, and keeps nothing of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from libvirtxml._impl.definition.guest import VIRTIO, each, look, members
from libvirtxml._impl.element import Element
from libvirtxml._impl.tables import info_of

CHARDEVS = ("serials", "parallels", "consoles", "channels", "redirdevs")
"""Fields with devices that have a character device behind them."""
_ALWAYS_READ = ("iommu", "ats", "packed", "page_per_vq")
"""Settings of an interface's driver that are read for every model."""


def unread(domain: Element) -> Iterator[tuple[str, str]]:
    """The paths of parts that are not read, each with the reason."""
    if look(domain, "os.firmware") is None and look(domain, "os.firmware_features") is not None:
        yield "/domain/os/firmware", "libvirt is not asked to choose a firmware"
    for path, net in each(domain, "interfaces"):
        if str(look(net, "model.type")) not in VIRTIO:
            yield from _driver(f"{path}/driver", look(net, "driver"))
    for name in CHARDEVS:
        for path, device in each(domain, name):
            yield from _source(path, device)
    for path, device in [*each(domain, "smartcards"), *backends(domain)]:
        yield from _source(path, device)


def is_in(path: str, places: Collection[str]) -> bool:
    """Whether a path is one of some places, or below one."""
    return bool(places) and (path in places or any(path.startswith(f"{place}/") for place in places))


def _driver(path: str, driver: Any) -> Iterator[tuple[str, str]]:
    for name in driver.__dict__ if driver is not None else ():
        field = info_of(type(driver)).fields.get(name)
        if field is not None and name not in _ALWAYS_READ:
            yield f"{path}/{'@' if field.kind.is_attribute else ''}{field.key}", "only virtio models have it"


def backends(domain: Any) -> Iterator[tuple[str, Any]]:
    """The sources of random numbers that are other processes."""
    for path, rng in each(domain, "rngs"):
        if look(rng, "backend.model") == "egd":
            yield f"{path}/backend", rng.backend


def _source(path: str, device: Any) -> Iterator[tuple[str, str]]:
    """What the source of a character device has in vain."""
    if look(device, "protocol") is not None and look(device, "type") != "tcp":
        yield f"{path}/protocol", "only the type tcp has one"
    for index, source in enumerate(members(device, "sources"), 1):
        if look(source, "reconnect.timeout") is not None and look(source, "reconnect.enabled") is not True:
            yield f"{path}/source[{index}]/reconnect/@timeout", "libvirt does not connect again"
