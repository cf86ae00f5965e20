"""Rules about firmware and booting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.guest import look, members, number
from libvirtxml._impl.definition.rule import ALL, Found, measured_before, measured_since, rule

if TYPE_CHECKING:
    from libvirtxml import Domain

_MOST = 65_535
"""Milliseconds that firmware counts."""
_WITH_ROM_CHECKS = measured_since("12.8.0")


@rule(
    "DEF019",
    "firmware, loader and variables fit together",
    why="libvirt knows which kinds of firmware have variables, and where they come from.",
    fix="Describe the firmware by firmware='efi' and features, or by a loader with its path.",
)
def check_firmware(domain: Domain) -> Found:
    """Firmware."""
    firmware, loader, nvram = look(domain, "os.firmware"), look(domain, "os.loader"), look(domain, "os.nvram")
    features = {
        str(look(item, "name")): look(item, "enabled") for item in members(domain, "os.firmware_features.features")
    }
    if look(domain, "os.shim") is not None and look(domain, "os.kernel") is None:
        yield "/domain/os/shim", "it is used with a kernel only"
    if firmware is not None and features.get("enrolled-keys") is True and features.get("secure-boot") is False:
        yield "/domain/os/firmware", "keys are enrolled where secure boot is off"
    if firmware is None and (loader is not None or nvram is not None) and not look(loader, "value"):
        yield "/domain/os/loader", "it has no path, and libvirt is not asked to choose a firmware"
    if firmware is not None:
        yield from _chosen(loader, nvram)
    if nvram is not None and firmware == "bios":
        yield "/domain/os/nvram", "a BIOS has no variables", ALL if nvram.__dict__ else measured_since("11.3.0")
    yield from _stateless(firmware, loader, nvram)
    if loader is not None and look(loader, "value") and look(loader, "type") in (None, "rom"):
        if look(loader, "readonly") is False:
            yield "/domain/os/loader/@readonly", "a ROM cannot be written", _WITH_ROM_CHECKS
        if look(loader, "format") not in (None, "raw"):
            yield "/domain/os/loader/@format", "a ROM is raw", _WITH_ROM_CHECKS


def _chosen(loader: Any, nvram: Any) -> Iterator[tuple[str, str, int]]:
    """What earlier releases do not take where they choose the firmware."""
    given = [name for name in ("readonly", "type") if look(loader, name) is not None]
    if look(loader, "secure") is False:
        given.append("secure")
    for name in given:
        yield f"/domain/os/loader/@{name}", "libvirt chooses the firmware", measured_before("11.3.0")
    if look(loader, "value"):
        yield "/domain/os/loader", "libvirt chooses the firmware", measured_before("11.3.0")
    if look(nvram, "template") is not None:
        yield "/domain/os/nvram/@template", "libvirt chooses the firmware", measured_before("11.3.0")


def _stateless(firmware: Any, loader: Any, nvram: Any) -> Found:
    stateless = look(loader, "stateless")
    if stateless is True and nvram is not None:
        yield "/domain/os/nvram", "the loader keeps no state"
    elif stateless is False and firmware is None and look(loader, "type") != "pflash":
        yield "/domain/os/loader/@stateless", "only loaders of the type pflash keep state", measured_before("12.8.0")
    elif stateless is False and firmware == "bios":
        yield "/domain/os/loader/@stateless", "a BIOS keeps no state", measured_before("12.8.0")


@rule(
    "DEF057",
    "a guest says how it boots, in the time that its firmware counts",
    why="Firmware counts up to 65,535 ms, and a container starts with a program.",
    fix="Choose a time in the range, or name the program in <init>.",
)
def check_boot(domain: Domain) -> Found:
    """Boot menus, reboots and the first program of containers."""
    menu, bios = look(domain, "os.bootmenu"), look(domain, "os.bios")
    if look(menu, "enable") is True and (number(menu, "timeout") or 0) > _MOST:
        yield "/domain/os/bootmenu/@timeout", f"it is more than {_MOST}"
    wait = number(bios, "reboot_timeout")
    if wait is not None and not -1 <= wait <= _MOST:
        yield "/domain/os/bios/@rebootTimeout", f"it is not in the range from -1 to {_MOST}"
    if look(domain, "os.type.value") == "exe" and not look(domain, "os.init") and look(domain, "type") != "lxc":
        yield "/domain/os/init", "is missing"
