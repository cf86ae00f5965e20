"""Hosts that boot a disk image: their QEMU command line, the seed for cloud-init, and access over ssh."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from pathlib import Path

from libvirtxml.files import read_bytes

from virtsmith.core.dirs import home
from virtsmith.core.drafts import write_draft
from virtsmith.errors import InputError, UsageError
from virtsmith.host.build.argv import qemu_argv
from virtsmith.host.build.provision import provision_cloud_init
from virtsmith.host.plan.topology import Plan
from virtsmith.host.run.probe.firmware import firmware_arguments

_PUBLIC_KEY = re.compile(r"(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[\w@.-]+ [A-Za-z0-9+/=]+(?: [^\r\n]*)?")

_NETWORK = """\
version: 2
ethernets:
  primary:
    match:
      macaddress: "{mac}"
    dhcp4: true
"""
"""Only the card for ssh gets an address: the others belong to the topology under test."""


def read_public_keys(path: Path) -> list[str]:
    """The ssh keys of a public key file.

    Raises:
        InputError: it cannot be read, or has other content, which is not repeated because it may be secret.
    """
    lines = read_bytes(path).decode(errors="replace").splitlines()
    keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not keys or not all(_PUBLIC_KEY.fullmatch(key) for key in keys):
        raise InputError("not a file of public ssh keys", source=str(path), hint="give the file that ends in .pub")
    return keys


def own_public_keys() -> list[Path]:
    """The files of the user's own public keys: ``~/.ssh/id_*.pub``."""
    return sorted((home() / ".ssh").glob("id_*.pub"))


def image_argv(
    plan: Plan, image: Path, seed: Path, *, qemu: str | None, accel: str, threads: str, keys: Iterable[Path]
) -> tuple[list[str], int]:
    """The command line of a host that boots an image, without its serial ports, and the local TCP port for ssh.

    The image is only read: what the guest writes is lost when the host ends.

    Args:
        plan: the numbered host.
        image: a disk image in any format that QEMU recognises.
        seed: the directory to create for cloud-init (its NoCloud data source).
        qemu: the program.
        accel: ``kvm`` or ``tcg``.
        threads: TCG threads.
        keys: files of public ssh keys whose owners may log in as root and as the image's own user.

    Raises:
        UsageError: the image does not exist.
    """
    if not image.is_file() or any("," in str(path) for path in (image, seed)):
        raise UsageError(f"not a usable disk image: {image}")
    name = plan.spec.name
    seed.mkdir()
    lines = [line for path in keys for line in read_public_keys(path)]
    mac = _primary_mac(plan)
    write_draft(seed / "user-data", provision_cloud_init(plan, ssh_keys=lines))
    write_draft(seed / "meta-data", f"instance-id: {name}\nlocal-hostname: {name}\n")
    write_draft(seed / "network-config", _NETWORK.format(mac=mac))
    port = _free_port()
    return [
        *qemu_argv(plan, qemu=qemu, accel=accel, threads=threads),
        *firmware_arguments(plan.spec.architecture),
        "-drive",
        f"if=none,id=disk,file={image.absolute()},snapshot=on",
        "-device",
        "virtio-blk-pci,drive=disk,bus=pcie.0,bootindex=1",
        "-drive",
        f"if=none,id=seed,format=raw,read-only=on,file.driver=vvfat,file.dir={seed},file.label=cidata",
        "-device",
        "virtio-blk-pci,drive=seed,bus=pcie.0",
        "-netdev",
        f"user,id=primary,hostfwd=tcp:127.0.0.1:{port}-:22",
        "-device",
        f"virtio-net-pci,netdev=primary,mac={mac},bus=pcie.0,romfile=",
    ], port


def _primary_mac(plan: Plan) -> str:
    """A MAC address for the card outside the topology that no card of the topology has."""
    taken = {endpoint.mac for endpoint in plan.endpoints}
    return next(mac for number in range(1, 256) if (mac := f"52:54:00:7d:00:{number:02x}") not in taken)


def _free_port() -> int:
    """A TCP port that is free at the moment; QEMU fails with a clear error if it is taken in the meantime."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
