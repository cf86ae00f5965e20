"""Documents of libvirt's own tests for which libvirt does something else than they ask."""

import re

MARKED_WRONG = re.compile(r"(fail|invalid|incorrect|mismatch|duplicate)|^seclabel-|^shmem-(small|invalid)-size")
"""Documents whose names say that they are wrong, and labels, for which the daemon of the tests has no driver."""
OVERRULED = {
    "boot-menu-disable-with-timeout": "a menu that is off has no timeout",
    "cachetune-extra-tunes": "the guest has no such CPUs",
    "channel-virtio-autoassign": "the controller has no such bus",
    "cpu-host-model-nofallback-kvm": "the CPU of the host needs no fallback",
    "cpu-host-model-nofallback-tcg": "the CPU of the host needs no fallback",
    "disk-device-removable": "only USB disks are kept as removable",
    "disk-source-pool": "a volume without a source is an empty drive",
    "graphics-vnc-socket-attr-listen-address": "a socket overrules an address to listen on",
    "graphics-vnc-socket-listen": "a socket overrules an address to listen on",
    "numad-auto-memory-vcpu-no-cpuset-and-placement": "memory that numad places places the CPUs too",
    "pool-logical-create": "the directory of a volume group cannot be chosen",
    "s390x-ccw-acpi": "s390 has no ACPI",
    "serial-tcp-chardev-telnets": "the first console is the first serial port, whatever it says itself",
}
"""Documents that contradict themselves, or ask for what cannot be: libvirt takes them and does something else."""


def is_overruled(name: str) -> bool:
    """Whether libvirt need not do what a document asks for; the name is that of its file, without endings."""
    return name in OVERRULED or MARKED_WRONG.search(name) is not None
