"""Completing a domain document with a libvirt of the ark: implied devices, buses and addresses."""

from __future__ import annotations

from libvirtxml import ChannelPTY, ChannelSpiceVMC, Domain, RedirDevPTY, Topology

from virtsmith.abi.sources.binary import Emulator
from virtsmith.ark import daemon
from virtsmith.ark.layout import Ark, InstalledVersion
from virtsmith.core.drafts import write_draft
from virtsmith.core.ownership import scratch_directory
from virtsmith.errors import ExternalError, MissingError

_SECONDS = 90


def is_complete(domain: Domain) -> bool:
    """Whether libvirt has written it: then every PCI controller except the root has an address."""
    return any(controller.pci_place for controller in Topology(domain).controllers)


def complete(domain: Domain, emulator: Emulator, accel: str, ark: Ark) -> tuple[Domain, str]:
    """Return the document as libvirt defines it, and a note: by which libvirt, or why it is unchanged.

    The newest libvirt of the ark that accepts it is used, in a temporary private daemon.
    """
    qemu = next(
        (version for version in ark.installed("qemu") if version.program_sha256 == emulator.binary.sha256), None
    )
    libvirts = [version for version in ark.installed("libvirt") if not version.problem and version.root.is_dir()]
    if qemu is None or not libvirts:
        return domain, "the document is not complete, and the ark has no libvirt and QEMU that could complete it"
    reasons: list[str] = []
    for libvirt in reversed(libvirts):
        try:
            return _define(_prepared(domain, emulator, accel), libvirt, qemu), f"completed by {libvirt.name}"
        except (ExternalError, MissingError, OSError) as error:
            reasons.append(f"{libvirt.name}: {error}")
    return domain, f"the document is not complete, and no libvirt completes it: {reasons[0]}"


def _prepared(domain: Domain, emulator: Emulator, accel: str) -> Domain:
    """Return the document without what connects graphics, audio and redirected devices: no hardware of the VM."""
    copy = Domain.parse(domain.to_xml())
    devices = copy.devices
    copy.type = "kvm" if accel == "kvm" else "qemu"
    devices.emulator = emulator.program
    devices.graphics.clear()
    devices.audios.clear()
    devices.redirdevs[:] = [
        RedirDevPTY(bus=device.bus, address=device.address, boot=device.boot) for device in devices.redirdevs
    ]
    devices.channels[:] = [
        ChannelPTY(target=channel.target, address=channel.address) if isinstance(channel, ChannelSpiceVMC) else channel
        for channel in devices.channels
    ]
    return copy


def _define(domain: Domain, libvirt: InstalledVersion, qemu: InstalledVersion) -> Domain:
    """Define it in a private daemon and read it back.

    Raises:
        ExternalError: the daemon does not start, or rejects it.
    """
    parent = daemon.daemons_directory().parent / "vm"
    parent.mkdir(parents=True, exist_ok=True)
    with scratch_directory(parent=parent) as directory:
        made = daemon.make(libvirt, qemu, directory / "d")
        made.up()
        try:
            document = made.directory / "domain.xml"
            write_draft(document, domain.to_xml())
            defined = made.command("define", document, timeout=_SECONDS)
            if defined.status:
                raise ExternalError(" ".join(defined.stderr_text.split()) or "it rejects the document")
            shown = made.command("dumpxml", "--inactive", domain.name or "", timeout=_SECONDS)
            return Domain.parse(shown.stdout)
        finally:
            made.down()
